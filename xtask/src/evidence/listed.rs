//! What docs/requirements.md lists.

use anyhow::{Result, ensure};

use super::numbers::Number;

/// A requirement or a fault.
#[derive(Debug, PartialEq)]
pub(super) struct Listed {
    pub(super) number: Number,
    /// The first clause of its wording there.
    pub(super) title: String,
}

/// Each row of the tables that begins with a number.
pub(super) fn parse(text: &str) -> Result<Vec<Listed>> {
    let mut listed: Vec<_> = text.lines().filter_map(row).collect();
    ensure!(!listed.is_empty(), "there is no requirement in the list");
    listed.sort_by_key(|listed| listed.number);
    let twice = listed.windows(2).find(|pair| pair[0].number == pair[1].number);
    ensure!(twice.is_none(), "{} is listed twice", listed[0].number);
    Ok(listed)
}

fn row(line: &str) -> Option<Listed> {
    let (number, rest) = line.strip_prefix("| ")?.split_once(" | ")?;
    let (wording, _) = rest.split_once(" | ")?;
    Some(Listed { number: number.parse().ok()?, title: first_clause(wording).to_owned() })
}

/// Up to the first semicolon or full stop that stands neither in brackets nor in a piece of code.
fn first_clause(wording: &str) -> &str {
    let (mut depth, mut is_code) = (0, false);
    for (at, char) in wording.char_indices() {
        let ends = matches!(char, ';' | '.') && wording[at + 1..].starts_with(' ');
        match char {
            '`' => is_code = !is_code,
            _ if is_code => {}
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if ends && depth == 0 => return &wording[..at],
            _ => {}
        }
    }
    wording.trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_clause_of_the_wording() {
        for (wording, title) in [
            ("Creation is `SET NX`; a collision makes a new id", "Creation is `SET NX`"),
            ("Cookie parser: split on `; ` only, no quotes", "Cookie parser: split on `; ` only, no quotes"),
            ("Read (a; b. c). GET never", "Read (a; b. c)"),
            ("TLS 1.2 at least", "TLS 1.2 at least"),
        ] {
            assert_eq!(first_clause(wording), title);
        }
    }

    #[test]
    fn rows_with_a_number_are_listed_in_their_order() {
        let text = "| # | fault | expected |\n|---|---|---|\n| F2 | two | x |\n| R10 | ten | x |\n| R9 | nine; x | x |\n";
        let listed: Vec<_> =
            parse(text).unwrap().into_iter().map(|of| (of.number.to_string(), of.title)).collect();
        let expected = [("R9", "nine"), ("R10", "ten"), ("F2", "two")];
        assert_eq!(listed, expected.map(|(number, title)| (number.to_owned(), title.to_owned())));
        assert!(parse("| R1 | one | x |\n| R1 | one | x |\n").is_err());
        assert!(parse("nothing").is_err());
    }
}

//! Tests in JavaScript, as far as lines tell: a call of one of these with a name, and the comment directly above.

use std::collections::BTreeMap;

use super::Witness;
use super::numbers::cited;

/// What declares a test: `node:test`, and what tells a story in several browsers or on several stores.
const DECLARE: [&str; 4] = ["test(", "everywhere(", "inEveryBrowser(", "play("];

/// All in these files that cite something.
pub(super) fn witnesses(files: &BTreeMap<String, String>) -> Vec<Witness> {
    files.iter().flat_map(|(file, text)| of_file(file, text)).collect()
}

fn of_file(file: &str, text: &str) -> Vec<Witness> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut witnesses = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(rest) = DECLARE.iter().find_map(|call| line.strip_prefix(call)) else { continue };
        // A long name stands in the next line.
        let rest = if rest.is_empty() { lines.get(at + 1).copied().unwrap_or_default() } else { rest };
        let above = lines[..at].iter().rev().take_while(|line| line.starts_with("//"));
        let cited = cited(&above.copied().collect::<Vec<_>>().join("\n"));
        if let (Some(name), false) = (name(rest), cited.is_empty()) {
            let (file, sentence) = (file.to_owned(), Some(name));
            witnesses.push(Witness { file, line: at + 1, sentence, cited });
        }
    }
    witnesses
}

/// The text in quotes that comes first. What is filled in at each run is an ellipsis, or left out at the beginning,
/// where it says in which runtime, browser or framework the test is.
fn name(rest: &str) -> Option<String> {
    let quote = rest.chars().next().filter(|char| "'`\"".contains(*char))?;
    let text = rest[1..].split(quote).next()?;
    let mut name = String::new();
    for part in text.split("${") {
        match part.split_once('}') {
            Some((_, after)) if name.is_empty() && after.starts_with([':', ',', ' ']) => {
                name.push_str(after.trim_start_matches([':', ',']).trim_start());
            }
            Some((_, after)) if text.contains("${") => {
                name.push('…');
                name.push_str(after);
            }
            _ => name.push_str(part),
        }
    }
    Some(name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let told = |witness: Witness| format!("{} {}", witness.line, witness.sentence.unwrap_or_default());
        of_file("a.test.js", text).into_iter().map(told).collect()
    }

    #[test]
    fn a_test_cites_in_the_comment_directly_above() {
        let text = "// R1, and\n// F2.\ntest('it is so', () => {\n// R3.\n\ntest('not above', () => {\n\
            // R4.\nhelper('no test');\n// R5.\ninEveryBrowser(\n'a long name', async () => {\n";
        assert_eq!(told(text), ["3 it is so", "10 a long name"]);
    }

    #[test]
    fn where_a_test_runs_is_left_out_of_its_name() {
        for (line, expected) in [
            ("test(`${framework}: an order is refused`, async", "an order is refused"),
            ("test(`${browser}, ${store}: signing in`, async", "signing in"),
            ("test(`${name} comes to every verdict`, async", "comes to every verdict"),
            ("test(`cookie vector: ${name}`, async", "cookie vector: …"),
        ] {
            assert_eq!(told(&format!("// R1.\n{line}")), [format!("2 {expected}")]);
        }
    }
}

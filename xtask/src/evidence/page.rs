//! docs/evidence.md: what is written by hand around a row for each number.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use super::Witness;
use super::listed::Listed;
use super::numbers::Number;

const TEMPLATE: &str = include_str!("page.md");

pub(super) fn render(listed: &[Listed], witnesses: &[Witness]) -> Result<String> {
    let (requirements, faults): (Vec<_>, Vec<_>) =
        listed.iter().partition(|listed| matches!(listed.number, Number::Requirement(_)));
    let rows = |listed: &[&Listed]| {
        listed.iter().map(|listed| row(listed, witnesses)).collect::<Vec<_>>().join("\n")
    };
    let tests = witnesses.iter().filter(|witness| witness.sentence.is_some()).count();
    let mut page = TEMPLATE.to_owned();
    for (name, value) in [
        ("requirements", rows(&requirements)),
        ("faults", rows(&faults)),
        ("tests", tests.to_string()),
        ("numbers", listed.len().to_string()),
    ] {
        let mark = format!("{{{{{name}}}}}");
        ensure!(page.contains(&mark), "the template of the page has no place for {name}");
        page = page.replace(&mark, &value);
    }
    Ok(page)
}

fn row(Listed { number, title }: &Listed, witnesses: &[Witness]) -> String {
    let holding = || witnesses.iter().filter(|witness| witness.cited.contains(number));
    let tests = holding().filter(|witness| witness.sentence.is_some()).count();
    let anchor = number.to_string().to_lowercase();
    let mut by_file: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for test in holding() {
        by_file.entry(&test.file).or_default().extend(test.sentence.as_deref());
    }
    let link = |(file, sentences): (&str, Vec<&str>)| {
        let sentences: String = sentences.iter().map(|sentence| format!(" · {sentence}")).collect();
        format!("[`{file}`](../{file}){sentences}")
    };
    let links: Vec<_> = by_file.into_iter().map(link).collect();
    format!("| <a id=\"{anchor}\"></a>{number} | {title} | {tests} | {} |", links.join("<br>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_tests_of_each_file_and_counts_them() {
        let listed = Listed { number: Number::Requirement(4), title: "Something".to_owned() };
        let witness = |file: &str, sentence: Option<&str>, number| Witness {
            file: file.to_owned(),
            line: 1,
            sentence: sentence.map(str::to_owned),
            cited: vec![Number::Requirement(number)],
        };
        let witnesses = [
            witness("a/b.rs", Some("one"), 4),
            witness("a/b.rs", Some("two"), 4),
            witness("c.rs", None, 4),
            witness("a/b.rs", Some("of another"), 5),
        ];
        let expected = "| <a id=\"r4\"></a>R4 | Something | 2 | [`a/b.rs`](../a/b.rs) · one · two<br>[`c.rs`](../c.rs) |";
        assert_eq!(row(&listed, &witnesses), expected);
    }
}

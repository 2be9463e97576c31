//! Which tests hold each requirement and each fault of docs/requirements.md, by what stands at the tests
//! themselves: a test cites what it holds in the comment directly above it.

mod javascript;
mod listed;
mod numbers;
mod page;
mod rust;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, ensure};

use crate::process::{command, output};
use crate::root::root;
use listed::Listed;
use numbers::Number;

const REQUIREMENTS: &str = "docs/requirements.md";
const PAGE: &str = "docs/evidence.md";

/// Something that cites what it holds.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Witness {
    file: String,
    line: usize,
    /// As a sentence; of a benchmark or a fuzz target, which is no test, there is none.
    sentence: Option<String>,
    cited: Vec<Number>,
}

/// Writes the page anew, and says what it shows to be missing.
pub(crate) fn write() -> Result<()> {
    let evidence = Evidence::gather()?;
    fs::write(root().join(PAGE), evidence.page()?)?;
    evidence.complain()
}

/// Fails unless the page is as the tests say, each number has a test, and each that is cited is listed.
pub(crate) fn hold() -> Result<()> {
    let evidence = Evidence::gather()?;
    evidence.complain()?;
    let written = fs::read_to_string(root().join(PAGE)).unwrap_or_default();
    ensure!(written == evidence.page()?, "{PAGE} is not what the tests say: run `cargo xtask evidence`");
    Ok(())
}

struct Evidence {
    listed: Vec<Listed>,
    witnesses: Vec<Witness>,
    /// What is cited anywhere else: in code, and in what is written about it.
    mentioned: Vec<(String, Number)>,
}

impl Evidence {
    fn gather() -> Result<Self> {
        let listed = listed::parse(&read(REQUIREMENTS)?)?;
        let mut witnesses = rust::witnesses(&sources(&["*.rs"])?)?;
        witnesses.extend(javascript::witnesses(&sources(&["*.js"])?));
        witnesses.sort();
        Ok(Self { listed, witnesses, mentioned: mentioned()? })
    }

    fn page(&self) -> Result<String> {
        page::render(&self.listed, &self.witnesses)
    }

    fn complain(&self) -> Result<()> {
        let complaints = self.complaints();
        ensure!(complaints.is_empty(), "{}", complaints.join("\n       "));
        Ok(())
    }

    fn complaints(&self) -> Vec<String> {
        let listed: BTreeSet<Number> = self.listed.iter().map(|listed| listed.number).collect();
        let cited = |witness: &Witness| {
            let place = format!("{}:{}", witness.file, witness.line);
            witness.cited.iter().map(move |number| (place.clone(), *number)).collect::<Vec<_>>()
        };
        let all = self.witnesses.iter().flat_map(cited).chain(self.mentioned.iter().cloned());
        let unknown = all.filter(|(_, number)| !listed.contains(number));
        let unknown =
            unknown.map(|(place, number)| format!("{place} cites {number}, which {REQUIREMENTS} has not"));
        let tests = self.witnesses.iter().filter(|witness| witness.sentence.is_some());
        let held: BTreeSet<Number> = tests.flat_map(|test| test.cited.iter().copied()).collect();
        let missing = listed.difference(&held).map(|number| format!("{number} is held by no test"));
        unknown.collect::<BTreeSet<_>>().into_iter().chain(missing).collect()
    }
}

/// Each file of the project that is called so, with what is in it.
fn sources(patterns: &[&str]) -> Result<BTreeMap<String, String>> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "--"];
    let files = output(command("git", list).args(patterns))?;
    let files = files.lines().filter(|file| root().join(file).exists());
    files.map(|file| Ok((file.to_owned(), read(file)?))).collect()
}

fn read(file: &str) -> Result<String> {
    fs::read_to_string(root().join(file)).with_context(|| format!("cannot read {file}"))
}

fn mentioned() -> Result<Vec<(String, Number)>> {
    let search = ["grep", "-I", "-n", "-o", "-w", "-E", "[RF][1-9][0-9]{0,2}", "--", "*.rs", "*.md", "*.js"];
    let found = output(&mut command("git", search))?;
    let mention = |line: &str| {
        let (place, number) = line.rsplit_once(':')?;
        Some((place.to_owned(), number.parse().ok()?))
    };
    Ok(found.lines().filter_map(mention).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(cited: &[&str], mentioned: &[&str]) -> Evidence {
        let rows = "| R1 | one | |\n| R2 | two; more | |\n| F1 | three | |\n";
        let number = |text: &&str| text.parse().unwrap();
        let witness = Witness {
            file: "a.rs".to_owned(),
            line: 7,
            sentence: Some("it is so".to_owned()),
            cited: cited.iter().map(number).collect(),
        };
        let mentioned = mentioned.iter().map(|text| ("b.md:1".to_owned(), number(text))).collect();
        Evidence { listed: listed::parse(rows).unwrap(), witnesses: vec![witness], mentioned }
    }

    #[test]
    fn a_number_without_a_test_and_a_citation_of_none_are_told() {
        assert_eq!(evidence(&["R1", "R2", "F1"], &["R2"]).complaints(), [""; 0]);
        assert_eq!(evidence(&["R1", "F1"], &[]).complaints(), ["R2 is held by no test"]);
        let unknown = "a.rs:7 cites F2, which docs/requirements.md has not";
        assert_eq!(evidence(&["R1", "R2", "F1", "F2"], &[]).complaints(), [unknown]);
        let unknown = "b.md:1 cites R3, which docs/requirements.md has not";
        assert_eq!(evidence(&["R1", "R2", "F1"], &["R3"]).complaints(), [unknown]);
    }

    #[test]
    fn what_is_measured_is_no_test() {
        let mut evidence = evidence(&["R1", "R2", "F1"], &[]);
        evidence.witnesses[0].sentence = None;
        assert_eq!(evidence.complaints().len(), 3);
    }
}

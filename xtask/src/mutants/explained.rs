//! Changes that no test can see, or need not, each with the reason.

use anyhow::{Context, Result};

/// Between what a change is called and the reason.
const DASH: &str = " — ";

pub(crate) struct Explained(Vec<String>);

#[derive(Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) unexplained: Vec<String>,
    /// Explained, and seen by a test or no change of the code any more.
    pub(crate) gone: Vec<String>,
}

impl Explained {
    /// Reads a line for each change; `#` begins a comment. Two that are called the same are two lines.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let name = |line: &str| {
            let (name, reason) = line.split_once(DASH)?;
            (!reason.trim().is_empty()).then(|| name.to_owned())
        };
        let names = lines.map(|line| {
            name(line).with_context(|| format!("expected a mutant, a dash and the reason, found `{line}`"))
        });
        Ok(Self(names.collect::<Result<_>>()?))
    }

    pub(crate) fn compare(&self, package: &str, missed: &[String]) -> Comparison {
        let folder = format!("{package}/");
        let mut gone: Vec<_> = self.0.iter().filter(|name| name.starts_with(&folder)).cloned().collect();
        let is_unexplained = |name: &&String| match gone.iter().position(|explained| explained == *name) {
            Some(place) => {
                gone.remove(place);
                false
            }
            None => true,
        };
        let unexplained = missed.iter().filter(is_unexplained).cloned().collect();
        Comparison { unexplained, gone }
    }
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Explained};

    const LIST: &str = "# a comment\n\na/src/b.rs: replace c — it is d\na/src/b.rs: replace c — and again\n";

    fn compare(missed: &[&str]) -> Comparison {
        let missed: Vec<_> = missed.iter().map(|&name| name.to_owned()).collect();
        Explained::parse(LIST).unwrap().compare("a", &missed)
    }

    #[test]
    fn a_survivor_that_is_not_explained_is_told() {
        let missed = ["a/src/b.rs: replace c", "a/src/b.rs: replace c", "a/src/b.rs: replace e"];
        let comparison = compare(&missed);
        assert_eq!(comparison, Comparison { unexplained: vec![missed[2].into()], gone: Vec::new() });
    }

    #[test]
    fn each_explanation_is_for_one_survivor() {
        assert_eq!(compare(&["a/src/b.rs: replace c"; 3]).unexplained, ["a/src/b.rs: replace c"]);
    }

    #[test]
    fn an_explanation_that_nothing_needs_is_told() {
        assert_eq!(compare(&["a/src/b.rs: replace c"]).gone, ["a/src/b.rs: replace c"]);
    }

    #[test]
    fn those_of_another_package_are_left_alone() {
        let comparison = Explained::parse(LIST).unwrap().compare("other", &[]);
        assert_eq!(comparison, Comparison { unexplained: Vec::new(), gone: Vec::new() });
    }

    #[test]
    fn a_line_without_a_reason_is_refused() {
        for line in ["a/src/b.rs: replace c", "a/src/b.rs: replace c — ", "a — "] {
            assert!(Explained::parse(line).is_err(), "{line}");
        }
    }
}

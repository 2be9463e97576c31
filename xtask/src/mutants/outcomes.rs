//! What became of the changes, as cargo-mutants lists it.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};

/// Changes, each by its place and by what it is.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outcomes {
    pub(crate) missed: Vec<String>,
    pub(crate) caught: usize,
    /// Caught by that, too: a test waits for what never comes.
    pub(crate) timeouts: Vec<String>,
    /// Those that do not compile.
    pub(crate) unviable: usize,
}

impl Outcomes {
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let list = |name: &str| match fs::read_to_string(folder.join(name)) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect::<Vec<_>>()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error).with_context(|| format!("cannot read {name} of cargo-mutants")),
        };
        Ok(Self {
            missed: list("missed.txt")?,
            caught: list("caught.txt")?.len(),
            timeouts: list("timeout.txt")?,
            unviable: list("unviable.txt")?.len(),
        })
    }

    /// After another round, which has tried once more what `before` missed or took too long for: what took too long
    /// was caught by that, also where the tests of the other round see nothing.
    pub(crate) fn after(self, before: Self) -> Self {
        let mut missed = self.missed;
        missed.retain(|change| !before.timeouts.contains(change));
        let late = self.timeouts.into_iter().filter(|change| before.missed.contains(change));
        let late: Vec<_> = late.collect();
        let caught = before.caught + before.missed.len() - missed.len() - late.len();
        Self { missed, caught, timeouts: [before.timeouts, late].concat(), unviable: before.unviable }
    }

    /// What the changes that survive are called, without the places where they are.
    pub(crate) fn survivors(&self) -> Vec<String> {
        self.missed.iter().map(|change| name_of(change)).collect()
    }

    /// In per cent.
    pub(crate) fn surviving(&self) -> f64 {
        let viable = self.missed.len() + self.caught + self.timeouts.len();
        self.missed.len() as f64 * 100.0 / viable.max(1) as f64
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { missed, caught, timeouts, unviable } = self;
        let timeouts = timeouts.len();
        let all = missed.len() + caught + timeouts + unviable;
        write!(f, "{all} mutants, {caught} caught, {timeouts} timeouts, {unviable} unviable, ")?;
        write!(f, "{} survive ({:.1} %)", missed.len(), self.surviving())
    }
}

/// `src/a.rs:12:5: replace b with c` without line and column, which each edit above it moves.
fn name_of(line: &str) -> String {
    let Some((place, change)) = line.split_once(": ") else { return line.to_owned() };
    format!("{}: {change}", place.split(':').next().unwrap_or(place))
}

#[cfg(test)]
mod tests {
    use super::{Outcomes, name_of};

    #[test]
    fn a_change_is_called_the_same_wherever_its_line_has_moved() {
        assert_eq!(name_of("src/a.rs:12:5: replace A::b with c: d"), "src/a.rs: replace A::b with c: d");
    }

    #[test]
    fn what_a_second_round_catches_survives_no_more() {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let (missed, timeouts) = (list(&["a", "b", "c"]), list(&["d", "e"]));
        let first = Outcomes { missed, caught: 5, timeouts, unviable: 2 };
        // Of what took too long, the other tests see nothing.
        let second = Outcomes { missed: list(&["b", "d"]), caught: 2, timeouts: list(&["c"]), unviable: 0 };
        let both = second.after(first);
        assert_eq!(both.to_string(), "12 mutants, 6 caught, 3 timeouts, 2 unviable, 1 survive (10.0 %)");
        assert_eq!(both.survivors(), ["b"]);
    }
}

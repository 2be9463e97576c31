//! Counts as a text: a line for each operation, behind the platform that they are of.

use std::fmt;

use anyhow::{Context, Result};

#[derive(Debug, PartialEq)]
pub(crate) struct Counts {
    /// Others are not to be compared with these.
    pub(crate) platform: String,
    pub(crate) operations: Vec<(String, u64)>,
}

impl Counts {
    /// What [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    /// For a line that is not an operation behind its count: one that is passed over would be guarded no longer.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        let platform = lines.next().context("it is empty")?.to_owned();
        let operations = lines.map(operation).collect::<Result<_>>()?;
        Ok(Self { platform, operations })
    }

    pub(crate) fn of(&self, operation: &str) -> Option<u64> {
        self.operations.iter().find(|(name, _)| name == operation).map(|(_, count)| *count)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.platform)?;
        self.operations.iter().try_for_each(|(name, count)| writeln!(f, "{count:>8}  {name}"))
    }
}

fn operation(line: &str) -> Result<(String, u64)> {
    let parsed =
        line.trim_start().split_once("  ").and_then(|(count, name)| Some((name, count.parse().ok()?)));
    let (name, count) =
        parsed.with_context(|| format!("expected a count and an operation, found `{line}`"))?;
    Ok((name.to_owned(), count))
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn what_is_written_is_read_again() {
        let operations = vec![("cookie: made".to_owned(), 19_123), ("statement: again".to_owned(), 659)];
        let counts = Counts { platform: "rustc 1.95.0".to_owned(), operations };
        assert_eq!(Counts::parse(&counts.to_string()).unwrap(), counts);
    }

    #[test]
    fn a_line_without_a_count_is_refused() {
        for line in ["cookie: made", "many  cookie: made", "-1  cookie: made", "19123", ""] {
            assert!(Counts::parse(&format!("rustc 1.95.0\n{line}\n")).is_err(), "{line}");
        }
    }
}

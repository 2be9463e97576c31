//! A comparison for people.

use std::fmt;

use super::comparison::{Comparison, LIMIT, Row, Verdict};

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<40}{:>10}{:>10}{:>10}", "operation", "kept", "now", "change")?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        if !self.is_fair() {
            writeln!(
                f,
                "counted with {}, kept of {}: that alone moves counts, so none of them fails; \
                 `cargo xtask instructions` at a commit that is known to be good keeps those of this platform",
                self.platform, self.kept_of
            )?;
        } else if self.has_less() {
            writeln!(
                f,
                "some take less than is kept: `cargo xtask instructions` writes the new counts, so that a rise from there is told"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        write!(f, "{:<40}{:>10}{:>10}  ", self.operation, number(self.kept), number(self.now))?;
        match self.verdict() {
            Verdict::Steady(change) => write!(f, "{:>+6.1} %", shown(change)),
            Verdict::More(change) => write!(f, "{:>+6.1} %  over {LIMIT} % more", shown(change)),
            Verdict::Less(change) => write!(f, "{:>+6.1} %  over {LIMIT} % less", shown(change)),
            Verdict::NotKept => write!(f, "{:>8}  not kept", "-"),
            Verdict::Gone => write!(f, "{:>8}  gone", "-"),
        }
    }
}

/// Rounded here, since a fall of nearly nothing would be shown as `-0.0`.
fn shown(change: f64) -> f64 {
    (change * 10.0).round() / 10.0 + 0.0
}

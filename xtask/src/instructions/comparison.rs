//! Whether operations take more instructions than before.

use super::counts::Counts;

/// In per cent. A build moves counts by less, unless the code has changed.
pub(crate) const LIMIT: f64 = 3.0;

pub(crate) struct Comparison {
    pub(crate) kept_of: String,
    pub(crate) platform: String,
    pub(crate) rows: Vec<Row>,
}

pub(crate) struct Row {
    pub(crate) operation: String,
    pub(crate) kept: Option<u64>,
    pub(crate) now: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// By per cent, within the limit.
    Steady(f64),
    /// By per cent.
    More(f64),
    /// By per cent, below zero.
    Less(f64),
    NotKept,
    Gone,
}

impl Comparison {
    pub(crate) fn new(kept: &Counts, now: &Counts) -> Self {
        let present = now.operations.iter().map(|(name, _)| name);
        let gone = kept.operations.iter().map(|(name, _)| name).filter(|name| now.of(name).is_none());
        let row = |name: &String| Row { operation: name.clone(), kept: kept.of(name), now: now.of(name) };
        Self {
            kept_of: kept.platform.clone(),
            platform: now.platform.clone(),
            rows: present.chain(gone).map(row).collect(),
        }
    }

    /// Whether a change of a count is one of the code.
    pub(crate) fn is_fair(&self) -> bool {
        self.kept_of == self.platform
    }

    pub(crate) fn fails(&self) -> bool {
        self.rows.iter().any(|row| match row.verdict() {
            Verdict::More(_) => self.is_fair(),
            Verdict::NotKept | Verdict::Gone => true,
            Verdict::Steady(_) | Verdict::Less(_) => false,
        })
    }

    pub(crate) fn has_less(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.verdict(), Verdict::Less(_)))
    }
}

impl Row {
    pub(crate) fn verdict(&self) -> Verdict {
        let (kept, now) = match (self.kept, self.now) {
            (None, _) => return Verdict::NotKept,
            (_, None) => return Verdict::Gone,
            (Some(kept), Some(now)) => (kept, now),
        };
        match (now as f64 / kept as f64 - 1.0) * 100.0 {
            change if change > LIMIT => Verdict::More(change),
            change if change < -LIMIT => Verdict::Less(change),
            change => Verdict::Steady(change),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Verdict};
    use crate::instructions::counts::Counts;

    const KEPT: &str = "rustc 1.95.0\n   10000  cookie: made\n    1000  statement: again\n";

    fn comparison(now: &str) -> Comparison {
        Comparison::new(&Counts::parse(KEPT).unwrap(), &Counts::parse(now).unwrap())
    }

    #[test]
    fn the_same_counts_pass() {
        assert!(!comparison(KEPT).fails());
    }

    #[test]
    fn a_rise_of_4_per_cent_fails() {
        let comparison = comparison("rustc 1.95.0\n10400  cookie: made\n1000  statement: again\n");
        assert!(matches!(comparison.rows[0].verdict(), Verdict::More(_)));
        assert!(comparison.fails());
    }

    #[test]
    fn a_rise_of_2_per_cent_passes() {
        let comparison = comparison("rustc 1.95.0\n10200  cookie: made\n1000  statement: again\n");
        assert!(matches!(comparison.rows[0].verdict(), Verdict::Steady(_)));
        assert!(!comparison.fails());
    }

    #[test]
    fn a_fall_of_4_per_cent_is_told_and_passes() {
        let comparison = comparison("rustc 1.95.0\n9600  cookie: made\n1000  statement: again\n");
        assert!(matches!(comparison.rows[0].verdict(), Verdict::Less(_)));
        assert!(comparison.has_less() && !comparison.fails());
    }

    #[test]
    fn an_operation_that_is_not_kept_fails() {
        let comparison = comparison(&format!("{KEPT}    5000  cookie: forged\n"));
        assert_eq!(comparison.rows[2].verdict(), Verdict::NotKept);
        assert!(comparison.fails());
    }

    #[test]
    fn an_operation_that_is_gone_fails() {
        let comparison = comparison("rustc 1.95.0\n10000  cookie: made\n");
        assert_eq!(comparison.rows[1].verdict(), Verdict::Gone);
        assert!(comparison.fails());
    }

    #[test]
    fn another_compiler_excuses_a_rise_and_nothing_else() {
        let rise = comparison("rustc 1.96.0\n10400  cookie: made\n1000  statement: again\n");
        assert!(matches!(rise.rows[0].verdict(), Verdict::More(_)));
        assert!(!rise.is_fair() && !rise.fails());
        assert!(comparison("rustc 1.96.0\n10000  cookie: made\n").fails());
    }
}

//! What is counted and timed, through the facade of the crate `metrics`: it goes to the recorder that a program
//! has installed, and costs next to nothing where there is none.
//!
//! Handles are made once, together with what they are of, so that a request looks nothing up. A recorder that is
//! installed later hears nothing. No label has a value that a stranger can choose.

use metrics::{Counter, counter, describe_counter};

/// One counter for each value of a label. Those that never happened are there too, at zero.
pub(crate) struct CountedBy(Vec<(&'static str, Counter)>);

impl CountedBy {
    pub(crate) fn new(
        name: &'static str,
        meaning: &'static str,
        label: &'static str,
        values: &[&'static str],
    ) -> Self {
        describe_counter!(name, meaning);
        Self(values.iter().map(|value| (*value, counter!(name, label => *value))).collect())
    }

    /// Counts what came out as one of the values.
    pub(crate) fn count(&self, value: &str) {
        let found = self.0.iter().find(|(known, _)| *known == value);
        debug_assert!(found.is_some(), "`{value}` is not among the values that are counted");
        if let Some((_, counter)) = found {
            counter.increment(1);
        }
    }
}

//! What types the book: `cargo xtask test book`, or a task that has what only some blocks need.

use std::env;
use std::time::Duration;

const TASK: &str = "BOOK_TASK";

/// The task by whose name those blocks are marked, which has its machine's whole network, where something serves.
pub(crate) fn name() -> Option<String> {
    env::var(TASK).ok()
}

/// Nothing that a page has its reader type takes so long, not even Python's installing itself on a machine that is busy
/// with ten times what it can do; and with a task, not even a build from nothing.
pub(crate) fn patience() -> Duration {
    Duration::from_secs(if name().is_some() { 60 * 60 } else { 300 })
}

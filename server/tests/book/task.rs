//! What types the book: `cargo xtask test book`, or a task that has what only some blocks need.

use std::env;
use std::time::Duration;

/// All that there are (`cargo xtask test NAME`).
pub(crate) const NAMES: [&str; 3] = ["builds", "cluster", "containers"];

/// The task by whose name those blocks are marked.
pub(crate) fn name() -> Option<String> {
    env::var("BOOK_TASK").ok()
}

/// Whether there are containers, which are built of a whole checkout.
pub(crate) fn has_engine() -> bool {
    name().as_deref() == Some("containers")
}

/// Whether a cluster is there to be had.
pub(crate) fn has_cluster() -> bool {
    name().as_deref() == Some("cluster")
}

/// The network in which containers serve: the engine's, as a file.
pub(crate) fn network() -> Option<String> {
    env::var("ENGINE_NETWORK").ok().filter(|_| has_engine())
}

/// Whether what is built for a release is so here.
pub(crate) fn builds() -> bool {
    name().as_deref() == Some("builds")
}

/// Nothing that a page has its reader type takes so long, not even Python's installing itself on a machine that is busy
/// with ten times what it can do; and with a task, not even a build from nothing.
pub(crate) fn patience() -> Duration {
    Duration::from_secs(if name().is_some() { 60 * 60 } else { 300 })
}

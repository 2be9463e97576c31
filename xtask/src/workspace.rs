//! Cargo on all crates at once, with every feature that is tested anywhere: each other choice of features would be
//! another build of everything, which takes minutes.

use std::num::NonZero;
use std::process::Command;
use std::thread;

use anyhow::Result;

use crate::page;
use crate::process::command;

/// What no other crate of the workspace asks for, and has tests.
const FEATURES: &str =
    "session-engine/store-testing,session-http/axum,session-server/otlp,session-server/page";

/// So many tests at a time where there are fewer processors: they wait for deadlines far more than they work.
const TESTS_AT_A_TIME: usize = 3;

/// `cargo TASK`, once the page is built that one of the features embeds.
pub(crate) fn cargo(task: &str) -> Result<Command> {
    page::build()?;
    let mut cargo = command("cargo", [task, "--workspace", "--features", FEATURES]);
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    cargo.env("RUST_TEST_THREADS", processors.max(TESTS_AT_A_TIME).to_string());
    Ok(cargo)
}

/// `cargo doc` likewise, of what is ours.
pub(crate) fn documentation() -> Result<Command> {
    let mut doc = cargo("doc")?;
    doc.args(["--quiet", "--no-deps"]);
    Ok(doc)
}

//! Cargo on all crates at once, with every feature that is tested anywhere: each other choice of features would be
//! another build of everything, which takes minutes.

use std::process::Command;

use anyhow::Result;

use crate::page;
use crate::process::command;

/// What no other crate of the workspace asks for, and has tests.
const FEATURES: &str =
    "session-engine/store-testing,session-http/axum,session-server/otlp,session-server/page";

/// `cargo TASK`, once the page is built that one of the features embeds.
pub(crate) fn cargo(task: &str) -> Result<Command> {
    page::build()?;
    Ok(command("cargo", [task, "--workspace", "--features", FEATURES]))
}

/// `cargo doc` likewise, of what is ours.
pub(crate) fn documentation() -> Result<Command> {
    let mut doc = cargo("doc")?;
    doc.args(["--quiet", "--no-deps"]);
    Ok(doc)
}

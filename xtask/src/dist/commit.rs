//! The commit that a release is made of.

use anyhow::{Result, ensure};

use crate::process::{command, output};

/// What is in no commit can be released by nobody else.
pub(super) fn hold() -> Result<()> {
    let changed = output(&mut command("git", ["status", "--porcelain"]))?;
    ensure!(changed.is_empty(), "a release is made of a commit, and this is in none:\n{changed}");
    Ok(())
}

/// When it was made, in seconds, which is what documents about it are dated by.
pub(super) fn time() -> Result<String> {
    output(&mut command("git", ["log", "-1", "--format=%ct"]))
}

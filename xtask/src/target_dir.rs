use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process::{command, output};

/// Where cargo builds, wherever the user's settings have moved it.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let args = ["metadata", "--no-deps", "--format-version", "1"];
    let metadata: serde_json::Value = serde_json::from_str(&output(&mut command("cargo", args))?)?;
    let dir = metadata["target_directory"].as_str().context("cargo metadata names no target")?;
    Ok(dir.into())
}

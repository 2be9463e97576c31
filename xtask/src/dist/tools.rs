//! Programs from crates.io that judge and describe a release, in the versions named here.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process::{command, run};
use crate::target_dir::target_dir;

pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
    features: &'static [&'static str],
}

/// Licences, sources and advisories.
pub(super) const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", features: &[] };
/// The texts of licences.
pub(super) const ABOUT: Tool =
    Tool { name: "cargo-about", version: "0.9.3", features: &["--features", "cli"] };
/// Bills of materials.
pub(super) const CYCLONEDX: Tool = Tool { name: "cargo-cyclonedx", version: "0.5.9", features: &[] };

impl Tool {
    /// The program with `args`, built on first use, which takes minutes.
    pub(super) fn command(&self, args: &[&str]) -> Result<Command> {
        let place = target_dir()?.join("dist-tools");
        let exactly = format!("{}@{}", self.name, self.version);
        let install = ["install", "--quiet", "--locked", &exactly, "--root"];
        // Does nothing where it has been done.
        run(command("cargo", install).arg(&place).args(self.features))?;
        let program: PathBuf = place.join("bin").join(self.name);
        Ok(command(&program.to_string_lossy(), args))
    }
}

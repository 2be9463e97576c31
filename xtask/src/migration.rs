//! Sessions of other libraries that are taken over: the applications of `examples/migration`, with the real ones.

use std::path::PathBuf;

use anyhow::Result;

use crate::process::{command, run};
use crate::setup::{self, REDIS};
use crate::target_dir::target_dir;
use crate::{npm, virtual_environment, workspace};

/// Every story with every library.
pub(crate) fn hold() -> Result<()> {
    let places = fetch()?;
    run(workspace::cargo("test")?.args(["--test", "migration", "--", "--include-ignored"]).envs(places))
}

/// All that they need, and the variables by which the tests find it.
pub(crate) fn fetch() -> Result<[(&'static str, PathBuf); 2]> {
    setup::tools(&[REDIS])?;
    npm::install("examples/migration/express")?;
    let requirements = "examples/migration/django/requirements.txt";
    let python = virtual_environment::programs("migration-python", requirements)?.join("python3");
    let target = target_dir()?.join("migration");
    let manifest = "examples/migration/tower/Cargo.toml";
    let build = ["build", "--quiet", "--locked", "--manifest-path", manifest, "--target-dir"];
    run(command("cargo", build).arg(&target))?;
    Ok([("PYTHON", python), ("TOWER_APPLICATION", target.join("debug/tower-sessions-application"))])
}

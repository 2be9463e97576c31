//! Tools written in Python, each set in an environment of its own.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::process::{command, run};
use crate::root::root;
use crate::setup;
use crate::target_dir::target_dir;

/// The directory with the programs of what `requirements` lists with its hashes, fetched on first use and again when
/// the list has changed.
pub(crate) fn programs(folder: &str, requirements: &str) -> Result<PathBuf> {
    let place = target_dir()?.join(folder);
    let (programs, list) = (place.join("bin"), place.join("requirements.txt"));
    let wanted = fs::read(root().join(requirements))?;
    if fs::read(&list).is_ok_and(|had| had == wanted) {
        return Ok(programs);
    }
    setup::python_environments()?;
    run(command("python3", ["-m", "venv", "--clear"]).arg(&place))?;
    let install =
        ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary=:all:"];
    run(command("env", [programs.join("pip")]).args(install).args(["--requirement", requirements]))?;
    // Last, so that what was broken off is begun anew.
    fs::write(list, wanted)?;
    Ok(programs)
}

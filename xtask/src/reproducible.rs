//! Whoever builds the npm package of a commit gets the bytes that everybody gets.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::package;
use crate::process::{command, run};
use crate::root::root;
use crate::target_dir::target_dir;

/// Builds the package once more, from a clone in another place and with nothing built before, and
/// holds it against the one that is built here. Both have to be of the same commit.
pub(crate) fn hold() -> Result<()> {
    let place = target_dir()?.join("reproducible");
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    let clone = place.join("clone");
    let path = clone.to_str().context("the path of the target directory is not UTF-8")?;
    run(&mut command("git", ["clone", "--quiet", ".", path]))?;
    let mut again = command("cargo", ["xtask", "package"]);
    run(again.current_dir(&clone).env("CARGO_TARGET_DIR", place.join("target")))?;
    package::assemble()?;
    same(&root().join("session-wasm/package"), &clone.join("session-wasm/package"))
}

fn same(one: &Path, other: &Path) -> Result<()> {
    let count = |folder: &Path| Ok::<_, std::io::Error>(fs::read_dir(folder)?.count());
    ensure!(count(one)? == count(other)?, "two builds of the package have different files");
    for entry in fs::read_dir(one)? {
        let name = entry?.file_name();
        let is_same = fs::read(one.join(&name))? == fs::read(other.join(&name))?;
        ensure!(is_same, "two builds of {} differ; is everything committed?", name.display());
    }
    Ok(())
}

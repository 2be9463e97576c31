//! The npm package as the file that is published, with the licences of what its modules hold.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::licences::{self, Licences};
use crate::process::{command, output};
use crate::root::root;
use crate::target_dir::target_dir;
use crate::{package, reproducible};

/// Returns its path.
pub(super) fn put(dist: &Path, modules: &Licences) -> Result<PathBuf> {
    // Which builds it.
    reproducible::hold()?;
    let folder = folder()?;
    package::empty(&folder)?;
    package::copy(&root().join("session-wasm/package"), &folder)?;
    fs::write(folder.join(licences::FILE), licences::of_package(modules)?)?;
    let pack = ["pack", "--silent", "--pack-destination"];
    let name = output(command("npm", pack).arg(dist).current_dir(&folder))?;
    Ok(dist.join(name.lines().last().context("npm named no file")?))
}

/// What is in it. npm calls the package by the name of its folder, here and there.
pub(super) fn folder() -> Result<PathBuf> {
    Ok(target_dir()?.join("dist-package/session-wasm"))
}

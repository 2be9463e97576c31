//! npm packages of a folder, as its lock file has them.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{command, is_installed, run};
use crate::root::root;

/// Where the programs are that build the npm package.
pub(crate) const BUILD: &str = "session-wasm/build";

/// The path of such a program.
pub(crate) fn built(program: &str) -> Result<String> {
    let path = root().join(BUILD).join("node_modules/.bin").join(program);
    path.into_os_string().into_string().ok().context("the path of the workspace is not UTF-8")
}

/// `npm ci` in `folder`, unless that has been done since its lock file changed.
pub(crate) fn install(folder: &str) -> Result<()> {
    if !is_installed("npm")? {
        bail!("missing: npm; install Node.js 20 or newer, which brings it");
    }
    let folder = root().join(folder);
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("cannot read package-lock.json in {}", folder.display()))?;
    let installed = folder.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|done| done == lock) {
        return Ok(());
    }
    run(command("npm", ["ci", "--loglevel=error", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    Ok(fs::write(installed, lock)?)
}

/// The script `name` of the package.json in `folder`.
pub(crate) fn script(folder: &str, name: &str) -> Command {
    let mut script = command("npm", ["run", "--silent", name]);
    script.current_dir(root().join(folder));
    script
}

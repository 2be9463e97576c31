//! Bills of materials, as CycloneDX: of the server, and of the package by what npm sees and by the crates in its modules,
//! which are in the server's page as well.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::tools::CYCLONEDX;
use super::{VERSION, commit, tarball};
use crate::image;
use crate::process::{command, output, run};
use crate::setup::WASM_TARGET;
use crate::target_dir::target_dir;

pub(super) fn put(dist: &Path, server: &str) -> Result<()> {
    let package = format!("session-wasm-{VERSION}");
    crates("server", &["--features", "page"], &image::triple(), &dist.join(format!("{server}.cdx.json")))?;
    crates("session-wasm", &[], WASM_TARGET, &dist.join(format!("{package}.crates.cdx.json")))?;
    let sbom = ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "library"];
    let told = output(command("npm", sbom).current_dir(tarball::folder()?))?;
    Ok(fs::write(dist.join(format!("{package}.npm.cdx.json")), told)?)
}

/// Of the package in `folder` for `target`, without what only builds it.
fn crates(folder: &str, features: &[&str], target: &str, file: &Path) -> Result<()> {
    // The tool writes beside every manifest of the workspace.
    let clone = target_dir()?.join("dist-clone");
    if clone.exists() {
        fs::remove_dir_all(&clone)?;
    }
    let path = clone.to_str().context("the path of the target directory is not UTF-8")?;
    run(&mut command("git", ["clone", "--quiet", ".", path]))?;
    let how = ["cyclonedx", "--quiet", "--format", "json", "--spec-version", "1.5", "--no-build-deps"];
    let mut tool = CYCLONEDX.command(&how)?;
    tool.args(["--override-filename", "bom", "--target", target]).args(features);
    tool.arg("--manifest-path").arg(clone.join(folder).join("Cargo.toml"));
    run(tool.current_dir(&clone).env("SOURCE_DATE_EPOCH", commit::time()?))?;
    let told = fs::read_to_string(clone.join(folder).join("bom.json"))?;
    // Where ours are called by where they were.
    Ok(fs::write(file, told.replace(&format!("file://{path}"), "file:///src"))?)
}

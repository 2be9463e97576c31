//! What a release consists of, into `target/dist/`: made of one commit, judged, and tried as by whoever downloads it.

mod checksums;
mod commit;
mod gate;
mod licences;
mod sbom;
mod server;
mod tarball;
mod tools;
mod trial;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use self::gate::Npm;
use crate::target_dir::target_dir;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// All of it, or what is named.
pub(crate) fn perform(args: &[&str]) -> Result<()> {
    match args {
        [] => release(Npm::Asked),
        ["--without-npm-audit"] => release(Npm::NotAsked),
        ["gate"] => gate::hold(Npm::Asked).map(drop),
        ["files"] => files(),
        _ => bail!("`dist` takes --without-npm-audit, `gate` or `files`"),
    }
}

/// The gate comes before all that takes minutes.
fn release(npm: Npm) -> Result<()> {
    commit::hold()?;
    let dist = empty()?;
    let audit = gate::hold(npm)?;
    fill(&dist, &audit)
}

/// Without the gate they are for trying, and no release.
fn files() -> Result<()> {
    commit::hold()?;
    fill(&empty()?, &gate::not_held())
}

/// What is there is of this run, as far as that has come.
fn empty() -> Result<PathBuf> {
    let dist = target_dir()?.join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    Ok(dist)
}

fn fill(dist: &Path, audit: &str) -> Result<()> {
    gate::put(dist, audit)?;
    let server = server::put(dist)?;
    let modules = licences::of_modules()?;
    let tarball = tarball::put(dist, &modules)?;
    licences::put(dist, modules)?;
    sbom::put(dist, &server)?;
    trial::of_server(dist, &server)?;
    trial::of_package(&tarball)?;
    checksums::put(dist)?;
    println!("{}", dist.display());
    Ok(())
}

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

use anyhow::Result;

use crate::target_dir::target_dir;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The gate comes before all that takes minutes.
pub(crate) fn release() -> Result<()> {
    commit::hold()?;
    let dist = empty()?;
    gate()?;
    fill(&dist)
}

pub(crate) fn gate() -> Result<()> {
    gate::hold()
}

/// Without the gate they are for trying, and no release.
pub(crate) fn files() -> Result<()> {
    commit::hold()?;
    fill(&empty()?)
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

fn fill(dist: &Path) -> Result<()> {
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

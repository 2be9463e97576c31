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

use anyhow::Result;

use crate::target_dir::target_dir;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The gate comes first: it takes a minute, and the rest a quarter of an hour.
pub(crate) fn release() -> Result<()> {
    commit::hold()?;
    gate()?;
    files()
}

pub(crate) fn gate() -> Result<()> {
    gate::hold()
}

/// Without the gate these are for trying, and no release.
pub(crate) fn files() -> Result<()> {
    commit::hold()?;
    let dist = target_dir()?.join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    let server = server::put(&dist)?;
    let tarball = tarball::put(&dist)?;
    licences::put(&dist)?;
    sbom::put(&dist, &server)?;
    trial::of_server(&dist, &server)?;
    trial::of_package(&tarball)?;
    checksums::put(&dist)?;
    println!("{}", dist.display());
    Ok(())
}

//! Paths of this machine, which nothing that is shipped tells.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::root::root;

/// What has rustc write the same paths from every checkout and every cargo home.
pub(crate) fn remapped() -> Result<[String; 2]> {
    let [cargo, checkout] = all()?;
    Ok([
        format!("--remap-path-prefix={}=/cargo", cargo.display()),
        format!("--remap-path-prefix={}=/src", checkout.display()),
    ])
}

/// Where crates are, and where this is.
pub(crate) fn all() -> Result<[PathBuf; 2]> {
    let cargo_home = match env::var_os("CARGO_HOME") {
        Some(dir) => PathBuf::from(dir),
        None => env::home_dir().context("there is no home directory")?.join(".cargo"),
    };
    Ok([cargo_home, root().to_owned()])
}

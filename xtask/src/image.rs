//! The container image without an engine: the step of its Containerfile that builds, and the server in a root that
//! holds what the image holds and nothing else.

use std::env::consts::ARCH;
use std::path::PathBuf;

use anyhow::Result;

use crate::local_paths;
use crate::process::{command, run};
use crate::setup::{self, CC, MUSL, REDIS};
use crate::target_dir::target_dir;

pub(crate) fn hold() -> Result<()> {
    setup::tools(&[REDIS])?;
    let built = build()?;
    let test = ["test", "--package", "session-server", "--test", "deploy"];
    run(command("cargo", test).args(["--", "--ignored", "image::"]).env("STATIC_BUILD", built))
}

/// Puts what the image holds into a directory, and returns its path.
pub(crate) fn build() -> Result<PathBuf> {
    setup::tools(&[CC, MUSL])?;
    let target = target_dir()?;
    let built = target.join("image");
    let flags = format!("CARGO_TARGET_{}_RUSTFLAGS", triple().to_uppercase().replace('-', "_"));
    let mut build = command("deploy/build-static.sh", [&built]);
    run(build.env("CARGO_TARGET_DIR", target).env(flags, local_paths::remapped()?.join(" ")))?;
    Ok(built)
}

/// What the static server is built for: the machine's own kind.
pub(crate) fn triple() -> String {
    format!("{ARCH}-unknown-linux-musl")
}

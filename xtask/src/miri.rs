//! Tests of the core under Miri, which sees undefined behaviour where it is executed: in what the core stands on,
//! since it has no unsafe code itself.

use anyhow::{Result, bail};

use crate::process::{command, is_installed, output, run};

/// Those that end within minutes there: Miri takes a thousand times as long as a processor, and longest for signatures.
const TESTS: [&str; 4] = ["--lib", "--test=hostile_headers", "--test=properties", "--test=vectors"];

pub(crate) fn hold() -> Result<()> {
    install()?;
    let miri = ["+nightly", "miri", "test", "--package", "session-core", "--features", "testing"];
    run(command("cargo", miri).args(TESTS))
}

/// Adds what is missing of Miri.
pub(crate) fn install() -> Result<()> {
    if !is_installed("rustup")? {
        bail!("Miri is a part of Rust's nightly tool chain, which rustup brings; there is no rustup");
    }
    if output(&mut command("cargo", ["+nightly", "miri", "--version"])).is_ok() {
        return Ok(());
    }
    eprintln!("xtask: adding Rust's nightly tool chain with Miri");
    let toolchain = ["toolchain", "install", "nightly", "--profile", "minimal"];
    run(command("rustup", toolchain).args(["--component", "miri", "--component", "rust-src"]))
}

//! Tests of the core under Miri, which sees undefined behaviour where it is executed: in what the core stands on,
//! since it has no unsafe code itself.

use anyhow::{Result, bail};

use crate::process::{command, is_installed, output, run};

const SUITES: [&str; 2] = ["--lib", "--test=properties"];

/// Those that end within minutes: signatures, or tags by the hundred, take Miri hours.
const TESTS: [&str; 3] = ["::tests::", "names::", "timeouts::"];

pub(crate) fn hold() -> Result<()> {
    install()?;
    let miri = ["+nightly", "miri", "test", "--package", "session-core", "--features", "testing"];
    let mut miri = command("cargo", miri);
    miri.args(SUITES).arg("--").args(TESTS);
    // Keys are drawn from the operating system, and proptest looks for earlier findings. One case of each property is
    // executed, since it is not for what comes out.
    run(miri.env("MIRIFLAGS", "-Zmiri-disable-isolation").env("PROPTEST_CASES", "1"))
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

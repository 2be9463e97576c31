//! Tests of the core under Miri, which sees undefined behaviour where it is executed: in what the core stands on,
//! since it has no unsafe code itself.

use anyhow::{Result, bail};

use crate::process::{command, is_installed, output, run};

/// Each with those of its tests that end within minutes; all, where none is named. Signatures, or tags, by the hundred take
/// Miri hours.
const SUITES: [(&str, &[&str]); 3] =
    [("--lib", &[]), ("--test=each_once", &[]), ("--test=properties", &["names::", "timeouts::"])];

pub(crate) fn hold() -> Result<()> {
    install()?;
    for (suite, tests) in SUITES {
        let miri = ["+nightly", "miri", "test", "--package", "session-core", "--features", "testing", suite];
        let mut miri = command("cargo", miri);
        miri.arg("--").args(tests);
        // Keys are drawn from the operating system, and proptest looks for earlier findings. One case of each property
        // is executed, since it is not for what comes out.
        run(miri.env("MIRIFLAGS", "-Zmiri-disable-isolation").env("PROPTEST_CASES", "1"))?;
    }
    Ok(())
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

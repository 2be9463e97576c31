//! Measurements. They assert nothing, since machines differ and are shared.

use anyhow::Result;

use crate::process::{command, run};
use crate::setup::{CHROMIUM, FIREFOX, WEBKITGTK, XVFB};
use crate::target_dir::target_dir;
use crate::{npm, package, setup};

/// The server under a storm of logins.
pub(crate) fn server() -> Result<()> {
    run(&mut command("cargo", ["bench", "--package", "session-server"]))
}

/// The npm package beside its peers, in the runtimes that its tests run in.
pub(crate) fn wasm() -> Result<()> {
    setup::tools(&[CHROMIUM, FIREFOX, WEBKITGTK, XVFB])?;
    package::assemble()?;
    npm::install("session-wasm/tests")?;
    npm::install("session-wasm/bench")?;
    let dir = target_dir()?.join("bench");
    run(npm::script("session-wasm/bench", "bench").env("CONFORMANCE_DIR", dir))
}

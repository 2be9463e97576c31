//! Measurements. They assert nothing, since machines differ and are shared.

use anyhow::Result;

use crate::process::{command, run};
use crate::setup::{CC, CHROMIUM, FIREFOX, REDIS, WEBKITGTK, XVFB};
use crate::target_dir::target_dir;
use crate::{npm, package, setup};

/// The server under a storm of logins, and what one user can do to the others; or one of these.
pub(crate) fn server(which: &[&str]) -> Result<()> {
    setup::tools(&[REDIS, CC])?;
    run(command("cargo", ["bench", "--package", "session-server", "--bench", "server"]).args(which))
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

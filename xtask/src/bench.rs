//! Measurements. They assert nothing, since machines differ and are shared.

mod cases;
mod clients;
mod http;
mod load;
mod machine;
mod programs;
mod redis;
mod report;
mod rounds;
mod running;
mod svg;

use std::fs;

use anyhow::{Context, Result};

use self::clients::Clients;
use self::programs::Programs;
use self::redis::Redis;
use self::rounds::{Effort, Rounds};
use crate::process::{command, run};
use crate::setup::{CC, CHROMIUM, FIREFOX, REDIS, UTIL_LINUX, WEBKITGTK, WRK, XVFB};
use crate::target_dir::target_dir;
use crate::{npm, package, setup};

/// The server under a storm of logins, and what one user can do to the others; or one of these.
pub(crate) fn abuse(which: &[&str]) -> Result<()> {
    setup::tools(&[REDIS, CC])?;
    run(command("cargo", ["bench", "--package", "session-server", "--bench", "server"]).args(which))
}

/// The server beside its peers and the limits, into `docs/BENCHMARKS.md` and a picture.
pub(crate) fn server(seconds: &str, rounds: &str) -> Result<()> {
    let effort = Effort {
        seconds: seconds.parse().with_context(|| format!("`{seconds}` are no seconds"))?,
        rounds: rounds.parse().with_context(|| format!("`{rounds}` is no number of rounds"))?,
    };
    setup::tools(&[REDIS, CC, UTIL_LINUX, WRK])?;
    npm::install(programs::NODE)?;
    let directory = target_dir()?.join("bench-server");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let programs = Programs::build(&directory)?;
    let redis = Redis::start(&directory)?;
    let clients = Clients::sign_in(&programs, &redis)?;
    let cases = cases::all(&programs, &redis, &clients)?;
    let measured = Rounds::measure(&cases, &programs, &redis, &clients, effort)?;
    report::write(&measured, effort)
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

//! Measurements. They assert nothing, since machines differ and are shared.

mod cases;
mod circumstances;
mod clients;
mod cost;
mod descriptors;
mod figures;
mod growth;
pub(crate) mod http;
mod load;
mod machine;
mod programs;
mod redis;
mod redis_benchmark;
mod report;
mod rounds;
pub(crate) mod running;
mod shards;
mod steady_load;
mod svg;
mod template;
mod turn;

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use self::clients::Clients;
use self::programs::Programs;
use self::redis::Redis;
use self::rounds::Effort;
use self::turn::Bench;
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
    let effort = Effort::parse(seconds, rounds)?;
    setup::tools(&[REDIS, CC, UTIL_LINUX, WRK])?;
    let programs = Programs::build(&empty_directory("bench-server")?)?;
    programs.build_server()?;
    let redis = Redis::start(programs.directory())?;
    let clients = Clients::sign_in(&programs, &redis)?;
    let cases = cases::all(&programs, &redis, &clients)?;
    let bench = Bench { programs: &programs, redis: &redis, clients: &clients, seconds: effort.seconds };
    let measured = effort.measure(&cases, |case| bench.turn(case), |turn| turn.cost.to_string())?;
    report::write(&measured, effort)
}

/// What becomes of a check with more sessions, servers, shards and connections, into `docs/GROWTH.md`.
pub(crate) fn growth(seconds: &str, rounds: &str) -> Result<()> {
    let effort = Effort::parse(seconds, rounds)?;
    setup::tools(&[REDIS, CC, UTIL_LINUX, WRK])?;
    let programs = Programs::build(&empty_directory("bench-growth")?)?;
    growth::measure(&programs, effort)
}

/// The hottest operations by themselves, in one process.
pub(crate) fn operations() -> Result<()> {
    run(&mut command("cargo", ["bench", "--package", "session-instructions", "--bench", "times"]))
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

/// Of this name, for what is written meanwhile.
fn empty_directory(name: &str) -> Result<PathBuf> {
    let directory = target_dir()?.join(name);
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

//! Tests of faults that want more than `cargo test` may take for granted: namespaces of the network, another server
//! to upgrade from, ten thousand connections, or an hour.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::process::{command, output, run};
use crate::setup::{self, CC, HAPROXY, IPROUTE, REDIS, UTIL_LINUX};
use crate::target_dir::target_dir;
use crate::workspace;

/// What an upgrade begins with: the commit of the last release.
const OLDER: &str = "2ac18e74ad7d72f3bd2476e83338b88816a3ea6f";

/// Those that take a minute, where the machine lets them.
pub(crate) fn short() -> Result<()> {
    setup::tools(&[REDIS, UTIL_LINUX, IPROUTE])?;
    if !allows_namespaces() {
        eprintln!("xtask: NOT RUN: F10 and F35, since this machine allows no network namespaces");
        return Ok(());
    }
    let ignored = ["--test", "command_line", "--", "--ignored"];
    run(workspace::cargo("test")?.args(ignored).args(["partitions", "a_primary_that_is_demoted"]))
}

/// All tests of faults, in full length and by the program as it is released.
pub(crate) fn long() -> Result<()> {
    setup::tools(&[REDIS, HAPROXY, CC, UTIL_LINUX, IPROUTE])?;
    if !allows_namespaces() {
        bail!("F10 and F35 want network namespaces, which this machine does not allow (be root)");
    }
    let older = older_server()?;
    let suites =
        ["--release", "--test", "store", "--test", "api", "--", "redis_", "history", "faults", "clocks"];
    run(workspace::cargo("test")?.args(suites).env("MOVED_SLOTS", "5000"))?;
    let of_program = |times: &str, tests: &[&str]| {
        let program = ["--release", "--test", "command_line", "--", "--include-ignored", "--nocapture"];
        let mut command = workspace::cargo("test")?;
        command.args(program).args(["--test-threads", "1"]).args(tests);
        run(command.env("PARTITIONS", times).env("OLDER_SERVER", &older))
    };
    of_program(
        "20",
        &["endpoints", "faults", "restarts", "rolling", "a_primary_that_must", "nobody_confirmed"],
    )?;
    of_program("100", &["a_replica_had_to_confirm"])
}

fn allows_namespaces() -> bool {
    output(&mut command("unshare", ["--net", "true"])).is_ok()
}

/// Built once from its commit.
fn older_server() -> Result<PathBuf> {
    let place = target_dir()?.join("older").join(OLDER);
    let (sources, archive, built) = (place.join("sources"), place.join("sources.tar"), place.join("target"));
    let program = built.join("release/session-server");
    if program.exists() {
        return Ok(program);
    }
    fs::create_dir_all(&sources)?;
    output(command("git", ["archive", "--output"]).arg(&archive).arg(OLDER))
        .context("an older server is built from history, of which this clone has too little")?;
    run(command("tar", ["-xf"]).arg(&archive).arg("-C").arg(&sources))?;
    let build = ["build", "--release", "--locked", "--package", "session-server", "--manifest-path"];
    run(command("cargo", build).arg(sources.join("Cargo.toml")).arg("--target-dir").arg(&built))?;
    Ok(program)
}

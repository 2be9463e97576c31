//! Load on a server, by wrk.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::machine::{Processor, on};
use crate::process::output;
use crate::setup::WRK;

/// Under way at a time.
pub(super) const CONNECTIONS: u32 = 64;

/// What it sends is in a script.
const SCRIPT: &str = "bench/wrk.lua";

/// What came of a load.
pub(super) struct Load {
    pub(super) requests: u64,
    pub(super) time: Duration,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
    /// Answers of 400 and above.
    pub(super) refused: u64,
}

/// As many requests as the server answers in so many seconds: each line of `requests` is a path, then a tab and a
/// cookie if there is one.
pub(super) fn put(
    server: SocketAddr,
    method: &str,
    requests: &Path,
    body: &str,
    seconds: u64,
) -> Result<Load> {
    let (url, connections) = (format!("http://{server}"), CONNECTIONS.to_string());
    let duration = format!("{seconds}s");
    let mut wrk = on(
        Processor::Rest,
        WRK.program,
        ["-t", "1", "-c", &connections, "-d", &duration, "-s", SCRIPT, &url],
    );
    wrk.args(["--", method]).arg(requests);
    if !body.is_empty() {
        wrk.arg(body);
    }
    let said = output(&mut wrk)?;
    let line = said.lines().last().unwrap_or_default();
    let line: Value = serde_json::from_str(line).with_context(|| format!("wrk says `{said}`"))?;
    let number = |name: &str| line[name].as_u64().with_context(|| format!("wrk tells no {name}"));
    ensure!(number("broken")? == 0, "connections broke: {line}");
    let time = |name: &str| Ok::<_, anyhow::Error>(Duration::from_micros(number(name)?));
    Ok(Load {
        requests: number("requests")?,
        time: time("us")?,
        p50: time("p50_us")?,
        p99: time("p99_us")?,
        refused: number("refused")?,
    })
}

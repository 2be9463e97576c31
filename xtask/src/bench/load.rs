//! Load on a server, by wrk.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
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

/// Behind thousands of others an answer may well take longer than the two seconds that wrk would wait.
const TIMEOUT: &str = "10s";

/// What came of a load.
pub(super) struct Load {
    pub(super) requests: u64,
    pub(super) time: Duration,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
    /// Answers of 400 and above.
    pub(super) refused: u64,
    /// Connections that were cut off, and answers that did not come at all.
    pub(super) broken: u64,
}

/// What is sent to which server.
#[derive(Clone, Copy)]
pub(super) struct Sending<'a> {
    pub(super) server: SocketAddr,
    pub(super) method: &'a str,
    /// Each line is a path, then a tab and a cookie if there is one.
    pub(super) requests: &'a Path,
    pub(super) body: &'a str,
    pub(super) connections: u32,
    /// How long a connection waits before it sends anything, on average.
    pub(super) pause: Duration,
}

impl Sending<'_> {
    /// As many requests as the server answers in so many seconds.
    pub(super) fn put(&self, seconds: u64) -> Result<Load> {
        let said = output(&mut self.wrk(seconds))?;
        let load = Load::told(said.lines().last().unwrap_or_default())?;
        ensure!(load.broken == 0, "{} connections broke", load.broken);
        Ok(load)
    }

    pub(super) fn wrk(&self, seconds: u64) -> Command {
        let Self { server, method, requests, body, connections, pause } = self;
        let (url, connections, duration) =
            (format!("http://{server}"), connections.to_string(), format!("{seconds}s"));
        let mut wrk =
            on(Processor::Rest, WRK.program, ["-t", "1", "-c", &connections, "-d", &duration, "-s", SCRIPT]);
        wrk.args(["--timeout", TIMEOUT, &url, "--", method]).arg(requests).arg(body);
        if !pause.is_zero() {
            wrk.arg(pause.as_millis().to_string());
        }
        wrk
    }
}

impl Load {
    /// By the last line of wrk.
    pub(super) fn told(line: &str) -> Result<Self> {
        let line: Value = serde_json::from_str(line).with_context(|| format!("wrk says `{line}`"))?;
        let number = |name: &str| line[name].as_u64().with_context(|| format!("wrk tells no {name}"));
        let time = |name: &str| Ok::<_, anyhow::Error>(Duration::from_micros(number(name)?));
        Ok(Self {
            requests: number("requests")?,
            time: time("us")?,
            p50: time("p50_us")?,
            p99: time("p99_us")?,
            refused: number("refused")?,
            broken: number("broken")?,
        })
    }
}

//! The Redis that all share, and what it can do by itself.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::load::{CONNECTIONS, Load};
use super::machine::{Processor, on};
use super::running::Running;
use crate::process::{command, output};

const START_DEADLINE: Duration = Duration::from_secs(20);

/// Where sessions are that are checked.
pub(super) const SESSIONS: u8 = 0;
/// Where those are begun that nobody checks.
pub(super) const NEWCOMERS: u8 = 1;
/// Of `redis-benchmark`.
const OF_ITS_OWN: u8 = 2;

/// About how many commands it answers in a second: `redis-benchmark` wants a number.
const COMMANDS_PER_SECOND: u64 = 60_000;

/// As many as there are sessions of one server.
const KEYS: u64 = 10_000;

pub(super) struct Redis {
    port: u16,
    process: Running,
}

impl Redis {
    /// One that keeps nothing on the disk.
    pub(super) fn start(directory: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let flags = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()];
        let mut command = on(Processor::Rest, "redis-server", flags);
        let process = Running::start(
            command.arg("--dir").arg(directory).stdout(Stdio::null()),
            &directory.join("redis.log"),
        )?;
        let redis = Self { port, process };
        let started = Instant::now();
        while redis.ask(SESSIONS, &["PING"]).is_err() {
            ensure!(started.elapsed() < START_DEADLINE, "redis-server did not start");
            sleep(Duration::from_millis(20));
        }
        Ok(redis)
    }

    pub(super) fn url(&self, database: u8) -> String {
        format!("redis://127.0.0.1:{}/{database}", self.port)
    }

    /// How often it was asked for what.
    pub(super) fn calls(&self) -> Result<BTreeMap<String, u64>> {
        let stats = self.ask(SESSIONS, &["INFO", "commandstats"])?;
        let calls = stats.lines().filter_map(|line| {
            let (name, figures) = line.strip_prefix("cmdstat_")?.split_once(':')?;
            let calls = figures.strip_prefix("calls=")?.split(',').next()?.parse().ok()?;
            Some((name.to_uppercase(), calls))
        });
        // By who measures.
        Ok(calls.filter(|(name, _)| name != "INFO").collect())
    }

    pub(super) fn forget_newcomers(&self) -> Result<()> {
        self.ask(NEWCOMERS, &["FLUSHDB"]).map(|_| ())
    }

    /// What [`benchmark`](Self::benchmark) asks for, as long as a session.
    pub(super) fn fill(&self) -> Result<()> {
        // Behind the cursor, from where one might go on.
        let keys = self.ask(SESSIONS, &["SCAN", "0", "MATCH", "session:*", "COUNT", "10000"])?;
        let key = keys.lines().nth(1).context("there are no sessions")?;
        let length = self.ask(SESSIONS, &["STRLEN", key])?;
        self.run("set", COMMANDS_PER_SECOND, &["-d", &length]).map(|_| ())
    }

    /// `GET` by `redis-benchmark`.
    pub(super) fn benchmark(&self, seconds: u64) -> Result<Load> {
        let requests = seconds * COMMANDS_PER_SECOND;
        let table = self.run("get", requests, &[])?;
        // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms",…
        let line = table.lines().last().unwrap_or_default();
        let field = |number: usize| {
            let field = line.split(',').nth(number).map(|field| field.trim_matches('"'));
            let field = field.with_context(|| format!("redis-benchmark says `{table}`"))?;
            Ok::<f64, anyhow::Error>(field.parse()?)
        };
        let milliseconds = |number| Ok::<_, anyhow::Error>(Duration::from_secs_f64(field(number)? / 1e3));
        let time = Duration::from_secs_f64(requests as f64 / field(1)?);
        Ok(Load { requests, time, p50: milliseconds(4)?, p99: milliseconds(6)?, refused: 0 })
    }

    fn run(&self, test: &str, count: u64, further: &[&str]) -> Result<String> {
        let numbers = [u64::from(self.port), OF_ITS_OWN.into(), CONNECTIONS.into(), count, KEYS];
        let [port, database, connections, count, keys] = numbers.map(|number| number.to_string());
        let to = ["-p", &port, "--dbnum", &database, "-c", &connections];
        let what = ["-t", test, "-n", &count, "-r", &keys, "--csv"];
        output(on(Processor::Server, "redis-benchmark", to).args(what).args(further))
    }

    pub(super) fn process(&self) -> &Running {
        &self.process
    }

    fn ask(&self, database: u8, words: &[&str]) -> Result<String> {
        let (port, database) = (self.port.to_string(), database.to_string());
        output(command("redis-cli", ["-p", &port, "-n", &database]).args(words))
    }
}

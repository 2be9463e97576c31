//! A Redis that keeps nothing on the disk.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::machine::{Processor, on};
use super::running::Running;
use crate::process::{command, output};

const START_DEADLINE: Duration = Duration::from_secs(20);

/// Where sessions are that are checked.
pub(super) const SESSIONS: u8 = 0;
/// Where those are begun that nobody checks.
pub(super) const NEWCOMERS: u8 = 1;
pub(super) struct Redis {
    port: u16,
    process: Running,
}

impl Redis {
    pub(super) fn start(directory: &Path) -> Result<Self> {
        Self::start_with(&[], directory)
    }

    pub(super) fn start_with(further: &[&str], directory: &Path) -> Result<Self> {
        let port = free_port()?;
        let flags = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()];
        let mut command = on(Processor::Rest, "redis-server", flags);
        let process = Running::start(
            command.arg("--dir").arg(directory).args(further).stdout(Stdio::null()),
            &directory.join(format!("redis-{port}.log")),
        )?;
        let redis = Self { port, process };
        let started = Instant::now();
        while redis.ask(SESSIONS, &["PING"]).is_err() {
            ensure!(started.elapsed() < START_DEADLINE, "redis-server did not start");
            sleep(Duration::from_millis(20));
        }
        Ok(redis)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
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

    /// What it has of memory for keys, values and whoever asks, in bytes.
    pub(super) fn used_memory(&self) -> Result<f64> {
        let info = self.ask(SESSIONS, &["INFO", "memory"])?;
        let line = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
        Ok(line.context("Redis tells no used_memory")?.trim().parse()?)
    }

    /// The same while nobody asks.
    pub(super) fn memory_at_rest(&self) -> Result<f64> {
        let started = Instant::now();
        // But who asks for that.
        while !self.ask(SESSIONS, &["INFO", "clients"])?.contains("connected_clients:1\r") {
            ensure!(started.elapsed() < START_DEADLINE, "somebody keeps asking Redis");
            sleep(Duration::from_millis(20));
        }
        self.used_memory()
    }

    /// What a key takes with its value, in bytes.
    pub(super) fn memory_of(&self, key: &str) -> Result<f64> {
        Ok(self.ask(SESSIONS, &["MEMORY", "USAGE", key, "SAMPLES", "0"])?.parse()?)
    }

    /// One of the keys that match.
    pub(super) fn any_key(&self, pattern: &str) -> Result<String> {
        // Behind the cursor, from where one might go on.
        let keys = self.ask(SESSIONS, &["SCAN", "0", "MATCH", pattern, "COUNT", "10000"])?;
        Ok(keys.lines().nth(1).with_context(|| format!("there is no {pattern}"))?.to_owned())
    }

    pub(super) fn forget_newcomers(&self) -> Result<()> {
        self.ask(NEWCOMERS, &["FLUSHDB"]).map(|_| ())
    }

    pub(super) fn process(&self) -> &Running {
        &self.process
    }

    pub(super) fn ask(&self, database: u8, words: &[&str]) -> Result<String> {
        let (port, database) = (self.port.to_string(), database.to_string());
        output(command("redis-cli", ["-p", &port, "-n", &database]).args(words))
    }
}

/// Free until somebody takes it.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

//! What Redis can do by itself, by `redis-benchmark`.

use std::time::Duration;

use anyhow::{Context, Result};

use super::load::{CONNECTIONS, Load};
use super::machine::{Processor, on};
use super::redis::{Redis, SESSIONS};
use crate::process::output;

/// Its database.
const OF_ITS_OWN: u8 = 2;

/// About how many commands Redis answers in a second: `redis-benchmark` wants a number.
const COMMANDS_PER_SECOND: u64 = 60_000;

/// As many as there are sessions of one server.
const KEYS: u64 = 10_000;

/// What [`run`] asks for, as long as a session.
pub(super) fn fill(redis: &Redis) -> Result<()> {
    let length = redis.ask(SESSIONS, &["STRLEN", &redis.any_key("session:*")?])?;
    perform(redis, "set", COMMANDS_PER_SECOND, &["-d", &length]).map(|_| ())
}

/// `GET`.
pub(super) fn run(redis: &Redis, seconds: u64) -> Result<Load> {
    let requests = seconds * COMMANDS_PER_SECOND;
    let table = perform(redis, "get", requests, &[])?;
    // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms",…
    let line = table.lines().last().unwrap_or_default();
    let field = |number: usize| {
        let field = line.split(',').nth(number).map(|field| field.trim_matches('"'));
        let field = field.with_context(|| format!("redis-benchmark says `{table}`"))?;
        Ok::<f64, anyhow::Error>(field.parse()?)
    };
    let milliseconds = |number| Ok::<_, anyhow::Error>(Duration::from_secs_f64(field(number)? / 1e3));
    let time = Duration::from_secs_f64(requests as f64 / field(1)?);
    Ok(Load { requests, time, p50: milliseconds(4)?, p99: milliseconds(6)?, refused: 0, broken: 0 })
}

fn perform(redis: &Redis, test: &str, count: u64, further: &[&str]) -> Result<String> {
    let numbers = [u64::from(redis.port()), OF_ITS_OWN.into(), CONNECTIONS.into(), count, KEYS];
    let [port, database, connections, count, keys] = numbers.map(|number| number.to_string());
    let to = ["-p", &port, "--dbnum", &database, "-c", &connections];
    let what = ["-t", test, "-n", &count, "-r", &keys, "--csv"];
    output(on(Processor::Server, "redis-benchmark", to).args(what).args(further))
}

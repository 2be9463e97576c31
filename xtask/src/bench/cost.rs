//! What requests cost the servers and Redis.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::redis::Redis;
use super::running::Running;

/// Whose time and commands are counted.
#[derive(Clone, Copy)]
pub(super) struct Meter<'a> {
    pub(super) servers: &'a [Running],
    pub(super) redis: &'a [Redis],
}

/// What has been used so far.
pub(super) struct Reading {
    at: Instant,
    servers: Duration,
    redis: Duration,
    calls: BTreeMap<String, u64>,
}

#[derive(Clone, Debug)]
pub(super) struct Cost {
    pub(super) per_second: f64,
    /// Processor time of the servers for a request.
    pub(super) processor_us: f64,
    /// That of Redis.
    pub(super) redis_us: f64,
    /// How much of its processor the server took: with less than all of it, something else was the limit.
    pub(super) busy: f64,
    /// Commands to Redis for a request.
    pub(super) commands: BTreeMap<String, f64>,
    /// Resident in a server, in bytes.
    pub(super) memory: f64,
}

impl Meter<'_> {
    pub(super) fn read(&self) -> Result<Reading> {
        let time = |programs: &mut dyn Iterator<Item = &Running>| programs.map(Running::processor_time).sum();
        let (servers, redis): (Result<_>, Result<_>) =
            (time(&mut self.servers.iter()), time(&mut self.redis.iter().map(Redis::process)));
        let (at, servers, redis) = (Instant::now(), servers?, redis?);
        let mut calls = BTreeMap::new();
        for server in self.redis {
            for (name, count) in server.calls()? {
                *calls.entry(name).or_default() += count;
            }
        }
        Ok(Reading { at, servers, redis, calls })
    }

    /// Of so many requests, which took so long, since then.
    pub(super) fn cost(&self, before: &Reading, requests: u64, time: Duration) -> Result<Cost> {
        let (now, requests, seconds) = (self.read()?, requests as f64, time.as_secs_f64());
        let (used, redis) =
            ((now.servers - before.servers).as_secs_f64(), (now.redis - before.redis).as_secs_f64());
        let of_each = |(name, count): (String, u64)| {
            let count = count - before.calls.get(&name).copied().unwrap_or_default();
            (name, count as f64 / requests)
        };
        let memory: Result<f64> = self.servers.iter().map(Running::memory).sum();
        Ok(Cost {
            per_second: requests / seconds,
            processor_us: used * 1e6 / requests,
            redis_us: redis * 1e6 / requests,
            busy: used / seconds,
            commands: now.calls.into_iter().map(of_each).collect(),
            memory: memory? / self.servers.len() as f64,
        })
    }
}

impl Reading {
    pub(super) fn age(&self) -> Duration {
        self.at.elapsed()
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, processor_us, busy, .. } = self;
        write!(f, "{per_second:.0}/s, {processor_us:.1} µs each, {:.0} % busy", busy * 100.0)
    }
}

//! One server with one task while it is measured.

use std::slice::from_ref;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::cases::Case;
use super::clients::{self, Clients, Who};
use super::cost::{Cost, Meter};
use super::http::Connection;
use super::load::{CONNECTIONS, Load, Sending};
use super::programs::Programs;
use super::redis::{NEWCOMERS, Redis, SESSIONS};
use super::running::Running;
use super::{redis_benchmark, rounds};

/// One case in one round.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) cost: Cost,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
}

pub(super) type Measured<'a> = rounds::Measured<'a, Case, Turn>;

/// What all cases are measured with.
pub(super) struct Bench<'a> {
    pub(super) programs: &'a Programs,
    pub(super) redis: &'a Redis,
    pub(super) clients: &'a Clients,
    pub(super) seconds: u64,
}

impl Bench<'_> {
    pub(super) fn turn(&self, case: &Case) -> Result<Turn> {
        let Some((program, mode)) = &case.server else {
            redis_benchmark::fill(self.redis)?;
            return self.observe(self.redis.process(), || redis_benchmark::run(self.redis, self.seconds));
        };
        let database = if case.who == Who::Newcomer { NEWCOMERS } else { SESSIONS };
        // New each time, since what one case leaves behind is nothing to the next.
        let (server, address) = self.programs.start(*program, mode, &self.redis.url(database))?;
        case.check(*program, &mut Connection::open(address)?, self.clients)?;
        let requests = self.clients.requests(*program, case.path, case.who, self.programs.directory())?;
        let (method, body, connections, pause) = (case.method, case.body, CONNECTIONS, Duration::ZERO);
        let sending = Sending { server: address, method, requests: &requests, body, connections, pause };
        let put = |seconds| {
            let load = sending.put(seconds)?;
            let refused = if case.status < 400 { 0 } else { load.requests };
            ensure!(load.refused == refused, "{}: {} of {} refused", case.name, load.refused, load.requests);
            Ok(load)
        };
        // Until each session has been seen, of which some remember how long it lives.
        let mut warmed_up = 0;
        while warmed_up < clients::COUNT as u64 {
            warmed_up += put(self.seconds.div_ceil(2))?.requests;
        }
        let turn = self.observe(&server, || put(self.seconds));
        self.redis.forget_newcomers()?;
        turn
    }

    /// What the load makes of the server and of Redis.
    fn observe(&self, server: &Running, put: impl Fn() -> Result<Load>) -> Result<Turn> {
        let meter = Meter { servers: from_ref(server), redis: from_ref(self.redis) };
        let before = meter.read()?;
        let load = put()?;
        Ok(Turn {
            cost: meter.cost(&before, load.requests, load.time)?,
            p50_us: load.p50.as_secs_f64() * 1e6,
            p99_us: load.p99.as_secs_f64() * 1e6,
        })
    }
}

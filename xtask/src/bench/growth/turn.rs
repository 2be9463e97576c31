//! One case while it is measured.

use anyhow::{Result, ensure};

use super::cases::Case;
use crate::bench::cost::{Cost, Meter};
use crate::bench::http::{Connection, Request};
use crate::bench::load::Sending;
use crate::bench::programs::{Program, Programs};
use crate::bench::steady_load::SteadyLoad;

/// A server remembers as many sessions, and it is measured once it does.
pub(super) const REMEMBERED: usize = 100_000;

/// One case in one round.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) cost: Cost,
    /// What Redis uses more than at rest, in bytes: for those who ask, and to know who keeps what they have read.
    pub(super) redis_more: f64,
    /// Which part of the answers were none: with too much at a time, Redis does not answer a server in time.
    pub(super) refused: f64,
}

pub(super) fn measure(case: &Case<'_>, programs: &Programs, seconds: u64) -> Result<Turn> {
    let Case { place, asking, connections, .. } = *case;
    let start = |_| programs.start(Program::Filter, case.series.near_cache(), place.shards.url());
    let started: Vec<_> = (0..case.servers).map(start).collect::<Result<_>>()?;
    let (servers, addresses): (Vec<_>, Vec<_>) = started.into_iter().unzip();
    let cookie = place.cookie()?;
    for address in &addresses {
        let check = Request { method: "GET", path: "/check", cookie: &cookie, body: "" };
        let answer = Connection::open(*address)?.ask(check)?;
        ensure!(answer.status == 200, "a check was answered {} `{}`", answer.status, answer.body);
    }
    let requests = place.requests(asking)?;
    let of_each = connections.div_ceil(case.servers as u32);
    let sendings = addresses.iter().map(|address| Sending {
        server: *address,
        method: "GET",
        requests: &requests,
        body: "",
        connections: of_each,
        pause: case.pause(),
    });
    let mut load = SteadyLoad::begin(sendings, programs.directory())?;
    // Until each session was seen twice, or as many as are remembered, by each server; and all are connected. What is
    // seen first is extended, which no near cache keeps.
    let enough = (2 * asking.min(REMEMBERED) * case.servers).max(2 * connections as usize) as u64;
    let mut sent = 0;
    for second in 0.. {
        if second >= seconds.div_ceil(2) && sent >= enough {
            break;
        }
        sent = load.next_second()?;
    }
    let meter = Meter { servers: &servers, redis: place.shards.nodes() };
    let before = meter.read()?;
    let mut sent_by_then = sent;
    for _ in 0..seconds {
        sent_by_then = load.next_second()?;
    }
    let cost = meter.cost(&before, sent_by_then - sent, before.age())?;
    let redis_more = place.shards.used_memory()? - place.memory;
    Ok(Turn { cost, redis_more, refused: load.end()? })
}

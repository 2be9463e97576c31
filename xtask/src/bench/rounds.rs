//! The measurement: in each round every case has its turn, and what is compared was measured in the same round.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use super::cases::Case;
use super::clients::{self, Clients, Who};
use super::http::Connection;
use super::load::{self, Load};
use super::programs::Programs;
use super::redis::{NEWCOMERS, Redis, SESSIONS};
use super::running::Running;

/// How long it takes.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    /// Of each measurement, behind half of that or more to warm up.
    pub(super) seconds: u64,
    pub(super) rounds: usize,
}

/// One case in one round.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) per_second: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    /// Processor time of the server for a request.
    pub(super) processor_us: f64,
    /// How much of its processor the server took: with less than all of it, something else was the limit.
    pub(super) busy: f64,
    /// Commands to Redis for a request.
    pub(super) commands: BTreeMap<String, f64>,
    /// Resident, in bytes.
    pub(super) memory: f64,
}

/// A case with its turns, in the order of the rounds.
pub(super) struct Measured<'a> {
    pub(super) case: &'a Case,
    pub(super) turns: Vec<Turn>,
}

pub(super) struct Rounds<'a> {
    programs: &'a Programs,
    redis: &'a Redis,
    clients: &'a Clients,
    effort: Effort,
}

impl<'a> Rounds<'a> {
    pub(super) fn measure(
        cases: &'a [Case],
        programs: &Programs,
        redis: &Redis,
        clients: &Clients,
        effort: Effort,
    ) -> Result<Vec<Measured<'a>>> {
        let rounds = Rounds { programs, redis, clients, effort };
        let mut measured: Vec<_> = cases.iter().map(|case| Measured { case, turns: Vec::new() }).collect();
        for round in 0..effort.rounds {
            let mut order: Vec<_> = measured.iter_mut().collect();
            // Nobody always comes behind the same neighbour.
            if round % 2 == 1 {
                order.reverse();
            }
            for Measured { case, turns } in order {
                let turn = rounds.turn(case)?;
                eprintln!(
                    "xtask: round {}: {:?}, {}: {:.0}/s, {:.1} µs each, {:.0} % busy",
                    round + 1,
                    case.group,
                    case.name,
                    turn.per_second,
                    turn.processor_us,
                    turn.busy * 100.0
                );
                turns.push(turn);
            }
        }
        Ok(measured)
    }

    fn turn(&self, case: &Case) -> Result<Turn> {
        let Some((program, mode)) = &case.server else {
            self.redis.fill()?;
            return self.observe(self.redis.process(), || self.redis.benchmark(self.effort.seconds));
        };
        let database = if case.who == Who::Newcomer { NEWCOMERS } else { SESSIONS };
        // New each time, since what one case leaves behind is nothing to the next.
        let (server, address) = self.programs.start(*program, mode, &self.redis.url(database))?;
        case.check(*program, &mut Connection::open(address)?, self.clients)?;
        let requests = self.clients.requests(*program, case.path, case.who, self.programs.directory())?;
        let put = |seconds| {
            let load = load::put(address, case.method, &requests, case.body, seconds)?;
            let refused = if case.status < 400 { 0 } else { load.requests };
            ensure!(load.refused == refused, "{}: {} of {} refused", case.name, load.refused, load.requests);
            Ok(load)
        };
        // Until each session has been seen, of which some remember how long it lives.
        let mut warmed_up = 0;
        while warmed_up < clients::COUNT as u64 {
            warmed_up += put(self.effort.seconds.div_ceil(2))?.requests;
        }
        let turn = self.observe(&server, || put(self.effort.seconds));
        self.redis.forget_newcomers()?;
        turn
    }

    /// What the load makes of the server and of Redis.
    fn observe(&self, server: &Running, put: impl Fn() -> Result<Load>) -> Result<Turn> {
        let (calls, time) = (self.redis.calls()?, server.processor_time()?);
        let load = put()?;
        let used = (server.processor_time()? - time).as_secs_f64();
        let requests = load.requests as f64;
        let of_each = |(name, count): (String, u64)| {
            let before = calls.get(&name).copied().unwrap_or_default();
            (name, (count - before) as f64 / requests)
        };
        Ok(Turn {
            per_second: requests / load.time.as_secs_f64(),
            p50_us: load.p50.as_secs_f64() * 1e6,
            p99_us: load.p99.as_secs_f64() * 1e6,
            processor_us: used * 1e6 / requests,
            busy: used / load.time.as_secs_f64(),
            commands: self.redis.calls()?.into_iter().map(of_each).collect(),
            memory: server.memory()?,
        })
    }
}

impl Measured<'_> {
    /// The median over the rounds.
    pub(super) fn median(&self, of: impl Fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().map(of).collect())
    }

    /// The median of the ratios within each round.
    pub(super) fn ratio(&self, to: &Self, of: impl Fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().zip(&to.turns).map(|(mine, other)| of(mine) / of(other)).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values[middle],
        _ if values.is_empty() => f64::NAN,
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn a_median_is_in_the_middle() {
        assert!(median(vec![3.0, 1.0, 2.0]) == 2.0);
        assert!(median(vec![4.0, 1.0, 2.0, 3.0]) == 2.5);
    }
}

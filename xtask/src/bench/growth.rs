//! Whether a check costs the same with more sessions, servers, shards and connections; and what a session takes of memory.

mod cases;
mod occupancy;
mod place;
mod report;
mod turn;

use anyhow::Result;

use self::occupancy::Occupancy;
use self::place::Place;
use super::descriptors;
use super::programs::{Crowd, Programs};
use super::rounds::Effort;
use super::shards::Shards;

/// As many as `cargo xtask bench server` has.
const FEW: usize = 10_000;

const SESSIONS: [usize; 3] = [FEW, 100_000, 1_000_000];
const SHARDS: [usize; 3] = [1, 2, 3];

pub(super) fn measure(programs: &Programs, effort: Effort) -> Result<()> {
    let descriptors = descriptors::raise()?;
    let alone = || Shards::alone(programs.directory());
    let each_one = |subjects| Crowd { subjects, of_each: 1 };
    let mut occupancies = vec![
        Occupancy::of_express_session(programs, FEW)?,
        Place::fill(alone()?, Crowd { subjects: FEW / 10, of_each: 10 }, programs)?.occupancy()?,
    ];
    let turn = |case: &cases::Case<'_>| turn::measure(case, programs, effort.seconds);
    // At once, since who is not seen for half an hour is signed out, and most of the many are not seen at all.
    let places: Vec<_> = SESSIONS
        .into_iter()
        .map(|count| Place::fill(alone()?, each_one(count), programs))
        .collect::<Result<_>>()?;
    let many = cases::of_sessions(&places);
    let mut measured = effort.measure(&many, turn, |turn| turn.cost.to_string())?;
    for place in &places {
        occupancies.push(place.occupancy()?);
    }
    let clusters: Vec<_> = SHARDS
        .into_iter()
        .map(|count| Place::fill(Shards::cluster(count, programs.directory())?, each_one(FEW), programs))
        .collect::<Result<_>>()?;
    let few = &places[0];
    let others: Vec<_> = cases::of_servers(few)
        .chain(cases::of_shards(&clusters))
        .chain(cases::of_connections(few, descriptors))
        .collect();
    measured.extend(effort.measure(&others, turn, |turn| turn.cost.to_string())?);
    report::write(&measured, &occupancies, descriptors, effort)
}

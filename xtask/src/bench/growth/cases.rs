//! What grows, each by itself.

use std::fmt;
use std::time::Duration;

use super::place::Place;
use super::{FEW, SHARDS};
use crate::bench::figures::thousands;
use crate::bench::load::CONNECTIONS as FEW_CONNECTIONS;

const SERVERS: [usize; 3] = [1, 2, 3];
const CONNECTIONS: [u32; 3] = [FEW_CONNECTIONS, 1_000, 10_000];

/// Over however many connections: half of what a server can answer, or less. With more it would be measured how long
/// they wait, and a request does so for 800 ms at most.
const PER_SECOND: u32 = 5_000;

/// Of whom each is seen again so soon, at that pace, that it is out of the near cache as rarely as in other tables.
const ASKING_SLOWLY: usize = 2_000;

/// What a server has open beside its connections, or wrk, and more than that.
const OTHER_DESCRIPTORS: u64 = 100;

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    Sessions,
    Servers,
    Shards,
    Connections,
}

/// Of whom the first is what the others are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Series {
    /// The near cache is on, and all ask in turn.
    Near,
    /// Likewise, and as many ask as with the fewest sessions.
    NearOfFew,
    /// It is off, and all ask in turn.
    Far,
}

pub(super) struct Case<'a> {
    pub(super) growth: Growth,
    pub(super) series: Series,
    /// How far it has grown.
    pub(super) size: usize,
    pub(super) place: &'a Place,
    /// How many ask.
    pub(super) asking: usize,
    pub(super) servers: usize,
    pub(super) connections: u32,
}

impl Case<'_> {
    /// Before a connection sends anything, on average.
    pub(super) fn pause(&self) -> Duration {
        match self.growth {
            Growth::Connections => Duration::from_secs(1) * self.connections / PER_SECOND,
            Growth::Sessions | Growth::Servers | Growth::Shards => Duration::ZERO,
        }
    }
}

impl Series {
    /// As the server is told.
    pub(super) fn near_cache(self) -> &'static str {
        match self {
            Self::Near | Self::NearOfFew => "near",
            Self::Far => "far",
        }
    }
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, what) = (thousands(self.size as f64), format!("{:?}", self.growth).to_lowercase());
        let what = if self.size == 1 { what.trim_end_matches('s') } else { &what };
        match self.series {
            Series::Near => write!(f, "{size} {what}, near cache"),
            Series::NearOfFew => write!(f, "{size} {what}, near cache, {} ask", thousands(FEW as f64)),
            Series::Far => write!(f, "{size} {what}, no near cache"),
        }
    }
}

pub(super) fn of_sessions(places: &[Place]) -> Vec<Case<'_>> {
    let case = |series, place| {
        let case = case(Growth::Sessions, series, place, Place::sessions(place));
        Case { asking: if series == Series::NearOfFew { FEW } else { case.size }, ..case }
    };
    let series = [Series::Near, Series::NearOfFew, Series::Far];
    series.into_iter().flat_map(|series| places.iter().map(move |place| case(series, place))).collect()
}

pub(super) fn of_servers(place: &Place) -> impl Iterator<Item = Case<'_>> {
    let case = |series, servers| Case { servers, ..case(Growth::Servers, series, place, servers) };
    near_and_far().flat_map(move |series| SERVERS.map(|servers| case(series, servers)))
}

pub(super) fn of_shards(clusters: &[Place]) -> impl Iterator<Item = Case<'_>> {
    near_and_far().flat_map(move |series| {
        let of_each = clusters.iter().zip(SHARDS);
        of_each.map(move |(cluster, shards)| case(Growth::Shards, series, cluster, shards))
    })
}

/// Those of which a program may have as many as it takes.
pub(super) fn of_connections(place: &Place, descriptors: u64) -> impl Iterator<Item = Case<'_>> {
    near_and_far().flat_map(move |series| {
        let possible = CONNECTIONS.into_iter().filter(move |count| are_possible(*count, descriptors));
        possible.map(move |connections| {
            let case = case(Growth::Connections, series, place, connections as usize);
            Case { connections, asking: ASKING_SLOWLY, ..case }
        })
    })
}

/// Those that are too many for the files that a program may have open.
pub(super) fn impossible_connections(descriptors: u64) -> impl Iterator<Item = u32> {
    CONNECTIONS.into_iter().filter(move |count| !are_possible(*count, descriptors))
}

fn are_possible(connections: u32, descriptors: u64) -> bool {
    u64::from(connections) + OTHER_DESCRIPTORS <= descriptors
}

fn near_and_far() -> impl Iterator<Item = Series> {
    [Series::Near, Series::Far].into_iter()
}

fn case(growth: Growth, series: Series, place: &Place, size: usize) -> Case<'_> {
    let asking = place.sessions();
    Case { growth, series, size, place, asking, servers: 1, connections: FEW_CONNECTIONS }
}

#[cfg(test)]
mod tests {
    use super::impossible_connections;

    #[test]
    fn no_more_connections_are_tried_than_may_be_open() {
        assert_eq!(impossible_connections(20_000).count(), 0);
        assert_eq!(impossible_connections(10_000).collect::<Vec<_>>(), [10_000]);
        assert_eq!(impossible_connections(1_024).collect::<Vec<_>>(), [1_000, 10_000]);
    }
}

//! What was measured, as `docs/GROWTH.md` tells it.

use std::fmt::Display;

use anyhow::Result;

use super::SESSIONS;
use super::cases::{self, Case, Growth, Series};
use super::occupancy::Occupancy;
use super::turn::{REMEMBERED, Turn};
use crate::bench::cost::Cost;
use crate::bench::figures::{commands, thousands};
use crate::bench::rounds::{self, Effort};
use crate::bench::template::Template;

const WORDS: &str = "bench/growth.md";
const REPORT: &str = "docs/GROWTH.md";

type Measured<'a, C> = rounds::Measured<'a, C, Turn>;

/// What a server may have resident with as many sessions, in MB.
const MEMORY_LIMITS: [(usize, f64); 2] = [(SESSIONS[0], 15.0), (SESSIONS[1], 70.0)];

pub(super) fn write(
    measured: &[Measured<'_, Case<'_>>],
    occupancies: &[Occupancy],
    descriptors: u64,
    effort: Effort,
) -> Result<()> {
    let mut words = Template::read(WORDS, effort)?;
    for (name, growth) in [
        ("sessions", Growth::Sessions),
        ("servers", Growth::Servers),
        ("shards", Growth::Shards),
        ("connections", Growth::Connections),
    ] {
        let series = [Series::Near, Series::NearOfFew, Series::Far].map(|series| {
            let of_it = |it: &&Measured<'_, Case<'_>>| it.case.growth == growth && it.case.series == series;
            measured.iter().filter(of_it).collect()
        });
        words.put(name, &costs(&series));
    }
    words.put("left-out", &left_out(descriptors));
    words.put("memory-of-servers", &memory_of_servers(measured));
    words.put("memory-of-redis", &memory_of_redis(occupancies));
    words.put("memory-with-near-cache", &memory_with_near_cache(measured));
    words.write(REPORT)
}

/// Of several series, each held against its first.
fn costs<C: Display>(series: &[Vec<&Measured<'_, C>>]) -> String {
    let mut table = String::from(
        "| | requests/s | refused | busy | processor time | commands to Redis | processor time of Redis | memory |\n\
         |---|--:|--:|--:|--:|---|--:|--:|\n",
    );
    for rows in series {
        for row in rows {
            let of_first =
                |of: fn(&Cost) -> f64| format!("({:.2})", row.ratio(rows[0], |turn| of(&turn.cost)));
            let median = |of: fn(&Cost) -> f64| row.median(|turn| of(&turn.cost));
            table += &format!(
                "| {} | {} | {} | {:.0} % | {:.1} µs {} | {} {} | {:.1} µs {} | {:.0} MB |\n",
                row.case,
                thousands(median(|cost| cost.per_second)),
                refused(row.median(|turn| turn.refused)),
                median(|cost| cost.busy * 100.0),
                median(|cost| cost.processor_us),
                of_first(|cost| cost.processor_us),
                commands(row, |turn| &turn.cost),
                of_first(all_commands),
                median(|cost| cost.redis_us),
                of_first(|cost| cost.redis_us),
                median(|cost| cost.memory / 1e6),
            );
        }
    }
    table
}

/// Few are not rounded to none.
fn refused(part: f64) -> String {
    if part == 0.0 { "0".into() } else { format!("{:.3} %", part * 100.0) }
}

fn all_commands(cost: &Cost) -> f64 {
    cost.commands.values().sum()
}

fn left_out(descriptors: u64) -> String {
    let impossible: Vec<_> =
        cases::impossible_connections(descriptors).map(|count| thousands(f64::from(count))).collect();
    match impossible.is_empty() {
        true => String::new(),
        false => format!(
            "\nNot measured: {} connections, since a program may have only {} files open here.\n",
            impossible.join(" and "),
            thousands(descriptors as f64)
        ),
    }
}

fn memory_of_servers(measured: &[Measured<'_, Case<'_>>]) -> String {
    let mut table = String::from("| sessions | at most | near cache | no near cache |\n|--:|--:|--:|--:|\n");
    for (sessions, limit) in MEMORY_LIMITS {
        let memory = |series: Series| {
            let is_it = |case: &Case<'_>| {
                case.growth == Growth::Sessions && case.series == series && case.size == sessions
            };
            let of_it = measured.iter().find(|it| is_it(it.case));
            of_it.map_or(f64::NAN, |it| it.median(|turn| turn.cost.memory / 1e6))
        };
        let [near, far] = [Series::Near, Series::Far].map(memory);
        let sessions = thousands(sessions as f64);
        table += &format!("| {sessions} | {limit:.0} MB | {near:.1} MB | {far:.1} MB |\n");
    }
    table
}

fn memory_of_redis(occupancies: &[Occupancy]) -> String {
    let mut table = String::from(
        "| | sessions | subjects | bytes a session | its key | its part of the index | the rest |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for Occupancy { who, sessions, subjects, all, document, index } in occupancies {
        let [sessions, subjects] = [sessions, subjects].map(|count| thousands(*count as f64));
        let rest = all - document - index;
        table += &format!(
            "| {who} | {sessions} | {subjects} | {all:.0} | {document:.0} | {index:.0} | {rest:.0} |\n"
        );
    }
    table
}

/// What a session takes more while a server is to be told of its changes. By the first turn, since Redis forgets only
/// by and by whom it would have told: and of no more sessions than one server remembers.
fn memory_with_near_cache(measured: &[Measured<'_, Case<'_>>]) -> String {
    let mut table = String::from("| sessions | bytes more a session |\n|--:|--:|\n");
    let is_it = |case: &Case<'_>| {
        case.growth == Growth::Sessions && case.series == Series::Near && case.size <= REMEMBERED
    };
    for row in measured.iter().filter(|it| is_it(it.case)) {
        let more = row.turns.first().map_or(f64::NAN, |turn| turn.redis_more);
        table += &format!("| {} | {:.0} |\n", thousands(row.case.size as f64), more / row.case.size as f64);
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn turn(processor_us: f64, gets: f64) -> Turn {
        let commands = BTreeMap::from([("GET".to_owned(), gets)]);
        let cost =
            Cost { per_second: 20_000.0, processor_us, redis_us: 4.0, busy: 0.9, commands, memory: 2e7 };
        Turn { cost, redis_more: 0.0, refused: 0.0 }
    }

    #[test]
    fn each_row_is_held_against_the_first_of_its_series_within_a_round() {
        let (first, second, other) = ("1 server", "2 servers", "1 server, no near cache");
        let first = Measured { case: &first, turns: vec![turn(20.0, 0.2), turn(40.0, 0.2)] };
        let second = Measured { case: &second, turns: vec![turn(30.0, 0.4), turn(60.0, 0.4)] };
        let other = Measured { case: &other, turns: vec![turn(50.0, 1.0)] };
        let table = costs(&[vec![&first, &second], vec![&other], vec![]]);
        let rows: Vec<_> = table.lines().skip(2).collect();
        let [a, b, c] = rows[..] else { panic!("{table}") };
        assert_eq!(
            a,
            "| 1 server | 20,000 | 0 | 90 % | 30.0 µs (1.00) | GET 0.20 (1.00) | 4.0 µs (1.00) | 20 MB |"
        );
        assert_eq!(
            b,
            "| 2 servers | 20,000 | 0 | 90 % | 45.0 µs (1.50) | GET 0.40 (2.00) | 4.0 µs (1.00) | 20 MB |"
        );
        assert!(c.contains("| 50.0 µs (1.00) | GET 1.00 (1.00) |"), "{c}");
    }

    #[test]
    fn what_is_in_no_key_is_the_rest() {
        let ours = Occupancy {
            who: "ours",
            sessions: 10_000,
            subjects: 1_000,
            all: 700.4,
            document: 500.0,
            index: 120.0,
        };
        let table = memory_of_redis(&[ours]);
        assert!(table.ends_with("| ours | 10,000 | 1,000 | 700 | 500 | 120 | 80 |\n"), "{table}");
    }

    #[test]
    fn what_could_not_be_measured_is_told() {
        assert_eq!(left_out(20_000), "");
        assert!(left_out(4_096).contains("10,000 connections, since a program may have only 4,096 files"));
    }
}

//! What was measured, as `docs/BENCHMARKS.md` tells it.

use std::fs;

use anyhow::Result;

use super::cases::{Group, Side};
use super::figures::{commands, thousands};
use super::rounds::Effort;
use super::svg;
use super::template::Template;
use super::turn::{Measured, Turn};
use crate::root::root;

const WORDS: &str = "bench/report.md";
const REPORT: &str = "docs/BENCHMARKS.md";
const PICTURE: &str = "docs/benchmarks.svg";

pub(super) fn write(measured: &[Measured<'_>], effort: Effort) -> Result<()> {
    let of = |group: Group| measured.iter().filter(move |it| it.case.group == group);
    let all = |group: Group| of(group).collect::<Vec<_>>();
    let checks = all(Group::Check);
    // Peers have nothing like it: what they are held against is their check.
    let views_beside: Vec<_> =
        of(Group::View).chain(of(Group::Check).filter(|it| it.case.side() == Side::Peer)).collect();
    let mut words = Template::read(WORDS, effort)?;
    for (name, group) in [
        ("checks", Group::Check),
        ("views", Group::View),
        ("sign-ins", Group::SignIn),
        ("forgeries", Group::Forgery),
        ("changes", Group::Change),
        ("feed", Group::Feed),
        ("redis", Group::Redis),
    ] {
        let rows = all(group);
        words.put(name, &figures(&rows));
        let beside = if group == Group::View { &views_beside } else { &rows };
        words.put(&format!("{name}-ratios"), &ratios(beside));
    }
    words.write(REPORT)?;
    let picture = picture(checks.into_iter().chain(of(Group::View)));
    fs::write(root().join(PICTURE), picture)?;
    eprintln!("xtask: wrote {PICTURE}");
    Ok(())
}

fn figures(rows: &[&Measured<'_>]) -> String {
    let mut table = String::from(
        "| | requests/s | 50 % within | 99 % within | processor time | busy | commands to Redis | memory |\n\
         |---|--:|--:|--:|--:|--:|---|--:|\n",
    );
    for row in rows {
        table += &format!(
            "| {} | {} | {:.2} ms | {:.2} ms | {:.1} µs | {:.0} % | {} | {:.0} MB |\n",
            row.case.name,
            thousands(row.median(|turn| turn.cost.per_second)),
            row.median(|turn| turn.p50_us / 1e3),
            row.median(|turn| turn.p99_us / 1e3),
            row.median(|turn| turn.cost.processor_us),
            row.median(|turn| turn.cost.busy * 100.0),
            commands(row, |turn| &turn.cost),
            row.median(|turn| turn.cost.memory / 1e6),
        );
    }
    table
}

/// Of ours, each in a column, to the others.
fn ratios(rows: &[&Measured<'_>]) -> String {
    let (ours, others): (Vec<&Measured<'_>>, Vec<&Measured<'_>>) =
        rows.iter().partition(|it| it.case.side() == Side::Ours);
    let heads: String = ours.iter().map(|it| format!(" {} |", it.case.name)).collect();
    let lines = "--:|".repeat(ours.len());
    let mut table = format!("| |{heads}\n|---|{lines}\n");
    for other in others {
        let ratio = |it: &Measured<'_>| {
            let [requests, time] = [|turn: &Turn| turn.cost.per_second, |turn: &Turn| turn.cost.processor_us];
            format!(" {:.2} ({:.2}) |", it.ratio(other, requests), it.ratio(other, time))
        };
        let cells: String = ours.iter().map(|it| ratio(it)).collect();
        table += &format!("| {} |{cells}\n", other.case.name);
    }
    table
}

fn picture<'a>(rows: impl Iterator<Item = &'a Measured<'a>>) -> String {
    let is_shown = |it: &&Measured<'_>| it.case.group == Group::Check || it.case.side() == Side::Ours;
    let mut bars: Vec<_> = rows
        .filter(is_shown)
        .map(|it| (it.case.name, it.case.side(), it.median(|turn| turn.cost.per_second)))
        .collect();
    bars.sort_by(|(_, _, one), (_, _, other)| other.total_cmp(one));
    svg::bars("Session checks per second, by one processor", &bars)
}

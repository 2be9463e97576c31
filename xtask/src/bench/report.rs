//! What was measured, as `docs/BENCHMARKS.md` tells it.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::cases::{Group, Side};
use super::programs::{NODE, RUST};
use super::rounds::{Effort, Measured, Turn};
use super::{machine, svg};
use crate::process::{command, output};
use crate::root::root;

/// What is said in words, with `{{NAME}}` where something is measured.
const WORDS: &str = "bench/report.md";
const REPORT: &str = "docs/BENCHMARKS.md";
const PICTURE: &str = "docs/benchmarks.svg";

/// Whose versions are told: what each peer is made of.
const CRATES: [&str; 7] =
    ["warp", "axum", "tower-sessions", "tower-sessions-redis-store", "actix-web", "actix-session", "hyper"];

/// Of which less does not show.
const HARDLY_EVER: f64 = 0.005;

pub(super) fn write(measured: &[Measured<'_>], effort: Effort) -> Result<()> {
    let of = |group: Group| measured.iter().filter(move |it| it.case.group == group);
    let all = |group: Group| of(group).collect::<Vec<_>>();
    let checks = all(Group::Check);
    // Peers have nothing like it: what they are held against is their check.
    let views_beside: Vec<_> =
        of(Group::View).chain(of(Group::Check).filter(|it| it.case.side() == Side::Peer)).collect();
    let mut text = fs::read_to_string(root().join(WORDS))?;
    let mut put = |name: &str, value: &str| text = text.replace(&format!("{{{{{name}}}}}"), value);
    put("machine", &machine_in_words()?);
    put("versions", &versions()?);
    put("seconds", &effort.seconds.to_string());
    put("rounds", &effort.rounds.to_string());
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
        put(name, &figures(&rows));
        let beside = if group == Group::View { &views_beside } else { &rows };
        put(&format!("{name}-ratios"), &ratios(beside));
    }
    ensure!(!text.contains("{{"), "{WORDS} wants more than is measured");
    fs::write(root().join(REPORT), text)?;
    let picture = picture(checks.into_iter().chain(of(Group::View)));
    fs::write(root().join(PICTURE), picture)?;
    eprintln!("xtask: wrote {REPORT}, {PICTURE}");
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
            thousands(row.median(|turn| turn.per_second)),
            row.median(|turn| turn.p50_us / 1e3),
            row.median(|turn| turn.p99_us / 1e3),
            row.median(|turn| turn.processor_us),
            row.median(|turn| turn.busy * 100.0),
            commands(row),
            row.median(|turn| turn.memory / 1e6),
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
            let [requests, time] = [|turn: &Turn| turn.per_second, |turn: &Turn| turn.processor_us];
            format!(" {:.2} ({:.2}) |", it.ratio(other, requests), it.ratio(other, time))
        };
        let cells: String = ours.iter().map(|it| ratio(it)).collect();
        table += &format!("| {} |{cells}\n", other.case.name);
    }
    table
}

/// All in all, then by name.
fn commands(row: &Measured<'_>) -> String {
    let mut names: Vec<&String> = row.turns.iter().flat_map(|turn| turn.commands.keys()).collect();
    names.sort();
    names.dedup();
    let often = |name: &String| row.median(|turn| turn.commands.get(name).copied().unwrap_or_default());
    let each: Vec<(&String, f64)> = names
        .into_iter()
        .map(|name| (name, often(name)))
        .filter(|(_, often)| *often >= HARDLY_EVER)
        .collect();
    let sum: f64 = each.iter().map(|(_, often)| often).sum();
    let named: Vec<_> = each.iter().map(|(name, often)| format!("{name} {often:.2}")).collect();
    match named.len() {
        0 => "0".into(),
        1 => named[0].clone(),
        _ => format!("{sum:.2}: {}", named.join(", ")),
    }
}

fn picture<'a>(rows: impl Iterator<Item = &'a Measured<'a>>) -> String {
    let is_shown = |it: &&Measured<'_>| it.case.group == Group::Check || it.case.side() == Side::Ours;
    let mut bars: Vec<_> = rows
        .filter(is_shown)
        .map(|it| (it.case.name, it.case.side(), it.median(|turn| turn.per_second)))
        .collect();
    bars.sort_by(|(_, _, one), (_, _, other)| other.total_cmp(one));
    svg::bars("Session checks per second, by one processor", &bars)
}

fn machine_in_words() -> Result<String> {
    let value = |file: &str, name: &str| {
        let text = fs::read_to_string(file)?;
        let line = text.lines().find(|line| line.starts_with(name)).map(str::to_owned);
        Ok::<_, anyhow::Error>(line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned())))
    };
    let processor =
        value("/proc/cpuinfo", "model name")?.unwrap_or_else(|| "a processor without a name".into());
    let memory = value("/proc/meminfo", "MemTotal")?.context("no MemTotal")?;
    let memory = memory.trim_end_matches(" kB").parse::<f64>()? / f64::from(1 << 20);
    let (count, system) = (std::thread::available_parallelism()?, output(&mut command("uname", ["-sr"]))?);
    let date = output(&mut command("date", ["-u", "+%F"]))?;
    let commit = output(&mut command("git", ["rev-parse", "--short", "HEAD"]))?;
    let places = match machine::are_two() {
        true => "The server had one to itself; Redis and the load shared the other.",
        false => "The server shared it with Redis and the load, so only processor times mean anything.",
    };
    Ok(format!(
        "{date}, commit {commit}, on {count} cores ({processor}), {memory:.0} GiB of memory, {system}. {places}"
    ))
}

fn versions() -> Result<String> {
    let lock = fs::read_to_string(root().join(RUST).join("Cargo.lock"))?;
    let of_crate = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(format!("{name} {}", rest.split('"').next()?))
    };
    let package = fs::read_to_string(root().join(NODE).join("package.json"))?;
    let package: Value = serde_json::from_str(&package)?;
    let packages = package["dependencies"].as_object().context("no dependencies")?;
    let packages =
        packages.iter().map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or("?")));
    let programs = [
        said(&mut command("rustc", ["--version"]))?,
        format!("Node.js {}", said(&mut command("node", ["--version"]))?),
        said(&mut command("redis-server", ["--version"]))?,
        said(&mut command("wrk", ["-v"]))?,
    ];
    let all: Vec<_> =
        programs.into_iter().chain(CRATES.iter().filter_map(|it| of_crate(it))).chain(packages).collect();
    Ok(all.join("; "))
}

/// The beginning of the first line, whether or not the program thinks that it has done what it was asked.
fn said(command: &mut Command) -> Result<String> {
    let said = String::from_utf8(command.output()?.stdout)?;
    let line = said.lines().next().unwrap_or_default();
    Ok(line.split([' ', '[', '(']).take(3).collect::<Vec<_>>().join(" ").trim().to_owned())
}

/// `12345.6` → `12,346`.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn thousands_are_apart() {
        assert_eq!(thousands(123.4), "123");
        assert_eq!(thousands(12_345.6), "12,346");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
    }
}

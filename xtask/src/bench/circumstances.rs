//! Where and with what it was measured.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::machine;
use super::programs::{NODE, RUST};
use crate::process::{command, output};
use crate::root::root;

/// Whose versions are told: what each peer is made of.
const CRATES: [&str; 7] =
    ["warp", "axum", "tower-sessions", "tower-sessions-redis-store", "actix-web", "actix-session", "hyper"];

pub(super) fn machine_in_words() -> Result<String> {
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

pub(super) fn versions() -> Result<String> {
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

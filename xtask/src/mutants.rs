//! Mutation tests: of the code that holds rules, each small change is to fail a test.
//!
//! It takes hours, since each change is a build, and so is no part of `cargo xtask test`.

mod explained;
mod outcomes;
mod suites;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use anyhow::{Context, Result, bail, ensure};

use self::explained::Explained;
use self::outcomes::Outcomes;
use self::suites::{SUITES, Suite};
use crate::process::{command, run};
use crate::root::root;
use crate::target_dir::target_dir;

const VERSION: &str = "27.1.0";

const FILE: &str = "testing/mutants.txt";

/// In per cent of the changes that compile.
const LIMIT: f64 = 3.0;

/// Fails if a change survives that is not explained, or too many do.
pub(crate) fn hold(package: Option<&str>) -> Result<()> {
    let suites: Vec<_> =
        SUITES.iter().filter(|suite| package.is_none_or(|name| name == suite.package)).collect();
    ensure!(!suites.is_empty(), "there are mutants of {}", SUITES.map(|suite| suite.package).join(" and "));
    let explained = fs::read_to_string(root().join(FILE)).with_context(|| format!("cannot read {FILE}"))?;
    let explained = Explained::parse(&explained).with_context(|| format!("cannot read {FILE}"))?;
    let tool = tool()?;
    let mut faults = Vec::new();
    for suite in suites {
        let outcomes = try_all(&tool, suite)?;
        println!("{}: {outcomes}", suite.package);
        let comparison = explained.compare(suite.package, &outcomes.survivors());
        for name in &comparison.gone {
            println!("no longer survives, and is still explained in {FILE}: {name}");
        }
        for name in &comparison.unexplained {
            println!("survives: {name}");
            faults.push(format!("a survivor is not explained in {FILE}"));
        }
        if outcomes.surviving() >= LIMIT {
            faults.push(format!("{LIMIT} % or more survive in {}", suite.package));
        }
    }
    faults.dedup();
    if faults.is_empty() { Ok(()) } else { bail!("{}", faults.join("; ")) }
}

/// The pinned cargo-mutants, built on first use.
pub(crate) fn tool() -> Result<PathBuf> {
    let place = target_dir()?.join(format!("cargo-mutants-{VERSION}"));
    let program = place.join("bin/cargo-mutants");
    if !program.exists() {
        let install = ["install", "--quiet", "--locked", "cargo-mutants", "--version", VERSION, "--root"];
        run(command("cargo", install).arg(&place))?;
    }
    Ok(program)
}

/// Every change against the quick tests, and what these let pass against the others.
fn try_all(tool: &Path, suite: &Suite) -> Result<Outcomes> {
    let output = target_dir()?.join("mutants").join(suite.package);
    fs::create_dir_all(&output)?;
    let mut outcomes = None;
    for tests in suite.rounds {
        let mut mutants = command(&tool.to_string_lossy(), ["mutants", "--no-shuffle", "--package"]);
        mutants.arg(suite.package).arg("--output").arg(&output).args(["--features", suite.features]);
        mutants.args(suite.files.iter().flat_map(|file| ["--file", file]));
        mutants.args(tests.iter().map(|test| format!("--cargo-arg={test}")));
        if outcomes.is_some() {
            mutants.arg("--iterate");
        }
        // Each job has a copy of the tree, with a target directory of its own inside.
        mutants.args(["--jobs", &available_parallelism()?.to_string()]).env_remove("CARGO_TARGET_DIR");
        // What only one case in many shows is luck.
        mutants.env("PROPTEST_CASES", "64").env("NEAR_CACHE_IDS", "3000");
        let status = mutants.status().context("cannot start cargo-mutants")?;
        // Some survived, or took too long: that is what is judged here.
        ensure!(matches!(status.code(), Some(0 | 2 | 3)), "cargo-mutants failed ({status})");
        let round = Outcomes::read(&output.join("mutants.out"))?;
        outcomes = Some(match outcomes {
            Some(before) => round.after(before),
            None => round,
        });
    }
    outcomes.context("a suite has no tests")
}

//! What holds of all that a release is made of: its licences, where it is from, and that nothing bad is known of it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::tools::DENY;
use crate::process::{command, run};
use crate::root::root;

/// In which a release says what was held.
const FILE: &str = "AUDIT.txt";

const CRATES: &str = "crates, licences, bans, sources and advisories, by cargo-deny";
const PACKAGES: &str = "npm packages that only build it, advisories, by npm audit";
const CLEAN: &str = "clean";
const NOT_ASKED: &str = "NOT ASKED";

/// With lock files: what builds the package, and what builds the page. Neither ships anything of theirs but `session-wasm`.
const FOLDERS: [&str; 2] = ["session-wasm/build", "web"];

/// Whether npm's registry is asked, which not all of its mirrors can be.
#[derive(Clone, Copy)]
pub(super) enum Npm {
    Asked,
    NotAsked,
}

/// Returns what a release says of it.
pub(super) fn hold(npm: Npm) -> Result<String> {
    // By `deny.toml`. What cannot be asked of the advisories fails as what they say does.
    run(&mut DENY.command(&["--locked", "check", "licenses", "bans", "sources", "advisories"])?)
        .context("the crates do not pass, or the database of advisories could not be fetched")?;
    let packages = match npm {
        Npm::Asked => {
            FOLDERS.into_iter().try_for_each(ask_npm)?;
            CLEAN
        }
        Npm::NotAsked => NOT_ASKED,
    };
    Ok(told(CLEAN, packages))
}

fn ask_npm(folder: &str) -> Result<()> {
    run(command("npm", ["audit", "--audit-level=low"]).current_dir(root().join(folder))).with_context(|| {
        format!(
            "{folder} does not pass, or the registry would not audit it: where it cannot, --without-npm-audit makes a \
             release that says so"
        )
    })
}

/// What is made for trying says of it.
pub(super) fn not_held() -> String {
    told(NOT_ASKED, NOT_ASKED)
}

fn told(crates: &str, packages: &str) -> String {
    format!("{CRATES}: {crates}\n{PACKAGES}: {packages}\n")
}

pub(super) fn put(dist: &Path, audit: &str) -> Result<()> {
    Ok(fs::write(dist.join(FILE), audit)?)
}

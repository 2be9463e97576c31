//! `SHA256SUMS`, over every other file.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::process::{command, output, run};

const FILE: &str = "SHA256SUMS";

pub(super) fn put(dist: &Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dist)? {
        names.push(entry?.file_name());
    }
    names.sort();
    let sums = output(command("sha256sum", ["--"]).args(names).current_dir(dist))?;
    fs::write(dist.join(FILE), sums + "\n")?;
    run(command("sha256sum", ["--check", "--strict", "--quiet", FILE]).current_dir(dist))
}

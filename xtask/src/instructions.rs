//! How many instructions the hottest operations take, held against the counts that are kept in the repository.
//!
//! Times move by more than a tenth where anybody else is at work on the machine, and so cannot fail a test; what a
//! simulated processor executes is the same to a thousandth.

mod callgrind;
mod comparison;
mod counts;
mod platform;
mod table;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use self::comparison::{Comparison, LIMIT};
use self::counts::Counts;
use crate::process::{command, output, run};
use crate::root::root;
use crate::setup::{self, VALGRIND};
use crate::target_dir::target_dir;

/// The package and its one program.
const PROGRAM: &str = "session-instructions";

const FILE: &str = "bench/instructions/counts.txt";

/// Fails if an operation takes more than is kept, or is not kept at all.
pub(crate) fn hold() -> Result<()> {
    let kept = fs::read_to_string(root().join(FILE)).with_context(|| format!("cannot read {FILE}"))?;
    let kept = Counts::parse(&kept).with_context(|| format!("cannot read {FILE}"))?;
    let comparison = Comparison::new(&kept, &count()?);
    print!("{comparison}");
    if comparison.fails() {
        bail!(
            "operations take over {LIMIT} % more instructions than {FILE} keeps, or differ from those that it names: \
             undo that, or have `cargo xtask instructions` write the new counts, and give the reason in the commit"
        );
    }
    Ok(())
}

/// Writes the counts anew.
pub(crate) fn write() -> Result<()> {
    Ok(fs::write(root().join(FILE), count()?.to_string())?)
}

fn count() -> Result<Counts> {
    setup::tools(&[VALGRIND])?;
    let folder = build()?;
    let names = output(&mut command(&folder.join(PROGRAM).to_string_lossy(), [""; 0]))?;
    let mut operations = Vec::new();
    for name in names.lines() {
        operations.push((name.to_owned(), callgrind::count(&folder, PROGRAM, name)?));
    }
    Ok(Counts { platform: platform::name()?, operations })
}

/// Returns the folder of the program.
fn build() -> Result<PathBuf> {
    run(&mut command("cargo", ["build", "--package", PROGRAM, "--profile", "instructions"]))?;
    Ok(target_dir()?.join("instructions"))
}

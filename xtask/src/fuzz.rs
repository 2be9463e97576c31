//! The fuzz targets of `fuzz/`, on the stable tool chain.

use std::fs;

use anyhow::{Context, Result};

use crate::process::{command, output, run};
use crate::root::root;
use crate::setup::{self, CXX};

/// Each reads what strangers send.
const TARGETS: [&str; 5] = ["cookie", "header", "device", "start", "statement"];

/// What `cargo fuzz` would set, without the sanitisers, which need a nightly compiler; the core has
/// no unsafe code for them to watch.
const RUSTFLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Coverflow-checks=on -Cdebug-assertions=on";

/// Runs each target for so many seconds. A finding fails, and its input stays in `fuzz/artifacts/`.
pub(crate) fn each_for(seconds: &str) -> Result<()> {
    let seconds: u32 = seconds.parse().context("the time is not a number of seconds")?;
    setup::tools(&[CXX])?;
    let folder = root().join("fuzz");
    // Named, so that build scripts and macros are built without these flags.
    let host = output(&mut command("rustc", ["--print", "host-tuple"]))?;
    let build = ["build", "--quiet", "--release", "--target-dir", "target", "--target", &host];
    run(command("cargo", build).current_dir(&folder).env("RUSTFLAGS", RUSTFLAGS))?;
    fs::create_dir_all(folder.join("artifacts"))?;
    for target in TARGETS {
        let corpus = format!("corpus/{target}");
        fs::create_dir_all(folder.join(&corpus))?;
        let binary = folder.join(format!("target/{host}/release/{target}"));
        let time = format!("-max_total_time={seconds}");
        let fixed = ["-max_len=4200", "-timeout=5", "-print_final_stats=1", "-artifact_prefix=artifacts/"];
        run(command(&binary.to_string_lossy(), fixed).current_dir(&folder).args([
            &time,
            &corpus,
            &format!("seeds/{target}"),
        ]))?;
    }
    Ok(())
}

//! Counting what one operation takes.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::process::{command, output};

/// The function of the program within which is counted: neither the start of a process nor the making of what an
/// operation works on.
const COUNTED: &str = "--toggle-collect=session_instructions::repeated";

/// Each operation so often, so that what comes only now and then is in it by its share.
const TIMES: u64 = 200;

/// What an execution of `operation` by `program`, of the folder `folder`, takes on average.
pub(crate) fn count(folder: &Path, program: &str, operation: &str) -> Result<u64> {
    let flags = ["--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-fd=1", COUNTED];
    let mut valgrind = command("valgrind", flags);
    // Its path is on the heap, and a longer one moved a count by 1 %.
    valgrind.current_dir(folder).arg(Path::new(".").join(program));
    let said = output(valgrind.args([operation, &TIMES.to_string()]))?;
    let total = total(&said).with_context(|| format!("valgrind says no count of `{operation}`: {said}"))?;
    // As if an operation took nothing, which a later one would be held against.
    ensure!(total > 0, "valgrind has not met the function that it is to count within ({COUNTED})");
    Ok(total / TIMES)
}

fn total(said: &str) -> Option<u64> {
    said.lines().find_map(|line| line.split_once("Collected : "))?.1.trim().parse().ok()
}

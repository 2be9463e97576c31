//! Which processor does what.

use std::ffi::OsStr;
use std::num::NonZero;
use std::process::Command;
use std::thread;

use crate::process::command;

/// Whose a processor is. Whoever measures a server must not take its time.
#[derive(Clone, Copy)]
pub(super) enum Processor {
    /// The server's alone.
    Server,
    /// That of the load, which is light, and of Redis.
    Rest,
}

/// `program` with `args`, which stays on that processor, where there are two.
pub(super) fn on<S: AsRef<OsStr>>(
    processor: Processor,
    program: impl AsRef<OsStr>,
    args: impl IntoIterator<Item = S>,
) -> Command {
    let number = match processor {
        Processor::Server => "0",
        Processor::Rest => "1",
    };
    // By `env`, which does nothing else, where there is nothing to choose.
    let mut command = if are_two() { command("taskset", ["-c", number]) } else { command("env", [""; 0]) };
    command.arg(program).args(args);
    command
}

pub(super) fn are_two() -> bool {
    thread::available_parallelism().map_or(1, NonZero::get) > 1
}

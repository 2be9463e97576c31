//! How many instructions the hottest operations take. callgrind counts them, so it is nearly the same however busy a
//! machine is. They are held against those in `counts.txt`; what has moved is told, and nothing fails by it.
//!
//! `cargo bench --package session-http --features tower --bench instructions [-- write]`

#![allow(clippy::unwrap_used, reason = "a benchmark that panics has said what it had to say")]

mod counts;
#[path = "../../../session-engine/examples/map_store.rs"]
mod map_store;
mod operations;

use std::process::Command;

/// Each operation so often, so that what comes only now and then is in it by its share.
const TIMES: u64 = 200;

fn main() {
    // What cargo adds is no name of ours.
    let named: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    match named[..] {
        [] => counts::compare(&count_all()),
        ["write"] => counts::write(&count_all()),
        ["only", name] => {
            let (_, mut operation) = operations::all().into_iter().find(|(other, _)| *other == name).unwrap();
            // What is learnt, written or allocated once.
            operation();
            operation();
            repeated(&mut *operation);
        }
        _ => panic!("expected nothing or `write`, found {named:?}"),
    }
}

/// callgrind looks only within this.
#[inline(never)]
fn repeated(operation: &mut dyn FnMut()) {
    (0..TIMES).for_each(|_| operation());
}

fn count_all() -> Vec<(&'static str, u64)> {
    operations::all().into_iter().map(|(name, _)| (name, count(name))).collect()
}

fn count(name: &str) -> u64 {
    let told = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--toggle-collect=instructions::repeated",
        ])
        .arg(std::env::current_exe().unwrap())
        .args(["only", name])
        .output()
        .expect("`valgrind` is needed (Debian: apt-get install valgrind)");
    assert!(told.status.success(), "{name}: {}", String::from_utf8_lossy(&told.stderr));
    let told = String::from_utf8_lossy(&told.stderr);
    let collected = told.lines().find_map(|line| line.split_once("Collected : ")).expect(&told).1;
    collected.trim().parse::<u64>().unwrap() / TIMES
}

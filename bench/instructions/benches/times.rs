//! How long the operations take whose instructions are counted. `cargo xtask bench operations`

#![allow(clippy::unwrap_used, reason = "a benchmark that panics has said what it had to say")]

#[path = "../../../session-engine/examples/map_store.rs"]
mod map_store;
#[path = "../src/operations.rs"]
mod operations;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for (name, mut operation) in operations::all() {
        criterion.bench_function(name, |bencher| bencher.iter(&mut operation));
    }
    criterion.final_summary();
}

//! Does one of the hottest operations so many times, for callgrind to count the instructions; without a name it says
//! which there are. `cargo xtask test instructions`

#![allow(clippy::unwrap_used, reason = "a benchmark that panics has said what it had to say")]

#[path = "../../../session-engine/examples/map_store.rs"]
mod map_store;
mod operations;

fn main() {
    let mut operations = operations::all();
    let mut args = std::env::args().skip(1);
    let Some(name) = args.next() else {
        operations.iter().for_each(|(name, _)| println!("{name}"));
        return;
    };
    let times = args.next().unwrap().parse().unwrap();
    let (_, operation) = operations.iter_mut().find(|(other, _)| *other == name).unwrap();
    // What is learnt, written or allocated once.
    operation();
    operation();
    repeated(times, &mut **operation);
}

/// callgrind looks only within this.
#[inline(never)]
fn repeated(times: u64, operation: &mut dyn FnMut()) {
    (0..times).for_each(|_| operation());
}

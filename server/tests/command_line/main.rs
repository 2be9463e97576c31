//! The program from outside: the real binary in an empty directory. One file for each command.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod endpoints;
mod events;
mod explain;
mod faults;
mod keys;
mod machine;
mod managed;
mod operation;
#[cfg(feature = "page")]
mod page;
mod partitions;
mod restarts;
mod rolling;
mod serving;
mod sessions;
mod settings;
mod telemetry;
mod users;

//! What the tests of several crates stand on: real servers of their own, and what can befall them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has said what it had to say")]

mod certificates;
mod haproxy;
mod held_disk;
mod hosts;
mod no_entropy;
mod ports;
mod redis_cluster;
mod redis_line;
mod redis_server;
mod sentinel;

pub use certificates::{Authority, Issued};
pub use haproxy::HaProxy;
pub use held_disk::HeldDisk;
pub use hosts::{Host, Hosts};
pub use no_entropy::without_entropy;
pub use ports::free_port;
pub use redis_cluster::RedisCluster;
pub use redis_line::{Damage, RedisLine};
pub use redis_server::{RedisServer, calls};
pub use sentinel::Sentinel;

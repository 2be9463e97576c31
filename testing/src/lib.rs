//! What the tests of several crates stand on: real servers of their own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has said what it had to say")]

mod redis_server;

pub use redis_server::RedisServer;

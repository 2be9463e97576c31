//! What `deploy/` holds, against the server itself: whatever one of its files tells the server is a setting of the
//! server, and what it takes for granted is what the server does by default.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aws;
mod compose;
mod container;
mod image;
mod kubernetes;
mod log;
#[path = "../command_line/machine.rs"]
#[allow(dead_code, reason = "made for the tests of the command line, which need more of it")]
mod machine;
#[path = "../command_line/managed.rs"]
#[allow(dead_code, reason = "made for the tests of the command line, which need more of it")]
mod managed;
mod name_service;
mod pod;
mod settings;
mod settings_file;
mod site;
mod systemd;
mod telemetry;
mod yaml;

//! Who links a layer gets nothing of the layers above it.

use std::process::Command;

const COMMAND_LINE: [&str; 5] = ["clap", "humantime", "rpassword", "toml", "tracing-subscriber"];
const HTTP: [&str; 4] = ["axum", "hyper", "tower", "warp"];

#[test]
fn the_engine_brings_no_http_and_nothing_of_the_command_line() {
    for features in ["", "embedded,passwords,redis,users-file"] {
        refuse("session-engine", features, &[&HTTP[..], &COMMAND_LINE].concat());
    }
}

#[test]
fn the_engine_brings_a_store_only_to_who_asks_for_it() {
    refuse("session-engine", "", &["argon2", "redb", "redis", "zxcvbn"]);
    refuse("session-engine", "embedded", &["argon2", "redis"]);
    refuse("session-engine", "redis", &["argon2", "redb"]);
}

#[test]
fn the_filters_for_warp_bring_nothing_of_the_command_line() {
    let refused = [&["axum"][..], &COMMAND_LINE].concat();
    refuse("session-http", "embedded,passwords,redis,serve,users-file,warp", &refused);
}

#[test]
fn the_layer_for_axum_brings_no_warp() {
    let refused = [&["warp"][..], &COMMAND_LINE].concat();
    refuse("session-http", "axum,embedded,passwords,redis,serve,users-file", &refused);
}

#[test]
fn the_core_brings_neither_threads_nor_a_runtime() {
    refuse("session-core", "getrandom", &["redis", "tokio", "tracing", "warp"]);
}

/// Fails if any of these packages is among those that `package` brings with it.
#[track_caller]
fn refuse(package: &str, features: &str, refused: &[&str]) {
    let arguments =
        ["tree", "--edges", "normal", "--prefix", "none", "--no-default-features", "--package", package];
    let tree = Command::new(env!("CARGO")).args(arguments).args(["--features", features]).output();
    let tree = String::from_utf8(tree.expect("cargo").stdout).expect("text");
    let brought: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(brought.contains(&package), "{tree}");
    let found: Vec<_> = refused.iter().filter(|name| brought.contains(name)).collect();
    assert!(found.is_empty(), "{package} with `{features}` brings {found:?}");
}

//! What has to hold before a change lands.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::process::{command, run};
use crate::root::root;
use crate::setup::{
    BARE_TARGET, CC, CHROMIUM, FIREFOX, HAPROXY, OPENSSL, PROMTOOL, REDIS, SYSTEMD, WEBKITGTK, XVFB,
};
use crate::target_dir::target_dir;
use crate::{
    api, book, cluster, containers, deploy, evidence, faults, fuzz, image, instructions, migration, npm,
    package, proxies, redis_servers, reference, reproducible, schemas, serve, setup, workspace,
};

const PARTS: [&str; 15] = [
    "lint",
    "rust",
    "instructions",
    "redis",
    "schemas",
    "deploy",
    "wasm",
    "client",
    "examples",
    "toolchains",
    "proxies",
    "migration",
    "book",
    "web",
    "fuzz",
];

pub(crate) const TOOLCHAINS: &str = "session-wasm/toolchains";
pub(crate) const FRAMEWORKS: &str = "session-wasm/toolchains/frameworks";

/// The chapters that build what is released.
const BUILDS: &str = "builds";

/// A few seconds for each target: enough to find what a change has plainly broken.
const FUZZ_SECONDS: &str = "5";

pub(crate) fn all() -> Result<()> {
    PARTS.into_iter().try_for_each(part)
}

pub(crate) fn part(name: &str) -> Result<()> {
    eprintln!("xtask: {name}");
    let begin = Instant::now();
    perform(name)?;
    eprintln!("xtask: {name} took {} s", begin.elapsed().as_secs());
    Ok(())
}

fn perform(name: &str) -> Result<()> {
    match name {
        "lint" => lint(),
        "rust" => rust(),
        "instructions" => instructions::hold(),
        "redis" => other_redis(&ELSEWHERE_ONCE),
        "schemas" => schemas::hold(),
        "deploy" => deploy::hold(),
        "wasm" => wasm(),
        "client" => in_browsers("session-wasm/tests/client"),
        "examples" => in_browsers("session-wasm/examples"),
        "toolchains" => toolchains(),
        "proxies" => proxies::hold(),
        "migration" => migration::hold(),
        "book" => book::hold(),
        "web" => web(),
        "long" => long(),
        "features" => features(),
        "servers" => other_redis(&[]),
        "faults" => faults::long(),
        "image" => image::hold(),
        "containers" => containers::hold(),
        "cluster" => cluster::hold(),
        "builds" => book::type_for(BUILDS, []),
        "frameworks" => frameworks(),
        "stories" => stories(),
        "fuzz" => fuzz::each_for(FUZZ_SECONDS),
        _ => bail!(
            "no part `{name}`; there are {}, long, features, servers, faults, image, builds, containers, cluster, frameworks, stories",
            PARTS.join(", ")
        ),
    }
}

fn lint() -> Result<()> {
    run(&mut command("cargo", ["fmt", "--all", "--check"]))?;
    reference::hold()?;
    evidence::hold()?;
    let clippy = ["--quiet", "--all-targets", "--", "-D", "warnings"];
    run(workspace::cargo("clippy")?.args(clippy))?;
    run(workspace::documentation()?.env("RUSTDOCFLAGS", "-D warnings"))?;
    api::hold()?;
    run(&mut npm::script("web", "lint"))
}

/// Each feature of the crates that have some, without the others: each is another build.
fn features() -> Result<()> {
    let engine = ["", "embedded", "redis", "legacy", "passwords", "users-file", "store-testing"];
    let http = ["", "warp", "tower", "axum", "serve", "legacy", "passwords", "management", "page", "places"];
    let engine = engine.map(|feature| ("session-engine", feature));
    let http = http.map(|feature| ("session-http", feature));
    let server = [("session-server", "")];
    for (package, feature) in engine.into_iter().chain(http).chain(server) {
        let clippy = ["clippy", "--quiet", "--no-default-features", "--package", package];
        let alone = ["--features", feature, "--", "-D", "warnings"];
        run(command("cargo", clippy).args(alone))?;
    }
    Ok(())
}

fn rust() -> Result<()> {
    setup::tools(&[REDIS, HAPROXY, CC, OPENSSL, SYSTEMD, PROMTOOL])?;
    run(&mut workspace::cargo("test")?)?;
    alone()?;
    faults::short()?;
    setup::rust_target(BARE_TARGET)?;
    let bare = ["build", "--package", "session-core", "--no-default-features", "--target"];
    run(command("cargo", bare).arg(BARE_TARGET))
}

/// What must not lose a single request, and would where others keep the store from answering in time.
fn alone() -> Result<()> {
    let alone = ["--test", "command_line", "--", "--ignored", "--test-threads", "1"];
    run(workspace::cargo("test")?.args(alone).args(["a_rolling_restart_fails", "a_rotation_under_requests"]))
}

/// What is about several servers, which takes minutes, is tried in every run on Debian's alone.
const ELSEWHERE_ONCE: [&str; 3] = ["redis_cluster", "redis_sentinel", "history"];

/// The suites of the store and of the API on servers that people run, beside Debian's Redis of the rust
/// part, but for what `without` names. Neither is built with TLS, so that is left to the other.
fn other_redis(without: &[&str]) -> Result<()> {
    setup::tools(&[REDIS, CC])?;
    for server in redis_servers::programs()? {
        eprintln!("xtask: on {}", server.display());
        let suites = ["--test", "store", "--test", "api", "--", "redis", "history", "--skip", "redis_tls"];
        let mut tests = workspace::cargo("test")?;
        tests.args(suites).args(without.iter().flat_map(|name| ["--skip", name]));
        // The rounds of a race are many on one server already.
        run(tests.env("REDIS_SERVER", server).env("RACE_ROUNDS", "1000"))?;
    }
    Ok(())
}

/// What the rust part does in a minute, in full: 10,000 rounds of late saves, 192,000 parallel
/// patches, 1,000 kills, each on every store that it concerns. And the package, built twice.
fn long() -> Result<()> {
    reproducible::hold()?;
    setup::tools(&[REDIS, CC])?;
    let length = [
        ("RACE_ROUNDS", "10000"),
        ("PATCH_ROUNDS", "1000"),
        ("KILL_LOOPS", "1000"),
        ("NEAR_CACHE_ROUNDS", "100000"),
        ("NEAR_CACHE_IDS", "10000000"),
    ];
    let suites = ["--release", "--lib", "--test", "api", "--test", "store", "--"];
    run(workspace::cargo("test")?
        .args(suites)
        .args(["a_late_save", "parallel_patches", "kill_loop"])
        .args(["no_dead_session_stays", "no_more_are_kept_than_may_be"])
        .envs(length))
}

/// The package in every runtime there is, against the vectors and against the native verdicts.
fn wasm() -> Result<()> {
    setup::tools(&[CHROMIUM, FIREFOX, WEBKITGTK, XVFB])?;
    package::assemble()?;
    npm::install("session-wasm/tests")?;
    let dir = target_dir()?.join("conformance");
    let verdicts = ["run", "--quiet", "--package", "session-core", "--example", "verdicts", "--"];
    run(command("cargo", verdicts).arg(dir.join("generated")))?;
    // The versions that ran are in `runtimes.json` there afterwards.
    run(npm::script("session-wasm/tests", "test").env("CONFORMANCE_DIR", dir))
}

/// The tests of `folder`, which want browsers and the real server: the client for pages, and the
/// examples, each in its own runtime.
fn in_browsers(folder: &str) -> Result<()> {
    setup::tools(&[CHROMIUM, FIREFOX, REDIS])?;
    let server = serve::build()?;
    npm::install(folder)?;
    let mut script = npm::script(folder, "test");
    script.env("CHROMIUM", CHROMIUM.program).env("FIREFOX", FIREFOX.program);
    run(script.env("SERVER_BINARY", server))
}

/// The package in what applications are bundled and tested with.
fn toolchains() -> Result<()> {
    // For its workerd.
    npm::install("session-wasm/tests")?;
    in_browsers(TOOLCHAINS)
}

/// The package in what applications are made of. Takes a gigabyte of packages, and minutes.
fn frameworks() -> Result<()> {
    // For its Node.js, and what drives a browser.
    npm::install(TOOLCHAINS)?;
    in_browsers(FRAMEWORKS)
}

fn web() -> Result<()> {
    run(&mut page_script("test")?)
}

/// The same with each story in each browser on each store.
fn stories() -> Result<()> {
    run(page_script("test")?.env("EVERY_PAIR", "1"))
}

/// Pictures of every view, in both colour schemes, wide and narrow, for the README of the page.
pub(crate) fn screenshots() -> Result<()> {
    let dir = root().join("web/screenshots");
    std::fs::create_dir_all(&dir)?;
    run(page_script("screenshots")?.env("SCREENSHOTS", dir))
}

/// How soon a page shows a verified session.
pub(crate) fn bench_page() -> Result<()> {
    run(&mut page_script("bench")?)
}

/// A script of the page that drives browsers against the real server.
fn page_script(name: &str) -> Result<Command> {
    setup::tools(&[CHROMIUM, FIREFOX, WEBKITGTK, XVFB, REDIS, OPENSSL])?;
    let server = serve::build()?;
    let mut script = npm::script("web", name);
    // Not `SESSION_…`: the server refuses variables of that name which it does not know.
    script.env("CHROMIUM", CHROMIUM.program).env("FIREFOX", FIREFOX.program).env("SERVER_BINARY", server);
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R60: as weaknesses of these were known in older ones (RUSTSEC-2026-0258 for h2).
    #[test]
    fn no_dependency_is_older_than_its_mended_release() {
        let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
        let release = |text: &str| text.split('.').map(|part| part.parse().unwrap()).collect::<Vec<u32>>();
        for (name, mended) in [("h2", [0, 4, 16]), ("rustls-webpki", [0, 103, 13])] {
            let line = format!("name = \"{name}\"\nversion = \"");
            let versions = lock.split(&line).skip(1).filter_map(|rest| rest.split('"').next());
            let versions: Vec<_> = versions.map(release).collect();
            assert!(
                !versions.is_empty() && versions.iter().all(|version| version[..] >= mended[..]),
                "{name}"
            );
        }
    }
}

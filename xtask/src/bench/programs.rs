//! The servers that are measured: how they are built, how they are started.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::machine::{Processor, on};
use super::running::Running;
use crate::process::{command, run};
use crate::root::root;
use crate::target_dir::target_dir;
use crate::{npm, page};

/// Peers in JavaScript.
pub(super) const NODE: &str = "bench/node";
/// Peers in Rust, and ours as a library.
pub(super) const RUST: &str = "bench/rust";

/// The key ring that all of ours have.
const KEYS: &str = "keys.json";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    /// Nothing but warp in our accept loop. Its mode is the length of its answer.
    Bare,
    /// Ours: the filter, in warp. `near` or `far`: whether it keeps for a moment what it has read.
    Filter,
    /// Ours: the layer, in axum. Likewise.
    Layer,
    /// Ours: the binary that is shipped. Likewise; or `logging`, with a line in the log for each request.
    Server,
    /// A peer. `plain`: a request only reads its session; or `extended`: it pushes its end.
    Express,
    /// Likewise.
    Fastify,
    /// Likewise.
    TowerSessions,
    /// Likewise.
    ActixSession,
}

/// Who is signed in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crowd {
    pub(super) subjects: usize,
    /// How many sessions each has.
    pub(super) of_each: usize,
}

const RELEASE: [&str; 4] = ["build", "--quiet", "--release", "--locked"];

pub(super) struct Programs {
    directory: PathBuf,
    rust: PathBuf,
    server: PathBuf,
    /// Of peers that sign. Theirs has to be given to them, and a constant would be there to be copied.
    secret: String,
}

impl Programs {
    /// Builds what is in `bench`. What is started writes into `directory`.
    pub(super) fn build(directory: &Path) -> Result<Self> {
        npm::install(NODE)?;
        let rust = root().join(RUST);
        run(command("cargo", RELEASE).args(["--target-dir", "target"]).current_dir(&rust))?;
        let (rust, server) = (rust.join("target/release"), target_dir()?.join("release/session-server"));
        run(command(&rust.join("keys").to_string_lossy(), [KEYS]).current_dir(directory))?;
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).context("the system's generator failed")?;
        Ok(Self {
            directory: directory.to_owned(),
            rust,
            server,
            secret: secret.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// Builds the shipped server as well.
    pub(super) fn build_server(&self) -> Result<()> {
        page::build()?;
        run(command("cargo", RELEASE).args(["--package", "session-server", "--features", "page"]))
    }

    /// Begins so many sessions of each of so many subjects, with data, and writes into `requests` what they ask.
    pub(super) fn sign_in(&self, crowd: Crowd, redis: &str, requests: &Path) -> Result<()> {
        let Crowd { subjects, of_each } = crowd;
        let numbers = [subjects.to_string(), of_each.to_string()];
        // On all processors, since nothing is measured meanwhile.
        let mut crowd = command(&self.rust.join("crowd").to_string_lossy(), [redis, KEYS]);
        run(crowd.args(numbers).stdout(File::create(requests)?).current_dir(&self.directory))
    }

    /// Where what is started writes.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Starts one with its sessions at the URL `redis`.
    pub(super) fn start(&self, program: Program, mode: &str, redis: &str) -> Result<(Running, SocketAddr)> {
        let rust = |name: &str| on(Processor::Server, self.rust.join(name), [redis; 0]);
        let node = |name: &str| {
            let mut node = on(Processor::Server, "node", [root().join(NODE).join(name)]);
            node.env("NODE_ENV", "production").args([redis, mode, &self.secret]);
            node
        };
        let mut command = match program {
            Program::Bare => rust("bare"),
            Program::Filter => rust("warp_filter"),
            Program::Layer => rust("axum_layer"),
            Program::Server => on(Processor::Server, &self.server, ["serve", "--listen", "127.0.0.1:0"]),
            Program::Express => node("express.js"),
            Program::Fastify => node("fastify.js"),
            Program::TowerSessions => rust("axum_tower_sessions"),
            Program::ActixSession => rust("actix_session"),
        };
        match program {
            Program::Bare => command.arg(mode),
            Program::Filter | Program::Layer => command.args([redis, KEYS, mode]),
            Program::Server => {
                command.args(["--store", redis, "--users", "users", "--keys", KEYS]).args(flags(mode))
            }
            Program::Express | Program::Fastify => &mut command,
            Program::TowerSessions => command.args([redis, mode]),
            Program::ActixSession => command.args([redis, mode, &self.secret]),
        };
        Running::start_server(command.current_dir(&self.directory), &self.directory.join("server.log"))
    }
}

/// Of the shipped server. Peers write no log, unless they are told to.
fn flags(mode: &str) -> &[&str] {
    match mode {
        "far" => &["--log", "warn", "--near-cache", "0"],
        "logging" => &[],
        _ => &["--log", "warn"],
    }
}

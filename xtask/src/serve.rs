//! The whole product on this machine, by one command.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::page;
use crate::process::{command, run, run_with_input};
use crate::workspace::{root, target_dir};

const USERS: &str = "session-data/users";
const FIRST_USER: &str = "demo";
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

pub(crate) fn start(flags: &[&str]) -> Result<()> {
    let server = build()?;
    let password = first_user(&server)?;
    println!("\n  http://{}/", listen_address(flags));
    match password {
        Some(password) => println!(
            "  sign in as {FIRST_USER} with the password {password}\n  (shown once; `session-server user set-password` sets another)\n"
        ),
        None => println!("  sign in with a user of {USERS}\n"),
    }
    // The server takes this process's place, so signals and the exit code are its own.
    let error = command(&server.to_string_lossy(), ["serve", "--users", USERS]).args(flags).exec();
    Err(error).with_context(|| format!("cannot start {}", server.display()))
}

/// Builds the server with the page inside, and returns its path.
pub(crate) fn build() -> Result<PathBuf> {
    page::build()?;
    run(&mut command("cargo", ["build", "--package", "session-server", "--features", "page"]))?;
    Ok(target_dir()?.join("debug/session-server"))
}

/// Makes the first user when there is no users file, and returns the password.
fn first_user(server: &std::path::Path) -> Result<Option<String>> {
    let users = root().join(USERS);
    if users.exists() {
        return Ok(None);
    }
    std::fs::create_dir_all(users.parent().unwrap_or(root()))?;
    let password = random_password()?;
    let add = ["user", "add", FIRST_USER, "--users", USERS, "--password-stdin"];
    run_with_input(&mut command(&server.to_string_lossy(), add), &password)?;
    Ok(Some(password))
}

fn random_password() -> Result<String> {
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes).context("the system's generator failed")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What to show as the address: the flag decides, or else what the server takes by itself.
fn listen_address(flags: &[&str]) -> String {
    let mut words = flags.iter();
    while let Some(word) = words.next() {
        if let Some(address) = word.strip_prefix("--listen=") {
            return address.to_owned();
        }
        if *word == "--listen" {
            return words.next().copied().unwrap_or(DEFAULT_LISTEN).to_owned();
        }
    }
    std::env::var("SESSION_LISTEN").unwrap_or_else(|_| DEFAULT_LISTEN.to_owned())
}

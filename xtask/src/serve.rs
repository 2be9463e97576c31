//! The whole product on this machine, by one command.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::page;
use crate::process::{command, run, run_with_input};
use crate::root::root;
use crate::target_dir::target_dir;

/// As the server has it.
const DEFAULT_USERS: &str = "session-data/users";
const FIRST_USER: &str = "demo";

/// The variable of the setting `--page-developer`.
const DEVELOPER: &str = "SESSION_PAGE_DEVELOPER";

pub(crate) fn start(flags: &[&str]) -> Result<()> {
    let server = build()?;
    let users = setting(flags, "users");
    let password = first_user(&server, users.as_deref().unwrap_or(DEFAULT_USERS))?;
    if let Some(password) = password {
        println!("sign in as {FIRST_USER} with the password {password} (shown only now)");
    }
    // The server takes this process's place, so signals and the exit code are its own.
    let mut serve = command(&server.to_string_lossy(), ["serve"]);
    // Whoever tries it out is to see all that there is; a flag says otherwise.
    if env::var_os(DEVELOPER).is_none() {
        serve.env(DEVELOPER, "on");
    }
    let error = serve.args(flags).exec();
    Err(error).with_context(|| format!("cannot start {}", server.display()))
}

/// Builds the server with the page inside, and returns its path.
pub(crate) fn build() -> Result<PathBuf> {
    page::build()?;
    run(&mut command("cargo", ["build", "--package", "session-server", "--features", "page"]))?;
    Ok(target_dir()?.join("debug/session-server"))
}

/// Makes the first user when there is no users file, and returns the password.
fn first_user(server: &Path, users: &str) -> Result<Option<String>> {
    let file = root().join(users);
    if file.exists() {
        return Ok(None);
    }
    fs::create_dir_all(file.parent().unwrap_or(root()))?;
    let password = random_password()?;
    let add = ["user", "add", FIRST_USER, "--users", users, "--password-stdin"];
    run_with_input(&mut command(&server.to_string_lossy(), add), &password)?;
    Ok(Some(password))
}

fn random_password() -> Result<String> {
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes).context("the system's generator failed")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What the server's setting `name` is given as, by flag or, failing that, by environment.
fn setting(flags: &[&str], name: &str) -> Option<String> {
    let flag = format!("--{name}");
    let mut words = flags.iter();
    while let Some(word) = words.next() {
        match word.strip_prefix(&flag) {
            Some("") => return words.next().map(|value| (*value).to_owned()),
            Some(rest) if rest.starts_with('=') => return Some(rest[1..].to_owned()),
            _ => {}
        }
    }
    env::var(format!("SESSION_{}", name.to_uppercase())).ok()
}

#[cfg(test)]
mod tests {
    use super::setting;

    #[test]
    fn a_setting_is_read_in_both_spellings_of_a_flag() {
        assert_eq!(setting(&["--listen", "[::1]:80"], "listen").as_deref(), Some("[::1]:80"));
        assert_eq!(setting(&["--x", "--listen=[::1]:80"], "listen").as_deref(), Some("[::1]:80"));
        assert_eq!(setting(&["--listener=a", "--store", "b"], "listen"), None);
    }
}

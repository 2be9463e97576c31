//! The whole product on this machine, by one command.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process::{command, run};
use crate::target_dir::target_dir;
use crate::{page, users};

/// The variable of the setting `--page-developer`.
const DEVELOPER: &str = "SESSION_PAGE_DEVELOPER";

pub(crate) fn start(flags: &[&str]) -> Result<()> {
    let server = build()?;
    users::let_in(&server, flags)?;
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

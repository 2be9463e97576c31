mod explain;
mod keys;
mod serve;
mod settings;
mod user;

use std::error::Error;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Logins and sessions for web applications.
#[derive(Debug, Parser)]
#[command(name = "session-server", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve logins and sessions
    Serve(Box<settings::Settings>),
    /// Add, change, remove and list users
    User {
        #[command(flatten)]
        file: user::File,
        #[command(subcommand)]
        action: user::Action,
    },
    /// Make a key ring
    Keys {
        #[command(flatten)]
        file: keys::File,
        #[command(subcommand)]
        action: keys::Action,
    },
    /// Read a session cookie, a Cookie header or a statement from standard input, and say why it is
    /// good or refused
    Explain(explain::Arguments),
}

pub(crate) fn run() -> Result {
    match settings::parse(std::env::args_os().collect(), std::env::vars_os())?.command {
        Command::Serve(settings) => serve::run(&settings),
        Command::User { file, action } => user::run(&file, action),
        Command::Keys { file, action } => keys::run(&file, &action),
        Command::Explain(arguments) => explain::run(&arguments),
    }
}

/// Where everything is unless it is put elsewhere.
fn data_file(name: &str) -> PathBuf {
    Path::new("session-data").join(name)
}

/// Makes the directory that a file is to be in, for its owner alone.
fn make_parent(file: &Path) -> Result {
    if let Some(directory) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(|error| format!("directory `{}` cannot be made: {error}", directory.display()))?;
    }
    Ok(())
}

mod acl;
mod explain;
mod keys;
mod serve;
mod sessions;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::Result;
use crate::settings::Settings;
use crate::settings::sources::{self, Parsed};

/// What a script may go by.
const EXIT_CODES: &str = "\
Exit codes:
  0    It is done; of `explain`, the cookie or the statement is authentic
  1    It failed; of `explain`, the cookie or the statement is refused
  2    The command line is not as expected, or a variable is not
  130  `serve` was told twice to stop, and did not wait for what was running";

/// Logins and sessions for web applications.
#[derive(Debug, Parser)]
#[command(name = "session-server", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve logins and sessions
    Serve(Box<Settings>),
    /// Add, change, remove and list users
    User {
        #[command(flatten)]
        file: user::File,
        #[command(subcommand)]
        action: user::Action,
    },
    /// List, show and end sessions, by asking a server that serves its management
    Sessions {
        #[command(flatten)]
        target: sessions::Target,
        #[command(subcommand)]
        action: sessions::Action,
    },
    /// Print the line of Redis' ACL file for a user with what a store needs and nothing else
    Acl(acl::Arguments),
    /// Make a key ring, and change its keys without logging anybody out
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

pub(crate) fn run() -> Result<ExitCode> {
    let Parsed { cli, foreign } = sources::parse(std::env::args_os().collect(), std::env::vars_os())?;
    match cli.command {
        Command::Serve(settings) => serve::run(&settings, &foreign)?,
        Command::User { file, action } => user::run(&file, action)?,
        Command::Sessions { target, action } => sessions::run(&target, &action)?,
        Command::Acl(arguments) => acl::run(&arguments)?,
        Command::Keys { file, action } => keys::run(&file, &action)?,
        Command::Explain(arguments) => return explain::run(&arguments),
    }
    Ok(ExitCode::SUCCESS)
}

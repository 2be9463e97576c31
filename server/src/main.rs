//! `session-server`: logins and sessions for web applications.
#![forbid(unsafe_code)]

mod command;
mod data_files;
mod key_file;
mod log;
mod settings;
mod store_url;

use std::error::Error;
use std::process::ExitCode;

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match command::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("session-server: {error}");
            ExitCode::FAILURE
        }
    }
}

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::Result;
use crate::settings::values::LogFormat;

/// Begins to write the log to standard error.
pub(crate) fn start(filter: &str, format: LogFormat) -> Result {
    let filter = EnvFilter::try_new(filter)
        .map_err(|_| "log filter is not one that `tracing-subscriber` understands, such as `info`")?;
    let colours = stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

//! What is said on standard output.

use std::fmt::{Arguments, Display};
use std::io::{Write, stdout};
use std::time::{Duration, SystemTime};

use session_core::UnixTime;

use crate::Result;

/// `println!` that says in an error why it cannot: a closed or a full output is no panic (R73).
macro_rules! say {
    ($($words:tt)*) => {
        $crate::output::write_line(format_args!($($words)*))
    };
}
pub(crate) use say;

/// A time by RFC 3339, in UTC.
pub(crate) fn rfc3339(time: UnixTime) -> impl Display {
    humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs()))
}

pub(crate) fn write_line(line: Arguments<'_>) -> Result {
    let written = writeln!(stdout(), "{line}").and_then(|()| stdout().flush());
    Ok(written.map_err(|error| format!("cannot write to standard output: {error}"))?)
}

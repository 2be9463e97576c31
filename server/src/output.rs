//! What is said on standard output.

use std::fmt::Arguments;
use std::io::{Write, stdout};

use crate::Result;

/// `println!` that says in an error why it cannot: a closed or a full output is no panic (R73).
macro_rules! say {
    ($($words:tt)*) => {
        $crate::output::write_line(format_args!($($words)*))
    };
}
pub(crate) use say;

pub(crate) fn write_line(line: Arguments<'_>) -> Result {
    let written = writeln!(stdout(), "{line}").and_then(|()| stdout().flush());
    Ok(written.map_err(|error| format!("cannot write to standard output: {error}"))?)
}

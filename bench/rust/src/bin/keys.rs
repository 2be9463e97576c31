//! Makes the key ring of ours: `keys KEY-FILE`.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use session_bench::{Result, arguments};
use session_http::engine::core::KeyRing;

fn main() -> Result {
    let [key_file] = arguments()?;
    // For nobody else to read.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(key_file)?;
    Ok(file.write_all(KeyRing::generate()?.to_json().as_bytes())?)
}

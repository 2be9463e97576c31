//! Makes the key ring of ours: `keys KEY-FILE`.

use std::path::Path;

use session_bench::{Result, arguments};
use session_http::engine::core::KeyRing;
use session_http::engine::private_file;

fn main() -> Result {
    let [key_file] = arguments()?;
    Ok(private_file::create(Path::new(&key_file), KeyRing::generate()?.to_json().as_bytes())?)
}

//! Cookies, statements, key sets and revocation feeds, good and bad, each with the native verdict, as JSON lines.
//!
//! Every JavaScript runtime has to come to the same verdicts (R17): `cargo xtask test wasm` lets
//! them. `cargo run --example verdicts -- FOLDER` writes the files.

mod cookies;
mod feeds;
mod json;
mod jws;
mod key_sets;
mod random;
mod statements;

use std::error::Error;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use random::Random;

const COOKIES: usize = 60_000;
const STATEMENTS: usize = 40_000;
const KEY_SETS: usize = 2_000;
const FEEDS: usize = 4_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder for the files")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    fs::write(folder.join("cookies.jsonl"), cookies::lines(&mut Random::from_seed(1), COOKIES))?;
    fs::write(folder.join("statements.jsonl"), statements::lines(&mut Random::from_seed(2), STATEMENTS))?;
    fs::write(folder.join("key-sets.jsonl"), key_sets::lines(&mut Random::from_seed(3), KEY_SETS))?;
    fs::write(folder.join("feeds.jsonl"), feeds::lines(&mut Random::from_seed(4), FEEDS))?;
    fs::write(folder.join("scene.json"), feeds::scene())?;
    Ok(())
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn refused(reason: &str) -> String {
    json!({ "ok": false, "reason": reason }).to_string()
}

/// A case. Where `text` has the replacement character, JavaScript is given a lone surrogate, which
/// becomes one on its way into WebAssembly.
fn case(name: usize, text: &str, now: u64, native: &str) -> String {
    let text = json!(text).to_string().replace('\u{fffd}', "\\ud83d");
    // Claims stand there as they were written; a line break in JSON is only ever space.
    let native = native.replace(['\n', '\r'], " ");
    format!("{{\"name\":{name},\"text\":{text},\"now\":{now},\"native\":{native}}}\n")
}

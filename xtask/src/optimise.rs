//! Making a WebAssembly module smaller than the compiler leaves it, by binaryen's `wasm-opt`.

use std::path::Path;

use anyhow::{Context, Result};

use crate::npm;
use crate::process::{command, run};

/// For speed: for size it makes them no smaller, and slower. Which features the module may use, its
/// own section says.
const LEVEL: &str = "-O3";

pub(crate) fn in_place(module: &Path) -> Result<()> {
    let path = module.to_str().context("the path of the workspace is not UTF-8")?;
    run(&mut command(&npm::built("wasm-opt")?, [LEVEL, path, "--output", path]))
}

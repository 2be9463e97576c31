//! Few files instead of many: a runtime that starts pays for each that it has to find and read, and
//! most of what wasm-bindgen writes is for other ways to load a module than ours.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::npm;
use crate::process::{command, run};
use crate::workspace::root;

/// Where esbuild is.
const BUILD: &str = "session-wasm/build";

/// What `package.json` leads to; everything that they import becomes a part of them.
const ENTRY_POINTS: [&str; 3] = ["client.js", "cookie.js", "statement.js"];

/// The modules inside JavaScript, to which conditions lead: each stays a file of its own.
const INLINED: [&str; 2] = ["cookie.wasm.js", "statement.wasm.js"];

pub(crate) fn entry_points(package: &Path) -> Result<()> {
    npm::install(BUILD)?;
    let bundled = package.join("bundled");
    esbuild(package, &bundled, &ENTRY_POINTS, "--splitting")?;
    esbuild(package, &bundled, &INLINED, "--charset=ascii")?;
    // By now a part of what was bundled.
    for part in ["channel.js", "cookie.glue.js", "hex.js", "misuse.js", "refresh.js", "statement.glue.js"] {
        fs::remove_file(package.join(part))?;
    }
    fs::remove_dir_all(package.join("client"))?;
    for file in fs::read_dir(&bundled)? {
        let file = file?;
        fs::rename(file.path(), package.join(file.file_name()))?;
    }
    Ok(fs::remove_dir(bundled)?)
}

/// Imports that begin with `#` stay: conditions decide where they lead.
fn esbuild(package: &Path, to: &Path, files: &[&str], how: &str) -> Result<()> {
    let esbuild = root().join(BUILD).join("node_modules/.bin/esbuild");
    let program = esbuild.to_str().context("the path of the workspace is not UTF-8")?;
    let mut bundling = command(program, files);
    bundling.args([
        "--bundle",
        "--format=esm",
        "--target=es2022",
        "--external:#*",
        "--chunk-names=shared",
        "--log-level=warning",
        how,
    ]);
    run(bundling.arg(format!("--outdir={}", to.display())).current_dir(package))
}

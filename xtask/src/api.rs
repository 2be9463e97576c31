//! The public API of each crate, as a text that is read when it changes.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::process::run;
use crate::root::root;
use crate::target_dir::target_dir;
use crate::workspace;

const CRATES: [&str; 3] = ["session-core", "session-engine", "session-http"];

/// Writes the texts anew.
pub(crate) fn write() -> Result<()> {
    describe()?;
    for name in CRATES {
        fs::write(file(name), of(name)?)?;
    }
    Ok(())
}

/// Fails unless the texts are as the code is.
pub(crate) fn hold() -> Result<()> {
    describe()?;
    for name in CRATES {
        let written = fs::read_to_string(file(name)).unwrap_or_default();
        let is_same = written == of(name)?;
        ensure!(
            is_same,
            "the public API of {name} has changed: run `cargo xtask api`, and read the difference"
        );
    }
    Ok(())
}

fn file(name: &str) -> PathBuf {
    root().join(name).join("public-api.txt")
}

/// Has rustdoc say it in JSON, which it still calls unstable: hence the variable, which only rustdoc may see, since
/// everything else would be built again for it.
fn describe() -> Result<()> {
    let json = "-Z unstable-options --output-format json";
    let mut doc = workspace::documentation()?;
    run(doc.env("RUSTDOC", root().join("xtask/unstable-rustdoc")).env("RUSTDOCFLAGS", json))
}

fn of(name: &str) -> Result<String> {
    let json = target_dir()?.join("doc").join(format!("{}.json", name.replace('-', "_")));
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build();
    let other = "what rustdoc writes is of another version than the crate `public-api` in xtask reads: both move together";
    Ok(api.context(other)?.to_string())
}

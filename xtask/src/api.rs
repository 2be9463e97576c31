//! The public API of each crate, as a text that is read when it changes.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::page;
use crate::process::{command, run};
use crate::root::root;
use crate::target_dir::target_dir;

/// Each with all that it can offer at once.
const CRATES: [(&str, &str); 3] = [
    ("session-core", "getrandom"),
    ("session-engine", "embedded,redis,users-file,store-testing"),
    ("session-http", "axum,embedded,management,page,redis,serve,users-file"),
];

/// Writes the texts anew.
pub(crate) fn write() -> Result<()> {
    // Part of what `session-http` offers.
    page::build()?;
    for (name, features) in CRATES {
        fs::write(file(name), of(name, features)?)?;
    }
    Ok(())
}

/// Fails unless the texts are as the code is. The page has to be built.
pub(crate) fn hold() -> Result<()> {
    for (name, features) in CRATES {
        let written = fs::read_to_string(file(name)).unwrap_or_default();
        let is_same = written == of(name, features)?;
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

/// From what rustdoc says in JSON, which it still calls unstable: hence the variable, and a directory
/// apart, since it would have everything else built again.
fn of(name: &str, features: &str) -> Result<String> {
    let target = target_dir()?.join("api");
    let library = ["rustdoc", "--quiet", "--lib", "--package", name, "--features", features];
    let json = ["--", "-Z", "unstable-options", "--output-format", "json"];
    let mut rustdoc = command("cargo", library);
    rustdoc.arg("--target-dir").arg(&target).args(json).env("RUSTC_BOOTSTRAP", "1");
    run(&mut rustdoc)?;
    let json = target.join("doc").join(format!("{}.json", name.replace('-', "_")));
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build();
    let other = "what rustdoc writes is of another version than the crate `public-api` in xtask reads: both move together";
    Ok(api.context(other)?.to_string())
}

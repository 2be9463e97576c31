//! The texts that the licences of others want to go along with what is made of their work.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::tools::ABOUT;
use crate::image;
use crate::process::{command, output};
use crate::root::root;
use crate::setup::WASM_TARGET;

/// For the server, and inside of the package.
pub(super) const FILE: &str = "THIRD-PARTY.txt";

/// What is linked in and is no crate of ours to name: the libraries of C and of Rust.
const MUSL: &str = "/usr/share/doc/musl-dev/copyright";
const RUST: &str = "share/doc/rust/COPYRIGHT-library.html";
/// As that names them.
const RUST_HOLDERS: &str = "The Rust Project Developers (see https://thanks.rust-lang.org)";
const RUST_FILE: &str = "THIRD-PARTY-rust-library.html";

/// By its text, each licence with its name and the crates that are under it.
pub(super) type Licences = BTreeMap<(String, String), BTreeSet<String>>;

/// For the server, whose page has the package's `modules`.
pub(super) fn put(dist: &Path, modules: Licences) -> Result<()> {
    let mut licences = of("server", &["--features", "page"], &image::triple())?;
    for (licence, crates) in modules {
        licences.entry(licence).or_default().extend(crates);
    }
    let mut text = written(&licences)?;
    let musl = fs::read_to_string(MUSL).with_context(|| format!("cannot read {MUSL}, which Debian has"))?;
    section(&mut text, "musl", &musl)?;
    fs::write(dist.join(FILE), text)?;
    fs::copy(Path::new(&sysroot()?).join(RUST), dist.join(RUST_FILE))
        .with_context(|| format!("the Rust tool chain has no {RUST}"))?;
    Ok(())
}

/// For the package, whose modules use nothing of Rust's library but what is Rust's own.
pub(super) fn of_package(modules: &Licences) -> Result<String> {
    let mut text = written(modules)?;
    let rust = Path::new(&sysroot()?).join("share/doc/rust/licenses/MIT.txt");
    let licence = fs::read_to_string(&rust).with_context(|| format!("cannot read {}", rust.display()))?;
    let licence = licence.replace("<year> <copyright holders>", RUST_HOLDERS);
    section(&mut text, "Rust's core and alloc: MIT License", &licence)?;
    Ok(text)
}

/// Of the modules of the package.
pub(super) fn of_modules() -> Result<Licences> {
    of("session-wasm", &[], WASM_TARGET)
}

/// Of the crates of others that are in the package `name` for `target`.
fn of(name: &str, features: &[&str], target: &str) -> Result<Licences> {
    let manifest = root().join(name).join("Cargo.toml");
    let generate = ["generate", "--locked", "--fail", "--format", "json", "--config", "about.toml"];
    let mut about = ABOUT.command(&generate)?;
    about.args(["--target", target]).args(features).arg("--manifest-path").arg(manifest);
    let told: Value = serde_json::from_str(&output(&mut about)?)?;
    let mut licences = Licences::new();
    for licence in told["licenses"].as_array().context("cargo-about names no licences")? {
        let used_by = licence["used_by"].as_array().context("a licence of nothing")?;
        let others = used_by.iter().map(|used| &used["crate"]).filter(|each| each["source"].is_string());
        let is_its_own = licence["source_path"].is_string();
        let crates = others.map(|each| named(each, is_its_own)).collect::<Result<BTreeSet<_>>>()?;
        if !crates.is_empty() {
            licences.insert((text(&licence["name"])?, text(&licence["text"])?), crates);
        }
    }
    if licences.is_empty() {
        bail!("cargo-about names no licence of {name}");
    }
    Ok(licences)
}

/// With its authors where the text is not its own, and so does not name them.
fn named(each: &Value, has_own_text: bool) -> Result<String> {
    let name = format!("{} {}", text(&each["name"])?, text(&each["version"])?);
    let authors = each["authors"].as_array().context("no authors")?;
    if has_own_text || authors.is_empty() {
        return Ok(name);
    }
    let authors = authors.iter().map(text).collect::<Result<Vec<_>>>()?;
    Ok(format!("{name} by {}", authors.join(" and ")))
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("no text")
}

fn written(licences: &Licences) -> Result<String> {
    let mut text = String::new();
    for ((name, licence), crates) in licences {
        let crates: Vec<_> = crates.iter().map(String::as_str).collect();
        section(&mut text, &format!("{}: {name}", crates.join(", ")), licence)?;
    }
    Ok(text)
}

fn section(text: &mut String, title: &str, licence: &str) -> Result<()> {
    Ok(write!(text, "{}\n{title}\n\n{}\n\n", "-".repeat(72), licence.trim())?)
}

fn sysroot() -> Result<String> {
    output(&mut command("rustc", ["--print", "sysroot"]))
}

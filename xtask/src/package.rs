//! The npm package: three WebAssembly modules, each with the glue that wasm-bindgen writes for it,
//! beside the hand-written entry points of `session-wasm/js/`.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::process::{command, run};
use crate::root::root;
use crate::target_dir::target_dir;
use crate::{bundle, local_paths, npm, optimise, setup};

/// Each is a cargo feature of `session-wasm`, built without the others and with a profile of its own.
const MODULES: [&str; 3] = ["cookie", "statement", "testing"];

/// What types are written for: the entry points, and what several of them have in common.
const TYPES: [&str; 13] = [
    "client",
    "cookie",
    "express",
    "fastify",
    "fetch",
    "guard",
    "hono",
    "misuse",
    "next",
    "react",
    "statement",
    "testing",
    "vue",
];

pub(crate) fn assemble() -> Result<()> {
    setup::rust_target(setup::WASM_TARGET)?;
    npm::install(npm::BUILD)?;
    let js = root().join("session-wasm/js");
    let source = target_dir()?.join("package");
    empty(&source)?;
    copy(&js, &source)?;
    for module in MODULES {
        bind(module, &compile(module)?, &source)?;
    }

    let package = root().join("session-wasm/package");
    empty(&package)?;
    bundle::entry_points(&source, &package)?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(root().join(licence), package.join(licence))?;
    }
    for types in TYPES {
        declare(types, &js, &package)?;
    }
    fs::copy(js.join("README.md"), package.join("README.md"))?;
    write_manifest(&js, &package)
}

/// The types of an entry point, for its ES module and, with the same text, for its CommonJS module.
fn declare(name: &str, js: &Path, package: &Path) -> Result<()> {
    let types = fs::read_to_string(js.join(format!("{name}.d.ts")))?;
    fs::write(package.join(format!("{name}.d.cts")), with_common_js(&types))?;
    Ok(fs::write(package.join(format!("{name}.d.ts")), types)?)
}

/// Only our own files have a second form.
fn with_common_js(types: &str) -> String {
    let mut parts = types.split("'./");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "'./" + &part.replacen(".js'", ".cjs'", 1))
}

/// Rather than removed: the node_modules of the page link here.
pub(crate) fn empty(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)?;
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    Ok(())
}

pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let source = entry?;
        let target = to.join(source.file_name());
        if source.path().is_dir() {
            copy(&source.path(), &target)?;
        } else {
            fs::copy(source.path(), target)?;
        }
    }
    Ok(())
}

fn compile(module: &str) -> Result<PathBuf> {
    let profile = format!("wasm-{module}");
    let build = ["build", "--quiet", "--package", "session-wasm", "--profile", &profile];
    run(command("cargo", build)
        .args(["--target", setup::WASM_TARGET, "--no-default-features", "--features", module])
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(module)?))?;
    Ok(target_dir()?.join(setup::WASM_TARGET).join(profile).join("session_wasm.wasm"))
}

/// The same bytes from every checkout and every cargo home, in little memory, with the vector
/// instructions that every current engine has (they double the speed of SHA-256).
fn rustflags(module: &str) -> Result<String> {
    let mut flags = Vec::from(local_paths::remapped()?);
    flags.extend(["-Ctarget-feature=+simd128", "-Clink-arg=-zstack-size=65536"].map(str::to_owned));
    if module == "cookie" {
        flags.extend(LEAN.map(str::to_owned));
    }
    Ok(flags.join("\u{1f}"))
}

/// What is compiled for speed would be there once for each caller and once for each turn of a loop:
/// without these the module is a sixth larger, and a verification no faster.
const LEAN: [&str; 3] =
    ["-Cllvm-args=-inline-threshold=60", "-Cllvm-args=-unroll-runtime=false", "-Cno-vectorize-loops"];

/// Writes the module, as a file and inside JavaScript, and `MODULE.glue.js`. The glue is that for
/// bundlers, which leaves it to us how the module is instantiated: without a promise, from bytes or
/// from a module, and from one of another realm, as Next.js has them.
fn bind(module: &str, wasm: &Path, dir: &Path) -> Result<()> {
    let mut output = Bindgen::new()
        .input_path(wasm)
        .out_name(module)
        .bundler(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()?;
    let glue = output.start().context("wasm-bindgen wrote no glue")?;
    fs::write(dir.join(format!("{module}.glue.js")), glue)?;
    for needless in [START, TABLE] {
        output.wasm_mut().exports.remove(needless)?;
    }
    let file = dir.join(format!("{module}.wasm"));
    fs::write(&file, output.wasm_mut().emit_wasm())?;
    optimise::in_place(&file)?;
    Ok(fs::write(dir.join(format!("{module}.wasm.js")), inlined(&fs::read(&file)?)?)?)
}

/// What fills the table of JavaScript's values that a module holds. Ours hold none; without these exports
/// `wasm-opt` finds the table and the one import unused, so that nothing that takes the file for a module of
/// its own, as webpack does, looks for a `MODULE_bg.js` to import.
const START: &str = "__wbindgen_start";
const TABLE: &str = "__wbindgen_externrefs";

/// In hexadecimal, because that compresses to what the bytes themselves do: base64 puts the same
/// byte into four different texts, and is a third larger after brotli.
fn inlined(wasm: &[u8]) -> Result<String> {
    let mut hex = String::new();
    for byte in wasm {
        write!(hex, "{byte:02x}")?;
    }
    Ok(format!("import {{ bytes }} from './hex.js';\n\nexport default bytes(\n  '{hex}',\n);\n"))
}

/// The package has the workspace's version, which is written in one place only.
fn write_manifest(js: &Path, package: &Path) -> Result<()> {
    let manifest = fs::read_to_string(js.join("package.json"))?;
    let versioned = manifest.replacen("\"0.0.0\"", concat!("\"", env!("CARGO_PKG_VERSION"), "\""), 1);
    Ok(fs::write(package.join("package.json"), versioned)?)
}

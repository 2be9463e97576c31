//! One file for each entry point and kind of runtime: a runtime that starts pays for each file that
//! it has to find and read, and most of what wasm-bindgen writes is for other ways to load a module
//! than ours.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::npm;
use crate::process::{command, run};

/// What an entry point is made for: a kind of runtime, or a kind of JavaScript.
struct Kind {
    /// What comes behind its name.
    ending: &'static str,
    /// What comes behind the name of the module of WebAssembly that it imports.
    module: &'static str,
    /// What esbuild has to be told.
    format: &'static [&'static str],
}

const ESM: &[&str] = &["--format=esm"];
/// For Jest, which can `import()` nothing, and for Node.js, which reads the names that are exported.
const COMMON_JS: &[&str] = &["--format=cjs", "--platform=node", "--supported:dynamic-import=false"];

/// For all that may compile bytes, with the module inside JavaScript: nothing has to be awaited or fetched.
const ANYWHERE: [Kind; 2] = [
    Kind { ending: ".js", module: ".wasm.js", format: ESM },
    Kind { ending: ".cjs", module: ".wasm.js", format: COMMON_JS },
];

/// For runtimes that compile the module ahead.
const EDGES: [Kind; 2] = [
    // By a path with a slash: wrangler takes only those for modules of WebAssembly.
    Kind { ending: ".workerd.js", module: ".wasm", format: ESM },
    // Asked for like this, Next.js and Vercel compile the file ahead and hand over the module.
    Kind { ending: ".edge-light.js", module: ".wasm?module", format: ESM },
];

/// What stands in front of applications. Each loads the modules as others do, so that they are there once.
const ADAPTERS: [&str; 5] = ["express", "fastify", "fetch", "hono", "next"];

/// What a view of an application asks for its session.
const HOOKS: [&str; 2] = ["react", "vue"];

/// What comes from the application.
const OUTSIDE: [&str; 4] = ["next/headers.js", "next/server.js", "react", "vue"];

/// Puts the entry points into `package`, from `source`, which has all that they import.
pub(crate) fn entry_points(source: &Path, package: &Path) -> Result<()> {
    for module in ["cookie", "statement"] {
        for kind in ANYWHERE.iter().chain(&EDGES) {
            bundle(source, module, kind, &with_module(module, kind), &package.join(file(module, kind)))?;
        }
        fs::copy(source.join(format!("{module}.wasm")), package.join(format!("{module}.wasm")))?;
    }
    for adapter in ADAPTERS {
        for kind in ANYWHERE.iter().chain(&EDGES) {
            let how = [outside(), beside("cookie", kind), beside("statement", kind)].concat();
            bundle(source, adapter, kind, &how, &package.join(file(adapter, kind)))?;
        }
    }
    for kind in &ANYWHERE {
        for hook in HOOKS {
            bundle(source, hook, kind, &outside(), &package.join(file(hook, kind)))?;
        }
        // Only for what runs tests, which may compile bytes.
        let how = with_module("testing", kind);
        bundle(source, "testing", kind, &how, &package.join(file("testing", kind)))?;
        // It loads that one only where it needs it.
        bundle(source, "client", kind, &beside("statement", kind), &package.join(file("client", kind)))?;
        // What it asks for exists nowhere.
        let how = ["--external:./session-wasm/*".to_owned()];
        bundle(source, "cookie.refused", kind, &how, &package.join(format!("cookie{}", kind.ending)))?;
    }
    Ok(())
}

/// With the module of WebAssembly inside, or as a file.
fn with_module(module: &str, kind: &Kind) -> Vec<String> {
    let place = format!("./{module}{}", kind.module);
    let mut how = vec![format!("--alias:#{module}.wasm={place}")];
    if !place.ends_with(".js") {
        how.push(format!("--external:{place}"));
    }
    how
}

/// With another entry point of the same kind left outside, which it imports as `#NAME`.
fn beside(name: &str, kind: &Kind) -> Vec<String> {
    let place = format!("./{}", file(name, kind));
    vec![format!("--alias:#{name}={place}"), format!("--external:{place}")]
}

fn outside() -> Vec<String> {
    OUTSIDE.map(|path| format!("--external:{path}")).to_vec()
}

/// Tools that know nothing of conditions find `cookie.js`, and some of them build pages: what stands there
/// refuses them, and what they look for has another name.
fn file(name: &str, kind: &Kind) -> String {
    let is_found_by_name = ANYWHERE.iter().any(|anywhere| anywhere.ending == kind.ending);
    let behind = if name == "cookie" && is_found_by_name { ".trusted" } else { "" };
    format!("{name}{behind}{}", kind.ending)
}

fn bundle(source: &Path, entry: &str, kind: &Kind, how: &[String], file: &Path) -> Result<()> {
    // Beside what is imported, or else the paths of what is left outside would change.
    const BUNDLED: &str = "bundled.js";
    let fixed = ["--bundle", "--target=es2022", "--charset=ascii", "--log-level=warning"];
    let mut bundling = command(&npm::built("esbuild")?, fixed);
    bundling.args(kind.format).arg(format!("{entry}.js")).args(how);
    run(bundling.arg(format!("--outfile={BUNDLED}")).current_dir(source))?;
    fs::copy(source.join(BUNDLED), file)?;
    Ok(())
}

//! One file for each entry point and kind of runtime: a runtime that starts pays for each file that
//! it has to find and read, and most of what wasm-bindgen writes is for other ways to load a module
//! than ours.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::npm;
use crate::process::{command, run};

/// How runtimes get at a module: what comes behind the name of the entry point made for them, and
/// behind that of the module it imports.
const WAYS: [(&str, &str); 3] = [
    // Inside JavaScript, for all that may compile bytes: nothing has to be awaited or fetched.
    ("", ".wasm.js"),
    // By a path with a slash: wrangler takes only those for modules of WebAssembly.
    (".workerd", ".wasm"),
    // Asked for like this, Next.js and Vercel compile the file ahead and hand over the module.
    (".edge-light", ".wasm?module"),
];

/// What stands in front of applications. Each loads the modules as others do, so that they are there once.
const ADAPTERS: [&str; 5] = ["express", "fastify", "fetch", "hono", "next"];

/// What comes from the application.
const OUTSIDE: [&str; 4] = ["next/headers.js", "next/server.js", "react", "vue"];

/// Puts the entry points into `package`, from `source`, which has all that they import.
pub(crate) fn entry_points(source: &Path, package: &Path) -> Result<()> {
    for module in ["cookie", "statement"] {
        for (runtime, form) in WAYS {
            let place = format!("./{module}{form}");
            let mut how = vec![format!("--alias:#{module}.wasm={place}")];
            if !form.ends_with(".js") {
                how.push(format!("--external:{place}"));
            }
            let file = package.join(format!("{module}{runtime}.js"));
            esbuild(source, &format!("{module}.js"), &how, &file)?;
        }
        fs::copy(source.join(format!("{module}.wasm")), package.join(format!("{module}.wasm")))?;
    }
    for adapter in ADAPTERS {
        for (runtime, _) in WAYS {
            adapter_for(adapter, runtime, source, package)?;
        }
    }
    for hook in ["react", "vue"] {
        esbuild(source, &format!("{hook}.js"), &outside(), &package.join(format!("{hook}.js")))?;
    }
    // Only for what runs tests, which may compile bytes.
    let how = ["--alias:#testing.wasm=./testing.wasm.js".to_owned()];
    esbuild(source, "testing.js", &how, &package.join("testing.js"))?;
    // It loads that one only where it needs it.
    let how = ["--external:./statement.js".to_owned()];
    esbuild(source, "client.js", &how, &package.join("client.js"))
}

fn adapter_for(adapter: &str, runtime: &str, source: &Path, package: &Path) -> Result<()> {
    let mut how = outside();
    for module in ["cookie", "statement"] {
        let place = format!("./{module}{runtime}.js");
        how.extend([format!("--alias:#{module}={place}"), format!("--external:{place}")]);
    }
    esbuild(source, &format!("{adapter}.js"), &how, &package.join(format!("{adapter}{runtime}.js")))
}

fn outside() -> Vec<String> {
    OUTSIDE.map(|path| format!("--external:{path}")).to_vec()
}

fn esbuild(source: &Path, entry: &str, how: &[String], file: &Path) -> Result<()> {
    // Beside what is imported, or else the paths of what is left outside would change.
    const BUNDLED: &str = "bundled.js";
    let fixed = ["--bundle", "--format=esm", "--target=es2022", "--charset=ascii", "--log-level=warning"];
    let mut bundling = command(&npm::built("esbuild")?, fixed);
    run(bundling.arg(entry).args(how).arg(format!("--outfile={BUNDLED}")).current_dir(source))?;
    fs::copy(source.join(BUNDLED), file)?;
    Ok(())
}

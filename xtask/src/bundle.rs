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
    // It loads that one only where it needs it.
    let how = ["--external:./statement.js".to_owned()];
    esbuild(source, "client.js", &how, &package.join("client.js"))
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

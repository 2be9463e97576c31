//! One file for each entry point and kind of runtime: a runtime that starts pays for each file that
//! it has to find and read, and most of what wasm-bindgen writes is for other ways to load a module
//! than ours.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::npm;
use crate::process::{command, run};

/// Where bytes may be compiled. The module is inside JavaScript: nothing has to be awaited or fetched.
const INSIDE: &str = ".wasm.js";

/// The runtimes that get at a module as a file, and how each imports it.
const AS_FILES: [(&str, &str); 2] = [
    // By a path with a slash: wrangler takes only those for modules of WebAssembly.
    ("workerd", ".wasm"),
    // Asked for like this, Next.js and Vercel compile the file ahead and hand over the module.
    ("edge-light", ".wasm?module"),
];

/// Of each module, what its entry points are called where bytes may be compiled. Tools that know nothing of
/// conditions find `cookie.js`, and some of them build pages: what stands there refuses them.
const MODULES: [(&str, &str); 2] = [("cookie", "cookie.trusted"), ("statement", "statement")];
const REFUSAL: (&str, &str) = ("cookie.refused.js", "cookie.js");

/// Puts the entry points into `package`, from `source`, which has all that they import.
pub(crate) fn entry_points(source: &Path, package: &Path) -> Result<()> {
    for (module, anywhere) in MODULES {
        let inside = format!("--alias:#{module}.wasm=./{module}{INSIDE}");
        both(source, module, |_| vec![inside.clone()], (package, anywhere))?;
        for (runtime, form) in AS_FILES {
            let place = format!("./{module}{form}");
            let how = [format!("--alias:#{module}.wasm={place}"), format!("--external:{place}")];
            bundle(source, module, &ESM, &how, &package.join(format!("{module}.{runtime}.js")))?;
        }
        fs::copy(source.join(format!("{module}.wasm")), package.join(format!("{module}.wasm")))?;
    }
    fs::copy(source.join(REFUSAL.0), package.join(REFUSAL.1))?;
    // It loads that one only where it needs it.
    both(source, "client", |format| beside("statement", format), (package, "client"))
}

/// What JavaScript is written as: of each, the ending of its files, and what esbuild is told.
struct Format {
    ending: &'static str,
    flags: &'static [&'static str],
}

const ESM: Format = Format { ending: "js", flags: &["--format=esm"] };
/// For Jest, which can `import()` nothing, and for Node.js, which reads the names that are exported.
const COMMON_JS: Format =
    Format { ending: "cjs", flags: &["--format=cjs", "--platform=node", "--supported:dynamic-import=false"] };

/// An entry point as an ES module and as a CommonJS module.
fn both(
    source: &Path,
    entry: &str,
    how: impl Fn(&Format) -> Vec<String>,
    (package, name): (&Path, &str),
) -> Result<()> {
    for format in [ESM, COMMON_JS] {
        let file = package.join(format!("{name}.{}", format.ending));
        bundle(source, entry, &format, &how(&format), &file)?;
    }
    Ok(())
}

/// Leaves `#NAME` outside: another entry point, in the same format.
fn beside(name: &str, format: &Format) -> Vec<String> {
    let place = format!("./{name}.{}", format.ending);
    vec![format!("--alias:#{name}={place}"), format!("--external:{place}")]
}

fn bundle(source: &Path, entry: &str, format: &Format, how: &[String], file: &Path) -> Result<()> {
    // Beside what is imported, or else the paths of what is left outside would change.
    const BUNDLED: &str = "bundled.js";
    let fixed = ["--bundle", "--target=es2022", "--charset=ascii", "--log-level=warning"];
    let mut bundling = command(&npm::built("esbuild")?, fixed);
    bundling.args(format.flags).arg(format!("{entry}.js")).args(how);
    run(bundling.arg(format!("--outfile={BUNDLED}")).current_dir(source))?;
    fs::copy(source.join(BUNDLED), file)?;
    Ok(())
}

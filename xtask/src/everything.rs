//! All that the tasks fetch, ahead of the first use.

use anyhow::Result;

use crate::setup::{
    BARE_TARGET, CC, CHROMIUM, CXX, FIREFOX, HAPROXY, MUSL, OPENSSL, REDIS, SYSTEMD, WASM_TARGET, WEBKITGTK,
    XVFB, rust_target, tools,
};
use crate::{deploy, npm, package, proxies, redis_servers, schemas};

pub(crate) fn set_up() -> Result<()> {
    rust_target(WASM_TARGET)?;
    rust_target(BARE_TARGET)?;
    tools(&[CC, CXX, MUSL, REDIS, HAPROXY, SYSTEMD, CHROMIUM, FIREFOX, WEBKITGTK, XVFB, OPENSSL])?;
    redis_servers::programs()?;
    deploy::tools()?;
    schemas::tools()?;
    proxies::fetch()?;
    package::assemble()?;
    npm::install("session-wasm/tests")?;
    npm::install("session-wasm/tests/client")?;
    npm::install("session-wasm/examples")?;
    npm::install("session-wasm/bench")?;
    npm::install("web")
}

//! All that the tasks fetch, ahead of the first use.

use anyhow::Result;

use crate::setup::{
    BARE_TARGET, CC, CHROMIUM, CXX, FIREFOX, HAPROXY, IPROUTE, MUSL, OPENSSL, PROMTOOL, REDIS, SYSTEMD,
    UTIL_LINUX, VALGRIND, WASM_TARGET, WEBKITGTK, WRK, XVFB, rust_target, tools,
};
use crate::{book, deploy, migration, miri, mutants, npm, package, proxies, redis_servers, schemas, test};

pub(crate) fn set_up() -> Result<()> {
    rust_target(WASM_TARGET)?;
    rust_target(BARE_TARGET)?;
    tools(&[CC, CXX, MUSL, REDIS, HAPROXY, SYSTEMD, PROMTOOL, UTIL_LINUX, IPROUTE, OPENSSL, VALGRIND])?;
    tools(&[CHROMIUM, FIREFOX, WEBKITGTK, WRK, XVFB])?;
    miri::install()?;
    mutants::tool()?;
    redis_servers::programs()?;
    deploy::tools()?;
    schemas::tools()?;
    proxies::fetch()?;
    migration::fetch()?;
    book::fetch()?;
    package::assemble()?;
    npm::install("session-wasm/tests")?;
    npm::install("session-wasm/tests/client")?;
    npm::install("session-wasm/examples")?;
    npm::install(test::TOOLCHAINS)?;
    npm::install(test::FRAMEWORKS)?;
    npm::install("session-wasm/bench")?;
    npm::install("bench/node")?;
    npm::install("web")
}

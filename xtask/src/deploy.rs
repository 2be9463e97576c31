//! What is in `deploy/`: checked by the tools of those whom it is for, and run.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::process::{command, run};
use crate::setup::{self, CC, REDIS};
use crate::target_dir::target_dir;

/// What each of these is, and which version, by hash.
const TOOLS: &str = "deploy/tools.txt";

pub(crate) fn hold() -> Result<()> {
    setup::tools(&[REDIS, CC])?;
    let tools = tools()?;
    let tool = |name: &str| tools.join(name).to_string_lossy().into_owned();
    // Regions differ in what they have.
    let lint = ["--regions", "eu-central-1", "us-east-1", "--template", "deploy/aws/session-server.yaml"];
    run(&mut command(&tool("cfn-lint"), lint))?;
    run(&mut command(&tool("shellcheck"), ["deploy/aws/start.sh"]))?;
    let test = ["test", "--package", "session-server", "--test", "deploy", "--", "--include-ignored"];
    // What takes a build of its own, and what takes a container engine's own tools.
    let skipped = ["--skip", "image::", "--skip", "docker_compose_understands"];
    run(command("cargo", test).args(skipped).env("DEPLOY_TOOLS", tools))
}

/// The directory with their programs, fetched on first use and again when the list has changed.
pub(crate) fn tools() -> Result<PathBuf> {
    let place = target_dir()?.join("deploy-tools");
    let (programs, list) = (place.join("bin"), place.join("tools.txt"));
    let wanted = fs::read(crate::root::root().join(TOOLS))?;
    if fs::read(&list).is_ok_and(|had| had == wanted) {
        return Ok(programs);
    }
    setup::python_environments()?;
    run(command("python3", ["-m", "venv", "--clear"]).arg(&place))?;
    let install =
        ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary=:all:"];
    let pip = programs.join("pip").to_string_lossy().into_owned();
    run(command(&pip, install).args(["--requirement", TOOLS]))?;
    // Last, so that what was broken off is begun anew.
    fs::write(list, wanted)?;
    Ok(programs)
}

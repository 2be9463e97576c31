//! What is in `deploy/`: checked by the tools of those whom it is for, and run.

use std::path::PathBuf;

use anyhow::Result;

use crate::process::{command, run};
use crate::setup::{self, CC, HAPROXY, KUBECTL, OPENSSL, PROMTOOL, REDIS, SYSTEMD};
use crate::{virtual_environment, workspace};

/// What each of these is, and which version, by hash.
const TOOLS: &str = "deploy/tools.txt";

pub(crate) fn hold() -> Result<()> {
    setup::tools(&[REDIS, CC, HAPROXY, KUBECTL, OPENSSL, SYSTEMD, PROMTOOL])?;
    let tools = tools()?;
    let tool = |name: &str| tools.join(name).to_string_lossy().into_owned();
    // Regions differ in what they have.
    let lint = ["--regions", "eu-central-1", "us-east-1", "--template", "deploy/aws/session-server.yaml"];
    run(&mut command(&tool("cfn-lint"), lint))?;
    run(&mut command(&tool("shellcheck"), ["deploy/aws/start.sh"]))?;
    let test = ["--test", "deploy", "--", "--include-ignored"];
    // What takes a build of its own, and what takes a container engine's own tools.
    let skipped = ["--skip", "image::", "--skip", "docker_compose_understands"];
    run(workspace::cargo("test")?.args(test).args(skipped).env("DEPLOY_TOOLS", tools))
}

/// The directory with their programs.
pub(crate) fn tools() -> Result<PathBuf> {
    virtual_environment::programs("deploy-tools", TOOLS)
}

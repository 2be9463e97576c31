//! The server as one static program.

use std::path::Path;

use anyhow::Result;

use super::VERSION;
use crate::image;
use crate::process::{command, run};
use crate::setup::{self, STRIP};

/// Returns its name.
pub(super) fn put(dist: &Path) -> Result<String> {
    setup::tools(&[STRIP])?;
    let built = image::build()?.join("session-server");
    let name = format!("session-server-{VERSION}-{}", image::triple());
    run(command("strip", ["-o"]).arg(dist.join(&name)).arg(built))?;
    Ok(name)
}

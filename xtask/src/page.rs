//! The page, built by Vite into `session-http/page/`, where that crate embeds it from.

use anyhow::Result;

use crate::process::run;
use crate::{npm, package};

pub(crate) fn build() -> Result<()> {
    package::assemble()?;
    npm::install("web")?;
    run(&mut npm::script("web", "build"))
}

//! The page and the operations view, built by Vite into `session-http/page/` and `session-http/operations/`, where that
//! crate embeds them from.

use anyhow::Result;

use crate::process::run;
use crate::{npm, package};

pub(crate) fn build() -> Result<()> {
    package::assemble()?;
    npm::install("web")?;
    run(&mut npm::script("web", "build"))
}

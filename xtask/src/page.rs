//! The page and the operations view, built by Vite into `session-http/page/` and `session-http/operations/`, where that
//! crate embeds them from.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;

use crate::process::run;
use crate::{npm, package};

/// Once in a run, during which the sources are taken to stay as they are.
pub(crate) fn build() -> Result<()> {
    static IS_BUILT: AtomicBool = AtomicBool::new(false);
    // Where it fails the run is over.
    if IS_BUILT.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    package::assemble()?;
    npm::install("web")?;
    run(&mut npm::script("web", "build"))
}

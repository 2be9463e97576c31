//! The page and the operations view, built by Vite into `session-http/page/` and `session-http/operations/`, where that
//! crate embeds them from.

use std::sync::Mutex;

use anyhow::Result;

use crate::process::run;
use crate::{npm, package};

/// Once in a run, during which the sources are taken to stay as they are.
pub(crate) fn build() -> Result<()> {
    static IS_BUILT: Mutex<bool> = Mutex::new(false);
    let mut is_built = IS_BUILT.lock().expect("no panic while it is built");
    if !*is_built {
        package::assemble()?;
        npm::install("web")?;
        run(&mut npm::script("web", "build"))?;
        *is_built = true;
    }
    Ok(())
}

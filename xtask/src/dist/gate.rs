//! What holds of all that a release is made of: its licences, where it is from, and that nothing bad is known of it.

use anyhow::{Context, Result};

use super::tools::DENY;
use crate::process::{command, run};
use crate::root::root;

/// With lock files: what builds the package, and what builds the page. Neither ships anything of theirs but `session-wasm`.
const FOLDERS: [&str; 2] = ["session-wasm/build", "web"];

pub(super) fn hold() -> Result<()> {
    // By `deny.toml`. What cannot be asked of the advisories fails as what they say does.
    run(&mut DENY.command(&["--locked", "check", "licenses", "bans", "sources", "advisories"])?)
        .context("the crates do not pass, or the database of advisories could not be fetched")?;
    for folder in FOLDERS {
        run(command("npm", ["audit", "--audit-level=low"]).current_dir(root().join(folder)))
            .with_context(|| format!("{folder} does not pass, or the registry would not audit it"))?;
    }
    Ok(())
}

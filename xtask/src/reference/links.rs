//! Where more is said than what there is.

use std::path::Path;

use anyhow::{Result, ensure};

pub(crate) const RUNNING: &str = "../operating.md";
pub(crate) const EVENTS: &str = "../operating.md#events";
pub(crate) const METRICS: &str = "../operating.md#metrics";
pub(crate) const SPANS: &str = "../operating.md#spans";
pub(crate) const AUDIT_LOG: &str = "../operating.md#audit-log";

/// Fails unless each file that a page of this directory leads to is there.
pub(crate) fn hold(page: &str, directory: &Path) -> Result<()> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    for (target, _) in targets {
        let file = target.split('#').next().unwrap_or_default();
        ensure!(file.is_empty() || directory.join(file).exists(), "it leads to {target}, which is not there");
    }
    Ok(())
}

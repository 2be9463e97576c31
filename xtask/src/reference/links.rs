//! Where more is said than what there is.

use std::path::Path;

use anyhow::{Result, ensure};

pub(crate) const RUNNING: &str = "../running.md";
pub(crate) const EVENTS: &str = "../events.md";
pub(crate) const METRICS: &str = "../telemetry.md#metrics";
pub(crate) const SPANS: &str = "../telemetry.md#spans";
pub(crate) const AUDIT_LOG: &str = "../telemetry.md#audit-log";

/// Fails unless each file that a page of this directory leads to is there.
pub(crate) fn hold(page: &str, directory: &Path) -> Result<()> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    for (target, _) in targets {
        let file = target.split('#').next().unwrap_or_default();
        ensure!(file.is_empty() || directory.join(file).exists(), "it leads to {target}, which is not there");
    }
    Ok(())
}

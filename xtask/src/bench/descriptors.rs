//! How many files, and thus connections, a program may have open.

use std::fs;

use anyhow::{Context, Result};

use crate::process::{command, run};

/// More than anything here wants.
const ENOUGH: u64 = 1 << 16;

/// What is started from now on may have as many as the system lets it, or enough. Tells how many that is.
pub(super) fn raise() -> Result<u64> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let limit = hard_limit(&limits).context("the system tells no limit of open files")?.min(ENOUGH);
    let (this, limits) = (std::process::id().to_string(), format!("--nofile={limit}:{limit}"));
    run(&mut command("prlimit", ["--pid", &this, &limits]))?;
    Ok(limit)
}

fn hard_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().nth(1)? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::hard_limit;

    #[test]
    fn the_hard_limit_is_the_second_one() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max open files            1024                 524288               files     \n";
        assert_eq!(hard_limit(limits), Some(524_288));
        assert_eq!(hard_limit("Max open files   1024   unlimited   files"), Some(u64::MAX));
        assert_eq!(hard_limit("Max processes   1024   524288   processes"), None);
    }
}

//! What an operator should know of a server as it is set.

use std::collections::BTreeSet;

use redis::aio::MultiplexedConnection;

/// What there is to say of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Advice {
    /// The user may not ask.
    Unknown,
    /// What is not as it should be.
    Known(BTreeSet<Finding>),
}

/// What is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Finding {
    /// Nothing is written to the disk as it happens (F2).
    NoAppendOnlyFile,
    /// A full server makes room by ending sessions (F13).
    Evicts,
    /// Nobody has what is lost with this server.
    NoReplica,
    /// There are slots that nobody has.
    Uncovered,
}

impl Advice {
    pub(super) async fn ask(connection: &mut MultiplexedConnection, needs_replica: bool) -> Self {
        let info = redis::cmd("INFO").query_async::<String>(connection).await;
        let Ok(info) = info else { return Self::Unknown };
        let coverage = match setting(&info, "cluster_enabled") {
            Some("1") => {
                redis::cmd("CLUSTER").arg("INFO").query_async::<String>(connection).await.unwrap_or_default()
            }
            _ => String::new(),
        };
        Self::of(&info, &coverage, needs_replica)
    }

    fn of(info: &str, coverage: &str, needs_replica: bool) -> Self {
        let (Some(aof), Some(policy)) = (setting(info, "aof_enabled"), setting(info, "maxmemory_policy"))
        else {
            return Self::Unknown;
        };
        let findings = [
            (Finding::NoAppendOnlyFile, aof != "1"),
            (Finding::Evicts, policy != "noeviction"),
            (Finding::NoReplica, needs_replica && setting(info, "connected_slaves") == Some("0")),
            (Finding::Uncovered, setting(coverage, "cluster_slots_ok").is_some_and(|slots| slots != "16384")),
        ];
        Self::Known(findings.into_iter().filter(|(_, is_so)| *is_so).map(|(finding, _)| finding).collect())
    }

    pub(super) fn tell(&self, address: &str) {
        let findings = match self {
            Self::Unknown => {
                tracing::info!(
                    address,
                    "unknown whether redis keeps sessions through a restart and when full: INFO is refused"
                );
                return;
            }
            Self::Known(findings) => findings,
        };
        if findings.is_empty() {
            tracing::info!(address, "redis keeps sessions through a restart and when full");
        }
        findings.iter().for_each(|finding| finding.tell(address));
    }
}

impl Finding {
    fn tell(self, address: &str) {
        match self {
            Self::NoAppendOnlyFile => {
                tracing::warn!(address, "redis loses sessions when it is killed: set `appendonly yes`");
            }
            Self::Evicts => {
                tracing::warn!(
                    address,
                    "redis ends sessions when it is full: set `maxmemory-policy noeviction`"
                );
            }
            Self::NoReplica => {
                tracing::warn!(
                    address,
                    "redis has no replica, so nothing is confirmed and every change is refused: add one, or set \
                     `--durability async`"
                );
            }
            Self::Uncovered => {
                tracing::warn!(
                    address,
                    "redis cluster has slots that no node serves, and sessions in them are unavailable: assign them"
                );
            }
        }
    }
}

/// The value of a line `name:value`.
fn setting<'i>(info: &'i str, name: &str) -> Option<&'i str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F2, F13: what a start warns of.
    #[test]
    fn settings_that_lose_sessions_are_warned_of() {
        let advice = |aof, policy, replicas, needs_replica, slots| {
            let info = format!(
                "# Persistence\r\naof_enabled:{aof}\r\n\r\nmaxmemory_policy:{policy}\r\nconnected_slaves:{replicas}\r\n"
            );
            match Advice::of(&info, &format!("cluster_slots_ok:{slots}\r\n"), needs_replica) {
                Advice::Known(findings) => findings.into_iter().collect::<Vec<_>>(),
                Advice::Unknown => panic!("unknown"),
            }
        };
        assert_eq!(advice(1, "noeviction", 0, false, 16_384), []);
        assert_eq!(advice(1, "noeviction", 1, true, 16_384), []);
        assert_eq!(advice(0, "noeviction", 0, false, 16_384), [Finding::NoAppendOnlyFile]);
        assert_eq!(advice(1, "allkeys-lru", 0, false, 16_384), [Finding::Evicts]);
        assert_eq!(advice(1, "noeviction", 0, true, 16_384), [Finding::NoReplica]);
        assert_eq!(advice(1, "noeviction", 0, false, 10_923), [Finding::Uncovered]);
        assert_eq!(Advice::of("", "", true), Advice::Unknown);
    }
}

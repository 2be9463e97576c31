//! What one node of a cluster says of who has which slots.

use redis::{Cmd, RedisResult, Value, cmd, from_redis_value};

/// Host and port.
pub(super) type Node = (String, u16);

/// Who has which slots, as one node says.
pub(super) struct View {
    /// Whether its side of the cluster has a majority.
    is_well: bool,
    epoch: u64,
    pub(super) ranges: Vec<(u16, u16, Node)>,
}

/// What it is asked.
pub(super) fn questions() -> [Cmd; 2] {
    ["INFO", "SLOTS"].map(|what| cmd("CLUSTER").arg(what).to_owned())
}

impl View {
    /// What a node says, at a host that it may call its own by no name.
    pub(super) fn read(host: &str, answers: Vec<RedisResult<Value>>) -> Option<Self> {
        let mut answers = answers.into_iter();
        let (info, slots) = (answers.next()?.ok()?, answers.next()?.ok()?);
        let info: String = from_redis_value(info).ok()?;
        let epoch = info.lines().find_map(|line| line.strip_prefix("cluster_current_epoch:"))?.trim();
        let is_well = info.lines().any(|line| line.trim() == "cluster_state:ok");
        let entries: Vec<Vec<Value>> = from_redis_value(slots).ok()?;
        let range = |entry: Vec<Value>| {
            let mut parts = entry.into_iter();
            let first = from_redis_value(parts.next()?).ok()?;
            let last = from_redis_value(parts.next()?).ok()?;
            // The first is the primary, the others are its replicas.
            let node: Vec<Value> = from_redis_value(parts.next()?).ok()?;
            let mut node = node.into_iter();
            let name: Option<String> = from_redis_value(node.next()?).ok()?;
            let port = from_redis_value(node.next()?).ok()?;
            // Of its own it is the host that we know; of others nobody knows.
            let name = name.filter(|name| !name.is_empty());
            if name.as_deref() == Some("?") {
                return None;
            }
            Some((first, last, (name.unwrap_or_else(|| host.to_owned()), port)))
        };
        let ranges: Vec<_> = entries.into_iter().map(range).collect::<Option<_>>()?;
        Some(Self { is_well, epoch: epoch.parse().ok()?, ranges })
    }

    /// Whoever sees the most of the cluster knows best, and then whoever knows of the latest failover: those
    /// that are cut off count failovers that cannot be.
    pub(super) fn merit(&self) -> (bool, u64) {
        (self.is_well, self.epoch)
    }
}

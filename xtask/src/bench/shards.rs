//! Where sessions are: one Redis, or a cluster of one or more.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::redis::{Redis, SESSIONS, free_port};

const SLOTS: usize = 16_384;

/// How long nodes may take to know each other.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Shards {
    nodes: Vec<Redis>,
    url: String,
}

impl Shards {
    pub(super) fn alone(directory: &Path) -> Result<Self> {
        let redis = Redis::start(directory)?;
        Ok(Self { url: redis.url(SESSIONS), nodes: vec![redis] })
    }

    pub(super) fn cluster(count: usize, directory: &Path) -> Result<Self> {
        let buses = (0..count).map(|_| free_port()).collect::<Result<Vec<_>>>()?;
        let nodes: Vec<_> = buses.iter().map(|bus| start(*bus, directory)).collect::<Result<_>>()?;
        for (place, node) in nodes.iter().enumerate() {
            let edge = |place: usize| SLOTS * place / count;
            let (first, last) = (edge(place).to_string(), (edge(place + 1) - 1).to_string());
            node.ask(SESSIONS, &["CLUSTER", "ADDSLOTSRANGE", &first, &last])?;
            node.ask(SESSIONS, &["CLUSTER", "SET-CONFIG-EPOCH", &(place + 1).to_string()])?;
        }
        for (node, bus) in nodes.iter().zip(&buses).skip(1) {
            let (port, bus) = (node.port().to_string(), bus.to_string());
            nodes[0].ask(SESSIONS, &["CLUSTER", "MEET", "127.0.0.1", &port, &bus])?;
        }
        let started = Instant::now();
        while !nodes.iter().all(|node| knows_all(node, count)) {
            ensure!(started.elapsed() < PATIENCE, "the nodes of a cluster do not know each other");
            sleep(Duration::from_millis(50));
        }
        let hosts: Vec<_> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        Ok(Self { url: format!("redis+cluster://{}", hosts.join(",")), nodes })
    }

    /// As a store is told.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// What all have of memory while nobody asks, in bytes.
    pub(super) fn memory_at_rest(&self) -> Result<f64> {
        self.nodes.iter().map(Redis::memory_at_rest).sum()
    }

    /// The same with what it takes to answer those who ask now.
    pub(super) fn used_memory(&self) -> Result<f64> {
        self.nodes.iter().map(Redis::used_memory).sum()
    }
}

fn start(bus: u16, directory: &Path) -> Result<Redis> {
    let (bus, file) = (bus.to_string(), format!("cluster-{bus}.conf"));
    let flags = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-config-file", &file];
    Redis::start_with(&flags, directory)
}

fn knows_all(node: &Redis, count: usize) -> bool {
    let nodes = format!("cluster_known_nodes:{count}");
    let says = |info: String| info.contains("cluster_state:ok") && info.contains(&nodes);
    node.ask(SESSIONS, &["CLUSTER", "INFO"]).is_ok_and(says)
}

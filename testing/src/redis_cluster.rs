//! A real cluster on the loopback interface.

use std::collections::BTreeMap;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use session_core::UnixTime;

use crate::ports::free_port;
use crate::redis_server::RedisServer;

const SLOTS: usize = 16_384;

/// How long nodes may take to know each other on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// So many seconds of a standing clock it may take; the nodes do nothing while it stands.
const HEAD_START: Duration = Duration::from_secs(3_600);

/// Nodes that are killed when they are dropped.
pub struct RedisCluster {
    /// The primaries, each with as many slots, and then the replicas in the same order.
    pub nodes: Vec<RedisServer>,
    primaries: usize,
}

impl RedisCluster {
    /// Three primaries whose wall clock stands until the test moves it.
    pub fn start_at(now: UnixTime) -> Self {
        // While the clock stands no node is late, and when it is moved all of them would be.
        let cluster = Self::start_nodes(3, 3, "1000000000000", Some(now.saturating_sub(HEAD_START)));
        cluster.introduce(Some(now.saturating_sub(HEAD_START)));
        cluster.set_clock(now);
        cluster
    }

    /// Three primaries with a replica each, who take over from one that was silent for two seconds.
    pub fn start_with_replicas() -> Self {
        let cluster = Self::start_nodes(3, 6, "2000", None);
        cluster.introduce(None);
        for (primary, replica) in cluster.nodes[..3].iter().zip(&cluster.nodes[3..]) {
            let _: String = replica.run(&["CLUSTER", "REPLICATE", &id_of(primary)]);
        }
        let replicate = |node: &RedisServer| {
            node.run::<String>(&["INFO", "replication"]).contains("master_link_status:up")
        };
        cluster.wait_until(None, "replicas", |cluster| cluster.nodes[3..].iter().all(replicate));
        // Each primary has to have told the others of its replica.
        let known = |node: &RedisServer| {
            let slots: Vec<Vec<redis::Value>> = node.run(&["CLUSTER", "SLOTS"]);
            slots.iter().all(|range| range.len() == 4)
        };
        cluster.wait_until(None, "replicas known", |cluster| cluster.nodes.iter().all(known));
        cluster
    }

    fn start_nodes(primaries: usize, nodes: usize, timeout: &str, now: Option<UnixTime>) -> Self {
        let start = |_| {
            let bus = free_port().to_string();
            let flags = [
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                &bus,
                "--cluster-node-timeout",
                timeout,
                "--cluster-require-full-coverage",
                "no",
            ];
            RedisServer::start_with(&flags, now)
        };
        Self { nodes: (0..nodes).map(start).collect(), primaries }
    }

    /// Gives the primaries their slots, and has all know each other.
    fn introduce(&self, mut now: Option<UnixTime>) {
        for (place, primary) in self.nodes[..self.primaries].iter().enumerate() {
            let edge = |place: usize| SLOTS * place / self.primaries;
            let (first, last) = (edge(place).to_string(), (edge(place + 1) - 1).to_string());
            let _: String = primary.run(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
            let _: String = primary.run(&["CLUSTER", "SET-CONFIG-EPOCH", &(place + 1).to_string()]);
        }
        for node in &self.nodes[1..] {
            let bus: Vec<String> = node.run(&["CONFIG", "GET", "cluster-port"]);
            let _: String =
                self.nodes[0].run(&["CLUSTER", "MEET", "127.0.0.1", &node.port().to_string(), &bus[1]]);
        }
        let count = self.nodes.len();
        self.wait_until(now.as_mut(), "nodes", |cluster| {
            cluster.nodes.iter().all(|node| {
                let info: String = node.run(&["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok") && info.contains(&format!("cluster_known_nodes:{count}"))
            })
        });
    }

    fn wait_until(&self, mut now: Option<&mut UnixTime>, what: &str, is_so: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !is_so(self) {
            assert!(started.elapsed() < PATIENCE, "the cluster waits for its {what}");
            if let Some(now) = now.as_deref_mut() {
                *now = now.saturating_add(Duration::from_secs(1));
                self.set_clock(*now);
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Moves the wall clocks of a cluster that was [started at](Self::start_at) a time.
    pub fn set_clock(&self, now: UnixTime) {
        self.nodes.iter().for_each(|node| node.set_clock(now));
    }

    /// Where it is, as a store is told, for a user that was [added](RedisServer::add_user) to each node.
    pub fn url_for(&self, user: &str) -> String {
        let hosts: Vec<_> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        format!("redis+cluster://{user}:canary-of-redis@{}", hosts.join(","))
    }

    /// The primary that had a key's slot to begin with.
    pub fn primary_of(&self, key: &str) -> usize {
        // Any node knows; replicas are not killed.
        let slot: usize = self.nodes[self.nodes.len() - 1].run(&["CLUSTER", "KEYSLOT", key]);
        slot * self.primaries / SLOTS
    }

    /// Moves slots from one primary to another with their keys, as operators do.
    pub fn move_slots(&self, from: usize, to: usize, count: usize) {
        let output = Command::new("redis-cli")
            .args(["--cluster", "reshard", &format!("127.0.0.1:{}", self.nodes[from].port())])
            .args(["--cluster-from", &id_of(&self.nodes[from]), "--cluster-to", &id_of(&self.nodes[to])])
            .args(["--cluster-slots", &count.to_string(), "--cluster-yes"])
            .output()
            .expect("redis-cli, which comes with redis-server");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        // Who is not yet told would make the next one fail.
        let owners = |node: &RedisServer| {
            let nodes: String = node.run(&["CLUSTER", "NODES"]);
            let slots = nodes.lines().filter_map(|line| {
                let mut words = line.split(' ');
                let id = words.next()?.to_owned();
                Some((id, words.skip(7).map(str::to_owned).collect::<Vec<_>>()))
            });
            slots.filter(|(_, slots)| !slots.is_empty()).collect::<BTreeMap<_, _>>()
        };
        self.wait_until(None, "map", |cluster| {
            let maps: Vec<_> = cluster.nodes.iter().map(owners).collect();
            maps.windows(2).all(|pair| pair[0] == pair[1])
        });
    }
}

fn id_of(node: &RedisServer) -> String {
    node.run(&["CLUSTER", "MYID"])
}

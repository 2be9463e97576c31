//! What there is under the stores, and what befalls it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use session_engine::SystemClock;
use session_engine::store::Documents;
use session_engine::store::redis::{Durability, RedisSettings, RedisStore};
use session_testing::{RedisCluster, RedisServer, Sentinel};
use tokio::time::sleep;

use crate::harness::until_available;

/// So many servers share what there is.
const SERVERS: usize = 3;

async fn open(settings: &RedisSettings) -> Vec<Arc<dyn Documents>> {
    let mut stores = Vec::new();
    for _ in 0..SERVERS {
        let store = RedisStore::open(settings, Arc::new(SystemClock)).unwrap();
        until_available(&store).await;
        stores.push(Arc::new(store) as Arc<dyn Documents>);
    }
    stores
}

/// One primary that writes what it does to its disk, which hangs at times.
pub(super) struct Restarts {
    pub(super) redis: RedisServer,
}

impl Restarts {
    pub(super) fn start() -> Self {
        Self::start_asking_its_disk("always")
    }

    /// It answers before the disk has what it answers.
    pub(super) fn start_lazy() -> Self {
        Self::start_asking_its_disk("everysec")
    }

    fn start_asking_its_disk(often: &str) -> Self {
        Self { redis: RedisServer::start_on_held_disk(&["--appendonly", "yes", "--appendfsync", often]) }
    }

    pub(super) async fn open(&self) -> Vec<Arc<dyn Documents>> {
        open(&RedisSettings::new(&self.redis.url())).await
    }

    /// One fault after the other.
    pub(super) async fn fail(mut self, seed: u64, span: Duration) {
        let mut dice = StdRng::seed_from_u64(seed);
        let begun = Instant::now();
        while begun.elapsed() < span {
            sleep(Duration::from_millis(dice.random_range(200..600))).await;
            match dice.random_range(0..4) {
                0 => {
                    self.redis.restart();
                    self.redis.wait_until_it_answers();
                }
                // It dies while it waits for its disk.
                1 => {
                    self.redis.hold_disk();
                    sleep(Duration::from_millis(dice.random_range(50..1_500))).await;
                    self.redis.kill();
                    self.redis.release_disk();
                    self.redis.restart();
                    self.redis.wait_until_it_answers();
                }
                2 => {
                    self.redis.stop();
                    sleep(Duration::from_millis(dice.random_range(50..800))).await;
                    self.redis.resume();
                }
                _ => {
                    let _: u64 = self.redis.run(&["CLIENT", "KILL", "TYPE", "normal"]);
                }
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// A primary with a replica and three sentinels. Of two replicas it would be the sentinels that choose, and
/// perhaps not the one that confirmed.
pub(super) struct Failover {
    primary: RedisServer,
    pub(super) replica: RedisServer,
    sentinels: [Sentinel; 3],
}

impl Failover {
    pub(super) fn start() -> Self {
        let primary = RedisServer::start_durable();
        let replica = RedisServer::start_replica_of(&primary);
        let sentinels = [(); 3].map(|()| Sentinel::watch(&primary, 2));
        sentinels.iter().for_each(|sentinel| sentinel.wait_until_it_knows(1, 2));
        Self { primary, replica, sentinels }
    }

    fn settings(&self) -> RedisSettings {
        let hosts = self.sentinels.each_ref().map(|sentinel| format!("127.0.0.1:{}", sentinel.port()));
        RedisSettings::new(&format!("redis+sentinel://{}/{}", hosts.join(","), Sentinel::NAME))
    }

    pub(super) async fn open_async(&self) -> Vec<Arc<dyn Documents>> {
        open(&self.settings()).await
    }

    pub(super) async fn open_strict(&self) -> Vec<Arc<dyn Documents>> {
        open(&self.settings().durability(Durability::Strict)).await
    }

    /// The replica loses its primary now and then, and finds it again.
    pub(super) async fn lag(&self, span: Duration) {
        let follow = |port: u16| {
            let _: String = self.replica.run(&["REPLICAOF", "127.0.0.1", &port.to_string()]);
        };
        let begun = Instant::now();
        while begun.elapsed() < span {
            // Where nobody is.
            follow(1);
            sleep(Duration::from_millis(300)).await;
            follow(self.primary.port());
            sleep(Duration::from_millis(1_500)).await;
        }
    }

    /// The primary goes on without its replica for a moment, and then dies.
    pub(super) async fn fail(mut self, seed: u64) {
        let mut dice = StdRng::seed_from_u64(seed);
        sleep(Duration::from_millis(dice.random_range(500..1_500))).await;
        self.replica.stop();
        let _: u64 = self.primary.run(&["CLIENT", "KILL", "TYPE", "replica"]);
        sleep(Duration::from_millis(dice.random_range(200..700))).await;
        self.primary.kill();
        self.replica.resume();
        let old = self.primary.port();
        while self.sentinels.iter().any(|sentinel| sentinel.primary() == old) {
            sleep(Duration::from_millis(20)).await;
        }
        sleep(Duration::from_secs(2)).await;
        // It comes back with what it has, and learns that it is none any more.
        self.primary.restart();
        self.primary.wait_until_it_answers();
        sleep(Duration::from_secs(2)).await;
    }
}

/// Three primaries with a replica each.
pub(super) struct Cluster(RedisCluster);

impl Cluster {
    pub(super) fn start() -> Self {
        Self(RedisCluster::start_with_replicas())
    }

    pub(super) async fn open_strict(&self) -> Vec<Arc<dyn Documents>> {
        let hosts: Vec<_> = self.0.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        let url = format!("redis+cluster://{}", hosts.join(","));
        open(&RedisSettings::new(&url).durability(Durability::Strict)).await
    }

    pub(super) async fn fail(self) {
        let moved = tokio::task::spawn_blocking(|| {
            self.0.move_slots(0, 1, 1_000);
            self.0
        });
        let mut cluster = moved.await.unwrap();
        cluster.nodes[2].kill();
        sleep(Duration::from_secs(6)).await;
        cluster.nodes[2].restart();
        sleep(Duration::from_secs(2)).await;
    }
}

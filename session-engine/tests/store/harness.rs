//! The stores, fresh and empty, with clocks that a test moves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redb::{ReadableDatabase, ReadableTableMetadata};
use session_engine::store::embedded::EmbeddedStore;
use session_engine::store::redis::{Durability, RedisSettings, RedisStore};
use session_engine::store::testing::{EventHarness, Harness, START, entry_of, subject_of};
use session_engine::store::{Documents, EventLog, Freshness, Store, SubjectIndex};
use session_engine::{Clock, ManualClock};
use session_testing::{RedisCluster, RedisServer};
use tempfile::TempDir;

/// The embedded store in a directory of its own.
pub(crate) struct Embedded {
    store: Arc<EmbeddedStore>,
    clock: ManualClock,
    directory: TempDir,
}

impl Harness for Embedded {
    // Each round waits for the disk several times.
    const ROUNDS: usize = 3_000;

    async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = ManualClock::at(START);
        let store = EmbeddedStore::open(directory.path(), Arc::new(clock.clone())).expect("a store");
        Self { store: Arc::new(store), clock, directory }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn second_server(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    async fn count_rows(self) -> Option<u64> {
        // Every transaction sweeps a batch, so these sweep more than any test leaves.
        for _ in 0..10 {
            self.store.delete(&entry_of("nobody")).await.expect("a deletion");
        }
        drop(self.store);
        let database = redb::Database::open(self.directory.path().join("sessions.redb")).expect("the file");
        let transaction = database.begin_read().expect("a transaction");
        let tables = transaction.list_tables().expect("the tables");
        Some(tables.map(|table| transaction.open_untyped_table(table).unwrap().len().unwrap()).sum())
    }
}

impl EventHarness for Embedded {
    fn log(&self) -> Arc<dyn EventLog> {
        self.store.clone()
    }
}

/// Redis with two servers on it.
pub(crate) struct OnRedis {
    store: Arc<RedisStore>,
    second_server: Arc<RedisStore>,
    clock: ManualClock,
    pub(crate) redis: RedisServer,
}

impl Harness for OnRedis {
    const ROUNDS: usize = 3_000;

    async fn start() -> Self {
        let redis = RedisServer::start_at(START, &[]);
        let clock = ManualClock::at(START);
        let store = connect(&redis, &clock).await;
        let second_server = connect(&redis, &clock).await;
        Self { store, second_server, clock, redis }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn second_server(&self) -> Arc<dyn Store> {
        self.second_server.clone()
    }

    fn advance(&self, span: Duration) {
        self.clock.advance(span);
        self.redis.set_clock(self.clock.now());
    }

    async fn count_rows(self) -> Option<u64> {
        // Redis expires what nobody asks for a few times a second, in its own time.
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let keys = self.redis.run(&["DBSIZE"]);
            if keys == 0 || Instant::now() > deadline {
                return Some(keys);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl EventHarness for OnRedis {
    fn log(&self) -> Arc<dyn EventLog> {
        self.store.clone()
    }

    fn second_log(&self) -> Arc<dyn EventLog> {
        self.second_server.clone()
    }
}

/// A cluster of three primaries with two servers on it.
pub(crate) struct OnCluster {
    store: Arc<RedisStore>,
    second_server: Arc<RedisStore>,
    clock: ManualClock,
    pub(crate) cluster: RedisCluster,
}

impl Harness for OnCluster {
    const ROUNDS: usize = 1_000;

    async fn start() -> Self {
        let cluster = RedisCluster::start_at(START);
        let clock = ManualClock::at(START);
        let store = connect_to_cluster(&cluster, Durability::Async, Arc::new(clock.clone())).await;
        let second_server = connect_to_cluster(&cluster, Durability::Async, Arc::new(clock.clone())).await;
        Self { store, second_server, clock, cluster }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn second_server(&self) -> Arc<dyn Store> {
        self.second_server.clone()
    }

    fn advance(&self, span: Duration) {
        self.clock.advance(span);
        self.cluster.set_clock(self.clock.now());
    }
}

impl EventHarness for OnCluster {
    fn log(&self) -> Arc<dyn EventLog> {
        self.store.clone()
    }

    fn second_log(&self) -> Arc<dyn EventLog> {
        self.second_server.clone()
    }
}

/// A store on a cluster, once every primary answers it: as a user with what it needs and nothing else.
pub(crate) async fn connect_to_cluster(
    cluster: &RedisCluster,
    durability: Durability,
    clock: Arc<dyn Clock>,
) -> Arc<RedisStore> {
    let settings = RedisSettings::new(&cluster.url_for("sessions")).durability(durability);
    for node in &cluster.nodes {
        node.add_user("sessions", &settings.acl_rules_with_events().unwrap());
    }
    let store = Arc::new(RedisStore::open(&settings, clock).expect("a store"));
    let begun = Instant::now();
    // Sessions of any slot, on either connection.
    for number in 0..50 {
        let entry = entry_of(&format!("somebody-{number}"));
        while store.load(entry.id, Freshness::Confirmed, None).await.is_err()
            || store.list(subject_of(&entry), Freshness::Confirmed).await.is_err()
        {
            assert!(begun.elapsed() < Duration::from_secs(20), "the store does not find its cluster");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    store
}

/// A store on this server, once it is connected: as a user with what it needs and nothing else (R46).
pub(crate) async fn connect(redis: &RedisServer, clock: &ManualClock) -> Arc<RedisStore> {
    let settings = RedisSettings::new(&redis.url_for("sessions"));
    redis.add_user("sessions", &settings.acl_rules_with_events().unwrap());
    let store = RedisStore::open(&settings, Arc::new(clock.clone())).expect("a store");
    until_available(&store).await;
    Arc::new(store)
}

/// Waits for a store to find its server, and says how long that took.
pub(crate) async fn until_available(store: &RedisStore) -> Duration {
    let begun = Instant::now();
    while !store.is_available() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the store does not find its server");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    begun.elapsed()
}

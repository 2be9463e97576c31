//! What the suite needs of a store: a fresh one, and a way to move its time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redb::{ReadableDatabase, ReadableTableMetadata};
use session_core::{SessionId, UnixTime};
use session_server::store::embedded::EmbeddedStore;
use session_server::store::redis::RedisStore;
use session_server::store::{Entry, Store};
use session_server::{Clock, ManualClock, Subject};
use tempfile::TempDir;

use super::redis_server::RedisServer;

/// When every test begins.
pub(crate) const START: UnixTime = UnixTime::from_secs(1_800_000_000);
/// The idle timeout that tests use.
pub(crate) const IDLE: Duration = Duration::from_secs(30 * 60);
/// The absolute timeout that tests use.
pub(crate) const ABSOLUTE: Duration = Duration::from_secs(12 * 60 * 60);

/// A store of one kind, fresh and empty, at [`START`].
pub(crate) trait Harness {
    /// How many rounds of a race the store can run in a test's time; `RACE_ROUNDS` overrides it
    /// for late saves.
    const ROUNDS: usize;

    async fn start() -> Self;

    /// The store as one server has it.
    fn store(&self) -> Arc<dyn Store>;

    /// The same store as a second server has it, if there can be one.
    fn second_server(&self) -> Arc<dyn Store>;

    /// Moves the time of the store and of what it runs on.
    fn advance(&self, span: Duration);

    /// How many keys or rows are left once everything that is due was swept. Nobody else may have
    /// the store open by then.
    async fn count_rows(self) -> u64;
}

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

    async fn count_rows(self) -> u64 {
        // Every transaction sweeps a batch, so these sweep more than any test leaves.
        for _ in 0..10 {
            self.store.delete(&entry_of("nobody")).await.expect("a deletion");
        }
        drop(self.store);
        let database = redb::Database::open(self.directory.path().join("sessions.redb")).expect("the file");
        let transaction = database.begin_read().expect("a transaction");
        let tables = transaction.list_tables().expect("the tables");
        tables.map(|table| transaction.open_untyped_table(table).unwrap().len().unwrap()).sum()
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
    const ROUNDS: usize = 10_000;

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

    async fn count_rows(self) -> u64 {
        // Redis expires what nobody asks for a few times a second, in its own time.
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let keys = self.redis.run(&["DBSIZE"]);
            if keys == 0 || Instant::now() > deadline {
                return keys;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A store on this server, once it is connected.
pub(crate) async fn connect(redis: &RedisServer, clock: &ManualClock) -> Arc<RedisStore> {
    let store = RedisStore::open(&redis.url(), Arc::new(clock.clone())).expect("a store");
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

/// A new session of `subject` that starts at [`START`].
pub(crate) fn entry_of(subject: &str) -> Entry {
    Entry {
        id: SessionId::generate().expect("entropy"),
        subject: subject_called(subject),
        issued_at: START,
        absolute_expires_at: START.saturating_add(ABSOLUTE),
    }
}

pub(crate) fn subject_called(name: &str) -> Subject {
    Subject::new(name).expect("a subject")
}

/// The idle deadline of a session that starts at [`START`].
pub(crate) fn first_deadline() -> UnixTime {
    START.saturating_add(IDLE)
}

/// A number below `bound`, good enough to vary a test.
pub(crate) fn random_below(bound: usize) -> usize {
    let id = SessionId::generate().expect("entropy");
    usize::from(u16::from_le_bytes([id.as_bytes()[0], id.as_bytes()[1]])) % bound
}

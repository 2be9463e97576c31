//! What is said to be done is on a replica too, where that is asked for (R55).

use std::sync::Arc;
use std::time::{Duration, Instant};

use session_engine::store::redis::{Durability, RedisSettings, RedisStore};
use session_engine::store::testing::{ABSOLUTE, IDLE, entry_of, subject_of};
use session_engine::store::{Creation, Documents, Entry, Freshness, Outcome, Store, Trouble, Unavailable};
use session_engine::{Clock, SystemClock};
use session_testing::RedisServer;
use tokio::task::JoinSet;

use super::harness::until_available;

/// R55: it is a 503, in time, and the trouble is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_no_replica_has_is_not_done() {
    let pair = Pair::start(Durability::Strict).await;
    let entry = pair.create().await.unwrap();
    assert_eq!(pair.store.update(entry.id, b"document", b"new").await, Ok(Outcome::Done));
    pair.replica.stop();
    for change in 0..CHANGES {
        let begun = Instant::now();
        assert!(is_unavailable(&*pair.store, &entry, change).await, "change {change}");
        assert!(begun.elapsed() < Duration::from_secs(1), "change {change} took {:?}", begun.elapsed());
    }
    let is_told =
        |trouble: &Trouble| (trouble.asked.as_str(), trouble.reason.as_str()) == ("WAIT", "NOREPLICAS");
    assert!(pair.store.troubles().iter().any(is_told), "{:?}", pair.store.troubles());
    assert!(pair.store.is_available(), "who only reads has nothing to wait for");
    let nobody = pair.store.load(entry_of("alice").id, Freshness::Confirmed, None).await;
    assert_eq!(nobody, Err(Unavailable), "gone is what no failover brings back");
    pair.replica.resume();
    let begun = Instant::now();
    while pair.create().await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(5), "nothing is confirmed any more");
    }
}

/// R55. That a session is gone is no more certain than that it was deleted: the other server changed nothing,
/// and `WAIT` alone would have nothing to wait for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_server_did_is_confirmed_by_a_replica_too() {
    let pair = Pair::start(Durability::Strict).await;
    let entry = pair.create().await.unwrap();
    let other = pair.open(Durability::Strict).await;
    // It stays connected.
    pair.replica.stop();
    assert_eq!(pair.store.delete(&entry).await, Err(Unavailable));
    assert_eq!(other.delete(&entry).await, Err(Unavailable));
    assert_eq!(other.load(entry.id, Freshness::Confirmed, None).await, Err(Unavailable));
    assert_eq!(other.update(entry.id, b"document", b"new").await, Err(Unavailable));
    pair.replica.resume();
    let begun = Instant::now();
    while other.load(entry.id, Freshness::Confirmed, None).await != Ok(None) {
        assert!(begun.elapsed() < Duration::from_secs(5), "nothing is confirmed any more");
    }
    assert_eq!(other.delete(&entry).await, Ok(false));
}

/// R55, R78. Whatever comes after a confirmation on its connection waits for it too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_waits_for_no_replica() {
    let pair = Pair::start(Durability::Strict).await;
    let entry = pair.create().await.unwrap();
    pair.replica.stop();
    let store = Arc::clone(&pair.store);
    let changes = tokio::spawn(async move {
        for _ in 0..5 {
            assert_eq!(create(&store).await, Err(Unavailable));
        }
    });
    let mut took = Vec::new();
    while !changes.is_finished() {
        let begun = Instant::now();
        assert!(pair.store.load(entry.id, Freshness::Confirmed, None).await.unwrap().is_some());
        took.push(begun.elapsed());
    }
    // Behind the changes each would wait as long as they do.
    took.sort_unstable();
    let median = took[took.len() / 2];
    assert!(median < Duration::from_millis(50), "{median:?}");
    changes.await.unwrap();
}

/// R55. The whole point; and that it is one, since without it the same loses what was said to be done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_outlives_the_primary() {
    for (durability, is_lossless) in [(Durability::Strict, true), (Durability::Async, false)] {
        let mut pair = Pair::start(durability).await;
        let mut revoked = Vec::new();
        for _ in 0..20 {
            revoked.push(pair.create().await.unwrap());
        }
        pair.primary.wait_for_replicas(1);
        let mut logins = JoinSet::new();
        for _ in 0..4 {
            let store = Arc::clone(&pair.store);
            logins.spawn(async move {
                let mut done = Vec::new();
                while let Ok(entry) = create(&store).await {
                    done.push(entry);
                }
                done
            });
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        // From here on the primary writes for itself alone.
        pair.replica.stop();
        assert_eq!(pair.primary.run::<u64>(&["CLIENT", "KILL", "TYPE", "replica"]), 1);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut logged_out = Vec::new();
        for entry in &revoked {
            if pair.store.delete(entry).await.is_ok() {
                logged_out.push(entry.clone());
            }
        }
        pair.primary.kill();
        let mut done = Vec::new();
        while let Some(entries) = logins.join_next().await {
            done.extend(entries.unwrap());
        }
        assert!(done.len() > 20, "too few to tell: {}", done.len());
        pair.replica.resume();
        let _: String = pair.replica.run(&["REPLICAOF", "NO", "ONE"]);
        let exists = |entry: &Entry| pair.replica.run::<bool>(&["EXISTS", &format!("session:{}", entry.id)]);
        let lost = done.iter().filter(|entry| !exists(entry)).count();
        let undone = logged_out.iter().filter(|entry| exists(entry)).count();
        assert_eq!(
            (lost == 0, undone == 0),
            (is_lossless, is_lossless),
            "{durability:?}: {lost} of {} and {undone} of {}",
            done.len(),
            logged_out.len(),
        );
    }
}

/// A primary and its replica, and a store on the former.
struct Pair {
    primary: RedisServer,
    replica: RedisServer,
    store: Arc<RedisStore>,
}

impl Pair {
    async fn start(durability: Durability) -> Self {
        let primary = RedisServer::start(&[]);
        let replica = RedisServer::start_replica_of(&primary);
        primary.add_user("sessions", &RedisSettings::new("").acl_rules().unwrap());
        let store = open(&primary, durability).await;
        Self { primary, replica, store }
    }

    /// The same as another server has it.
    async fn open(&self, durability: Durability) -> Arc<RedisStore> {
        open(&self.primary, durability).await
    }

    async fn create(&self) -> Result<Entry, Unavailable> {
        create(&self.store).await
    }
}

async fn open(primary: &RedisServer, durability: Durability) -> Arc<RedisStore> {
    let settings = RedisSettings::new(&primary.url_for("sessions")).durability(durability);
    let store = RedisStore::open(&settings, Arc::new(SystemClock)).unwrap();
    until_available(&store).await;
    while create(&store).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Arc::new(store)
}

async fn create(store: &RedisStore) -> Result<Entry, Unavailable> {
    let now = SystemClock.now();
    let entry =
        Entry { issued_at: now, absolute_expires_at: now.saturating_add(ABSOLUTE), ..entry_of("alice") };
    match store.create(&entry, b"document", now.saturating_add(IDLE)).await? {
        Creation::Created => Ok(entry),
        Creation::Exists => panic!("a session of its own"),
    }
}

const CHANGES: usize = 6;

async fn is_unavailable(store: &dyn Store, entry: &Entry, change: usize) -> bool {
    match change {
        0 => store.update(entry.id, b"new", b"newer").await == Err(Unavailable),
        1 => store.delete_unchanged(entry, b"other").await == Err(Unavailable),
        2 => store.delete(entry).await == Err(Unavailable),
        3 => store.change_epoch(subject_of(entry)).await == Err(Unavailable),
        4 => store.note_revocation(entry.id).await == Err(Unavailable),
        _ => {
            let another =
                Entry { absolute_expires_at: SystemClock.now().saturating_add(ABSOLUTE), ..entry_of("bob") };
            store.create(&another, b"document", another.absolute_expires_at).await == Err(Unavailable)
        }
    }
}

//! Sessions in a cluster: each node is asked for its own keys, and what befalls one of them is nothing to
//! the sessions of the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use session_engine::store::redis::{Durability, RedisStore};
use session_engine::store::testing::{ABSOLUTE, Harness, IDLE, entry_of, first_deadline, subject_of};
use session_engine::store::{Creation, Documents, Entry, Freshness, Outcome, SubjectIndex, Unavailable};
use session_engine::{Clock, ManualClock, SystemClock};
use session_testing::RedisCluster;
use tokio::task::JoinSet;

use super::harness::{OnCluster, connect_to_cluster};

#[tokio::test]
async fn each_node_is_asked_for_its_own_keys() {
    let harness = OnCluster::start().await;
    let mut entries = Vec::new();
    for _ in 0..30 {
        let entry = entry_of("alice");
        let created = harness.store().create(&entry, b"document", first_deadline()).await;
        assert_eq!(created, Ok(Creation::Created));
        entries.push(entry);
    }
    let counts = harness.cluster.nodes.iter().map(|node| node.run::<usize>(&["DBSIZE"])).collect::<Vec<_>>();
    assert!(counts.iter().all(|count| *count > 1), "{counts:?}");
    let list = harness.store().list(subject_of(&entries[0]), Freshness::Confirmed).await.unwrap();
    assert_eq!(list.len(), 30, "answers of all, by one batch");
    for entry in &entries {
        // A script that each node has to be given once.
        assert_eq!(harness.store().update(entry.id, b"document", b"new").await, Ok(Outcome::Done));
        assert_eq!(harness.store().delete(entry).await, Ok(true));
    }
    assert_eq!(harness.store().list(subject_of(&entries[0]), Freshness::Confirmed).await, Ok(Vec::new()));
}

/// R71: the clock that sessions go by is that of one node, however many parts its slots are in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_of_a_cluster_is_kept_where_slots_were_moved() {
    let cluster = RedisCluster::start_with_replicas();
    // The node that notes revocations gets slots before and after its own.
    let timekeeper = cluster.primary_of("revocations");
    let (second, third) = ((timekeeper + 1) % 3, (timekeeper + 2) % 3);
    cluster.move_slots(second, timekeeper, 100);
    cluster.move_slots(third, timekeeper, 100);
    let ours = ManualClock::at(SystemClock.now().saturating_sub(Duration::from_secs(600)));
    let store = connect_to_cluster(&cluster, Durability::Async, Arc::new(ours)).await;
    assert!(store.seconds_ahead().abs_diff(600) < 10, "{}", store.seconds_ahead());
}

/// F8, R54: and of no session that is there it is said meanwhile that it has gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_down_fails_its_own_keys_alone_and_only_until_its_replica_takes_over() {
    let mut fleet = Fleet::start(Durability::Async).await;
    let dead = fleet.primary_of(&fleet.entries[0]);
    let (of_dead, of_others): (Vec<_>, Vec<_>) =
        fleet.entries.clone().into_iter().partition(|entry| fleet.primary_of(entry) == dead);
    assert!(of_others.len() > 10);
    fleet.cluster.nodes[dead].kill();
    let begun = Instant::now();
    let mut is_back = false;
    while !is_back {
        for entry in &of_others {
            assert!(fleet.is_served(entry).await, "after {:?}", begun.elapsed());
        }
        let answers = [fleet.load(&of_dead[0]).await, fleet.load(&of_dead[1]).await];
        assert!(!answers.contains(&Ok(false)), "a session that is there was said to be gone");
        is_back = answers == [Ok(true); 2];
        assert!(begun.elapsed() < Duration::from_secs(30), "no replica took over");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for entry in &fleet.entries {
        assert!(fleet.is_served(entry).await);
        assert!(fleet.store.delete(entry).await.is_ok());
    }
}

/// The document decides whether a session was deleted; its index is only tidied.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_that_was_done_is_said_to_be_done_though_the_index_is_down() {
    let mut fleet = Fleet::start(Durability::Async).await;
    let of_index = fleet.cluster.primary_of("subject-sessions:alice");
    let entry = fleet.entries.iter().find(|entry| fleet.primary_of(entry) != of_index).unwrap().clone();
    fleet.cluster.nodes[of_index].kill();
    assert_eq!(fleet.store.delete(&entry).await, Ok(true));
}

/// F9: editors of many sessions notice nothing of slots that are moved back and forth.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_that_move_are_no_matter_to_who_works() {
    edit_while_slots_move(Durability::Async).await;
}

/// F9: nor where each change is to be on a replica.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_that_move_are_no_matter_to_who_waits_for_replicas() {
    edit_while_slots_move(Durability::Strict).await;
}

async fn edit_while_slots_move(durability: Durability) {
    let fleet = Fleet::start_with(durability, 200).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut editors = JoinSet::new();
    for entry in fleet.entries.clone() {
        let (store, is_over) = (Arc::clone(&fleet.store), Arc::clone(&is_over));
        editors.spawn(async move {
            let (mut document, mut times, mut misses) = (b"document".to_vec(), 0_u32, 0_u32);
            while !is_over.load(Ordering::Relaxed) {
                let new = times.to_string().into_bytes();
                match store.load(entry.id, Freshness::Confirmed, None).await {
                    Ok(loaded) => assert_eq!(loaded.expect("the session").document, document),
                    Err(Unavailable) => misses += 1,
                }
                match store.update(entry.id, &document, &new).await {
                    Ok(outcome) => assert_eq!(outcome, Outcome::Done),
                    Err(Unavailable) => {
                        misses += 1;
                        // It may have been done.
                        let loaded = until_loaded(&store, &entry).await;
                        assert!(loaded == document || loaded == new);
                        document = loaded;
                        continue;
                    }
                }
                document = new;
                times += 1;
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            assert!(store.delete(&entry).await.is_ok());
            (times, misses)
        });
    }
    let cluster = fleet.cluster;
    let cluster = tokio::task::spawn_blocking(move || {
        // Many of the first primary's, a part of them back, and some of another's.
        let slots = std::env::var("MOVED_SLOTS").map_or(1500, |slots| slots.parse().expect("a number"));
        cluster.move_slots(0, 1, slots);
        cluster.move_slots(1, 0, slots * 2 / 5);
        cluster.move_slots(2, 0, slots / 10);
        cluster
    });
    let _cluster = cluster.await.unwrap();
    is_over.store(true, Ordering::Relaxed);
    let (mut times, mut misses) = (0, 0);
    for (of_one, missed) in editors.join_all().await {
        assert!(of_one > 10);
        times += of_one;
        misses += missed;
    }
    println!("{durability:?}: {times} changes, {misses} answers missed");
    // A machine that is busy with others misses a deadline now and then, and nobody else does.
    assert!(misses * 100 <= times, "{misses} of {times} missed");
    assert_eq!(fleet.store.list(subject_of(&fleet.entries[0]), Freshness::Confirmed).await, Ok(Vec::new()));
}

async fn until_loaded(store: &RedisStore, entry: &Entry) -> Vec<u8> {
    loop {
        if let Ok(loaded) = store.load(entry.id, Freshness::Confirmed, None).await {
            return loaded.expect("the session").document;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A cluster with replicas, by real clocks, and sessions of one subject on it.
struct Fleet {
    cluster: RedisCluster,
    store: Arc<RedisStore>,
    entries: Vec<Entry>,
}

impl Fleet {
    async fn start(durability: Durability) -> Self {
        Self::start_with(durability, 60).await
    }

    /// The same with so many sessions.
    async fn start_with(durability: Durability, sessions: usize) -> Self {
        let cluster = RedisCluster::start_with_replicas();
        let store = connect_to_cluster(&cluster, durability, Arc::new(SystemClock)).await;
        let mut entries = Vec::new();
        for _ in 0..sessions {
            let now = SystemClock.now();
            let entry = Entry {
                issued_at: now,
                absolute_expires_at: now.saturating_add(ABSOLUTE),
                ..entry_of("alice")
            };
            let created = store.create(&entry, b"document", now.saturating_add(IDLE)).await;
            assert_eq!(created, Ok(Creation::Created));
            entries.push(entry);
        }
        // What is about to die has told its replica.
        cluster.nodes[..3].iter().for_each(|primary| primary.wait_for_replicas(1));
        Self { cluster, store, entries }
    }

    fn primary_of(&self, entry: &Entry) -> usize {
        self.cluster.primary_of(&format!("session:{}", entry.id))
    }

    /// Whether the session is there, for who asks again where a busy machine missed a deadline.
    async fn is_served(&self, entry: &Entry) -> bool {
        for _ in 0..3 {
            match self.load(entry).await {
                Ok(is_there) => return is_there,
                Err(Unavailable) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        false
    }

    /// Whether the session is said to be there.
    async fn load(&self, entry: &Entry) -> Result<bool, Unavailable> {
        let loaded = self.store.load(entry.id, Freshness::Confirmed, None).await?;
        Ok(loaded.is_some_and(|loaded| loaded.document == b"document"))
    }
}

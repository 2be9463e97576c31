//! Sessions on whichever server the sentinels say is the primary.

use std::sync::Arc;
use std::time::{Duration, Instant};

use session_engine::store::redis::{OpenError, RedisSettings, RedisStore};
use session_engine::store::testing::{ABSOLUTE, IDLE, entry_of};
use session_engine::store::{Creation, Documents, Entry, Freshness, Unavailable};
use session_engine::{Clock, SystemClock};
use session_testing::{RedisServer, Sentinel};

use super::harness::until_available;

/// F5, R54: and nobody is told, now or when it comes back, what only the former one knew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_died_is_followed_by_its_successor() {
    let mut trio = Trio::start().await;
    let (entry, revoked) = (trio.create().await, trio.create().await);
    assert_eq!(trio.store.delete(&revoked).await, Ok(true));
    trio.servers[0].wait_for_replicas(2);
    trio.servers[0].kill();
    let begun = Instant::now();
    trio.until_a_login_works().await;
    println!("logins work again after {:?}", begun.elapsed());
    assert_eq!(trio.is_there(&entry).await, Ok(true));
    assert_eq!(trio.is_there(&revoked).await, Ok(false));
    // It comes back as what it was, and nobody follows it.
    trio.servers[0].restart();
    trio.servers[0].wait_until_it_answers();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        // On a busy machine an answer may be late, which says nothing of whom it would be.
        assert_ne!(trio.is_there(&entry).await, Ok(false));
        assert_ne!(trio.is_there(&revoked).await, Ok(true));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(trio.is_there(&entry).await, Ok(true));
}

/// F4: a primary that hung for longer than its sentinels wait wakes and believes to be one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_wakes_after_its_successor_began_is_not_believed() {
    let trio = Trio::start().await;
    let (entry, revoked) = (trio.create().await, trio.create().await);
    trio.servers[0].wait_for_replicas(2);
    trio.servers[0].stop();
    let begun = Instant::now();
    trio.until_a_login_works().await;
    println!("logins work again after {:?}", begun.elapsed());
    assert_eq!(trio.store.delete(&revoked).await, Ok(true));
    trio.servers[0].resume();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        assert_eq!(trio.is_there(&entry).await, Ok(true));
        assert_eq!(trio.is_there(&revoked).await, Ok(false), "the log-out was undone");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// F6: no connection is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_demoted_in_place_is_left_within_a_second() {
    let trio = Trio::start().await;
    let entry = trio.create().await;
    let _: String = trio.sentinels[0].run(&["SENTINEL", "FAILOVER", Sentinel::NAME]);
    let old = trio.servers[0].port();
    while trio.sentinels[0].primary() == old {
        assert_ne!(trio.is_there(&entry).await, Ok(false));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let begun = Instant::now();
    trio.until_a_login_works().await;
    println!("logins work again {:?} after there is a primary", begun.elapsed());
    assert_eq!(trio.is_there(&entry).await, Ok(true));
}

/// R49, R53, F6. Who only reads follows too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demoted_primary_serves_no_reads_for_long() {
    let trio = Trio::start().await;
    let entry = trio.create().await;
    trio.servers[0].wait_for_replicas(2);
    let _: String = trio.sentinels[0].run(&["SENTINEL", "FAILOVER", Sentinel::NAME]);
    let old = trio.servers[0].port();
    while trio.sentinels.iter().any(|sentinel| sentinel.primary() == old) {
        assert_ne!(trio.is_there(&entry).await, Ok(false));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let new = trio.servers.iter().find(|server| server.port() == trio.sentinels[0].primary()).unwrap();
    let begun = Instant::now();
    let gets = || new.commandstats().get("get").copied().unwrap_or_default();
    let before = gets();
    while gets() == before {
        assert_ne!(trio.is_there(&entry).await, Ok(false));
        assert!(begun.elapsed() < Duration::from_secs(4), "the old one is still read");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("reads follow {:?} after there is a primary", begun.elapsed());
}

/// F7, R53: a server says itself what it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sentinel_that_names_a_replica_is_not_believed() {
    let primary = RedisServer::start(&[]);
    let replica = RedisServer::start_replica_of(&primary);
    let (wrong, right) = (Sentinel::watch_blindly(&replica), Sentinel::watch_blindly(&primary));
    let store = open(&url(&[&wrong, &right]));
    until_available(&store).await;
    assert_eq!(store.load(entry_of("alice").id, Freshness::Confirmed, None).await, Ok(None));
    assert_eq!(primary.commandstats().get("get"), Some(&1));
    // Alone it leads nowhere, and that is no answer.
    let store = open(&url(&[&wrong]));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(store.load(entry_of("alice").id, Freshness::Confirmed, None).await, Err(Unavailable));
}

/// R53: all are asked, each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_that_hang_or_are_gone_are_no_matter_while_one_answers() {
    let primary = RedisServer::start(&[]);
    let [hung, gone, well] = [(); 3].map(|()| Sentinel::watch_blindly(&primary));
    hung.stop();
    let all = url(&[&hung, &gone, &well]);
    drop(gone);
    let store = open(&all);
    until_available(&store).await;
    drop(well);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(store.load(entry_of("alice").id, Freshness::Confirmed, None).await, Ok(None), "with none");
}

/// R64: in a file, as every secret can be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_have_a_password_of_their_own() {
    let primary = RedisServer::start(&[]);
    let sentinel = Sentinel::watch_behind(&primary, "canary-of-sentinel");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "canary-of-sentinel\n").unwrap();
    let settings = RedisSettings::new(&url(&[&sentinel])).sentinel_password_file(file.path());
    let store = RedisStore::open(&settings, Arc::new(SystemClock)).unwrap();
    until_available(&store).await;
    let misplaced = RedisSettings::new(&primary.url()).sentinel_password_file(file.path());
    let refused = RedisStore::open(&misplaced, Arc::new(SystemClock)).err();
    assert_eq!(refused, Some(OpenError::NoSentinels));
}

/// Three servers, of which the first is the primary to begin with, three sentinels, and a store.
pub(super) struct Trio {
    pub(super) servers: Vec<RedisServer>,
    sentinels: Vec<Sentinel>,
    store: RedisStore,
}

impl Trio {
    pub(super) async fn start() -> Self {
        let primary = RedisServer::start(&[]);
        let replicas = [RedisServer::start_replica_of(&primary), RedisServer::start_replica_of(&primary)];
        let sentinels: Vec<_> = (0..3).map(|_| Sentinel::watch(&primary, 2)).collect();
        sentinels.iter().for_each(|sentinel| sentinel.wait_until_it_knows(2, 2));
        let store = open(&url(&sentinels.iter().collect::<Vec<_>>()));
        until_available(&store).await;
        let [second, third] = replicas;
        Self { servers: vec![primary, second, third], sentinels, store }
    }

    pub(super) fn url(&self) -> String {
        url(&self.sentinels.iter().collect::<Vec<_>>())
    }

    async fn create(&self) -> Entry {
        self.try_to_create().await.expect("a session")
    }

    async fn try_to_create(&self) -> Result<Entry, Unavailable> {
        let now = SystemClock.now();
        let absolute_expires_at = now.saturating_add(ABSOLUTE);
        let entry = Entry { issued_at: now, absolute_expires_at, ..entry_of("alice") };
        let created = self.store.create(&entry, b"document", now.saturating_add(IDLE)).await?;
        assert_eq!(created, Creation::Created);
        Ok(entry)
    }

    async fn until_a_login_works(&self) {
        let begun = Instant::now();
        while self.try_to_create().await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "nobody took over");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn is_there(&self, entry: &Entry) -> Result<bool, Unavailable> {
        Ok(self.store.load(entry.id, Freshness::Confirmed, None).await?.is_some())
    }
}

fn url(sentinels: &[&Sentinel]) -> String {
    let hosts: Vec<_> = sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port())).collect();
    format!("redis+sentinel://{}/{}", hosts.join(","), Sentinel::NAME)
}

fn open(url: &str) -> RedisStore {
    RedisStore::open(&RedisSettings::new(url), Arc::new(SystemClock)).unwrap()
}

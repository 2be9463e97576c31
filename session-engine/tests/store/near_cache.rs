//! What a server keeps of sessions that it has just checked (F33): never older than is said, and with none
//! of what others have ended, once Redis has told so.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use session_core::{AuthenticCookie, CookieName, KeyRing};
use session_engine::store::Store;
use session_engine::store::redis::{Durability, RedisSettings, RedisStore};
use session_engine::{
    Activity, DataChange, Keys, LiveSession, NearCacheLimits, NewSession, SessionError, Sessions, Subject,
    SystemClock,
};
use session_testing::{Damage, RedisCluster, RedisLine, RedisServer};
use tokio::time::sleep;

use super::harness::{connect_to_cluster, until_available};
use super::redis_sentinel::Trio;

const MAX_AGE: Duration = Duration::from_secs(2);

/// What a test allows beyond that: the machine is shared.
const SLACK: Duration = Duration::from_millis(500);

/// How soon others know that a session has ended, half of the times or more often.
const USUAL_DELAY: Duration = Duration::from_millis(50);

/// Longer than any test takes: what would go by being old must have gone by being told, or with the connection.
const NEVER_OLD: Option<NearCacheLimits> =
    Some(NearCacheLimits { entries: 1_000, max_age: Duration::from_secs(600) });

/// Several servers with the same keys.
struct Fleet {
    ring: KeyRing,
}

impl Fleet {
    fn new() -> Self {
        Self { ring: KeyRing::generate().unwrap() }
    }

    fn server_on(&self, store: Arc<dyn Store>, limits: Option<NearCacheLimits>) -> Sessions {
        Sessions::builder(Keys::new(&self.ring, CookieName::default()), store).near_cache(limits).build()
    }

    /// One that is connected, and told of changes if there is a near cache.
    async fn server_at(&self, url: &str, limits: Option<NearCacheLimits>) -> Sessions {
        let store = RedisStore::open(&RedisSettings::new(url), Arc::new(SystemClock)).expect("a store");
        let store = Arc::new(store);
        let server = self.server_on(store.clone(), limits);
        until_available(&store).await;
        server
    }
}

async fn alice(sessions: &Sessions) -> AuthenticCookie {
    let issued = sessions.start(NewSession::of(Subject::new("alice").unwrap()), None).await.unwrap();
    let header = format!("__Host-session={}", issued.cookie.expose());
    sessions.authenticate([header.as_bytes()]).unwrap()
}

async fn check(sessions: &Sessions, cookie: &AuthenticCookie) -> Result<LiveSession, SessionError> {
    sessions.resume(cookie, Activity::Active).await
}

/// Checks until nothing is asked for any more: a server may have asked to be told a little after it connected.
async fn warm(redis: &RedisServer, sessions: &Sessions, cookie: &AuthenticCookie) {
    let began_at = Instant::now();
    loop {
        until_checked(sessions, cookie).await;
        let before = reads(redis);
        for _ in 0..5 {
            until_checked(sessions, cookie).await;
        }
        if reads(redis) == before {
            return;
        }
        assert!(began_at.elapsed() < Duration::from_secs(10), "nothing is kept");
        sleep(Duration::from_millis(20)).await;
    }
}

fn reads(redis: &RedisServer) -> u64 {
    let stats = redis.commandstats();
    ["get", "getex"].iter().filter_map(|name| stats.get(*name)).sum()
}

const ON: Option<NearCacheLimits> = Some(NearCacheLimits { entries: 1_000, max_age: MAX_AGE });

/// R59: two seconds, after which it is read again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_just_checked_is_asked_for_no_more_until_it_is_old() {
    let (redis, fleet) = (RedisServer::start(&[]), Fleet::new());
    let server = fleet.server_at(&redis.url(), ON).await;
    let cookie = alice(&server).await;
    warm(&redis, &server, &cookie).await;
    sleep(MAX_AGE + SLACK).await;
    let before = reads(&redis);
    check(&server, &cookie).await.unwrap();
    assert_eq!(reads(&redis), before + 1, "it was old");
}

/// R25, R59: where it is off, nobody asks to be told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_near_cache_each_check_is_one_command() {
    let (redis, fleet) = (RedisServer::start(&[]), Fleet::new());
    let server = fleet.server_at(&redis.url(), None).await;
    let cookie = alice(&server).await;
    let before = reads(&redis);
    for _ in 0..10 {
        check(&server, &cookie).await.unwrap();
    }
    assert_eq!(reads(&redis), before + 10);
    assert!(!redis.commandstats().contains_key("client|tracking"), "nobody asked to be told");
}

/// R59. Whoever may ask for nothing but what was needed before is told of nothing, and all else works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_redis_may_not_tell_of_changes_nothing_is_kept() {
    let (redis, fleet) = (RedisServer::start(&[]), Fleet::new());
    redis.add_user("sessions", "~* +@all -client|tracking");
    let server = fleet.server_at(&redis.url_for("sessions"), ON).await;
    let cookie = alice(&server).await;
    check(&server, &cookie).await.unwrap();
    let before = reads(&redis);
    check(&server, &cookie).await.unwrap();
    assert_eq!(reads(&redis), before + 1);
}

/// R21, R59: over the connection that it was read by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_server_ends_or_changes_the_others_know_at_once() {
    let (redis, fleet) = (RedisServer::start(&[]), Fleet::new());
    let (one, other) = (fleet.server_at(&redis.url(), ON).await, fleet.server_at(&redis.url(), ON).await);
    let mut delays = Vec::new();
    for _ in 0..20 {
        let cookie = alice(&one).await;
        warm(&redis, &other, &cookie).await;
        let change = DataChange::Merge(serde_json::from_value(json!({ "a": 1 })).unwrap());
        one.change_data::<Subject>(&cookie, Activity::Active, None, change).await.unwrap();
        until(async || check(&other, &cookie).await.unwrap().record().data.contains_key("a")).await;
        warm(&redis, &other, &cookie).await;
        assert_eq!(one.revoke(&cookie).await, Ok(true));
        delays.push(until(async || check(&other, &cookie).await.is_err()).await);
    }
    delays.sort_unstable();
    assert!(delays[delays.len() / 2] < USUAL_DELAY, "{delays:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_applications_on_one_store_are_told_both() {
    let (redis, fleet) = (RedisServer::start(&[]), Fleet::new());
    let store = RedisStore::open(&RedisSettings::new(&redis.url()), Arc::new(SystemClock)).expect("a store");
    let store = Arc::new(store);
    let pair = [fleet.server_on(store.clone(), NEVER_OLD), fleet.server_on(store.clone(), NEVER_OLD)];
    until_available(&store).await;
    let elsewhere = fleet.server_at(&redis.url(), None).await;
    for _ in 0..3 {
        let cookie = alice(&elsewhere).await;
        for server in &pair {
            warm(&redis, server, &cookie).await;
        }
        assert_eq!(elsewhere.revoke(&cookie).await, Ok(true));
        for server in &pair {
            until(async || check(server, &cookie).await.is_err()).await;
        }
    }
}

/// Until it is so, which must be soon: no machine is so busy that it would otherwise be too late. Returns how long
/// that took.
async fn until(mut is_so: impl AsyncFnMut() -> bool) -> Duration {
    let began_at = Instant::now();
    while !is_so().await {
        assert!(began_at.elapsed() < MAX_AGE / 2, "others are told too late");
        sleep(Duration::from_millis(1)).await;
    }
    began_at.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_does_itself_it_knows_before_anybody_tells_it() {
    let (redis, fleet) = (RedisServer::start(&[]), Fleet::new());
    let line = RedisLine::to(redis.port()).await;
    let server = fleet.server_at(line.url(), ON).await;
    for number in 0..50 {
        let cookie = alice(&server).await;
        check(&server, &cookie).await.unwrap();
        check(&server, &cookie).await.unwrap();
        let change = DataChange::Merge(serde_json::from_value(json!({ "number": number })).unwrap());
        server.change_data::<Subject>(&cookie, Activity::Active, None, change).await.unwrap();
        assert_eq!(check(&server, &cookie).await.unwrap().record().data["number"], number);
        assert_eq!(server.revoke(&cookie).await, Ok(true));
        assert_eq!(check(&server, &cookie).await.err(), Some(SessionError::Ended));
    }
}

/// F33: killed, hung, and cut off without a word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_told_any_more_believes_nothing_for_longer_than_it_may() {
    let (redis, fleet) = (RedisServer::start(&[]), Fleet::new());
    let line = RedisLine::to(redis.port()).await;
    let (one, other) = (fleet.server_at(&redis.url(), ON).await, fleet.server_at(line.url(), ON).await);
    let lose: [&dyn Fn(); 3] = [
        &|| drop(redis.try_run::<redis::Value>(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])),
        &|| line.does(Damage::Swallows),
        &|| line.does(Damage::Resets),
    ];
    for lose in lose {
        let cookie = until_started(&one).await;
        until_checked(&other, &cookie).await;
        check(&other, &cookie).await.unwrap();
        lose();
        while one.revoke(&cookie).await.is_err() {
            sleep(Duration::from_millis(5)).await;
        }
        let ended_at = Instant::now();
        while ended_at.elapsed() < MAX_AGE + SLACK {
            let is_old = ended_at.elapsed() > MAX_AGE;
            let seen = check(&other, &cookie).await;
            assert!(seen.is_err() || !is_old, "believed for {:?}", ended_at.elapsed());
            sleep(Duration::from_millis(5)).await;
        }
        line.does(Damage::None);
    }
}

/// F33: that a connection is lost or silent is found out by itself, and all that came over it is dropped with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_connection_all_goes_that_was_read_over_it() {
    let (redis, fleet) = (RedisServer::start(&[]), Fleet::new());
    let line = RedisLine::to(redis.port()).await;
    let one = fleet.server_at(&redis.url(), NEVER_OLD).await;
    let other = fleet.server_at(line.url(), NEVER_OLD).await;
    for damage in [Damage::Swallows, Damage::Resets] {
        let cookie = until_started(&one).await;
        until_checked(&other, &cookie).await;
        warm(&redis, &other, &cookie).await;
        line.does(damage);
        assert_eq!(one.revoke(&cookie).await, Ok(true));
        let ended_at = Instant::now();
        while check(&other, &cookie).await.is_ok() {
            assert!(ended_at.elapsed() < Duration::from_secs(20), "believed without a connection");
            sleep(Duration::from_millis(5)).await;
        }
        line.does(Damage::None);
        until_refused(&other, &cookie).await;
    }
}

/// F33: Redis hangs with all of its connections open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_hangs_nothing_is_believed_for_longer_than_it_may() {
    let (redis, fleet) = (RedisServer::start(&[]), Fleet::new());
    let server = fleet.server_at(&redis.url(), ON).await;
    let cookie = alice(&server).await;
    warm(&redis, &server, &cookie).await;
    redis.stop();
    let began_at = Instant::now();
    while began_at.elapsed() < MAX_AGE + SLACK {
        let is_old = began_at.elapsed() > MAX_AGE;
        assert!(check(&server, &cookie).await.is_err() || !is_old);
        sleep(Duration::from_millis(5)).await;
    }
    redis.resume();
    until_checked(&server, &cookie).await;
}

async fn until_started(sessions: &Sessions) -> AuthenticCookie {
    let began_at = Instant::now();
    loop {
        let started = sessions.start(NewSession::of(Subject::new("alice").unwrap()), None).await;
        if let Ok(issued) = started {
            let header = format!("__Host-session={}", issued.cookie.expose());
            return sessions.authenticate([header.as_bytes()]).unwrap();
        }
        assert!(began_at.elapsed() < Duration::from_secs(20));
        sleep(Duration::from_millis(5)).await;
    }
}

async fn until_checked(sessions: &Sessions, cookie: &AuthenticCookie) {
    let began_at = Instant::now();
    while check(sessions, cookie).await.is_err() {
        assert!(began_at.elapsed() < Duration::from_secs(20));
        sleep(Duration::from_millis(5)).await;
    }
}

async fn until_refused(sessions: &Sessions, cookie: &AuthenticCookie) {
    let began_at = Instant::now();
    while check(sessions, cookie).await.err() != Some(SessionError::Ended) {
        assert!(began_at.elapsed() < Duration::from_secs(20), "believed though it has ended");
        sleep(Duration::from_millis(5)).await;
    }
}

async fn until_revoked(sessions: &Sessions, cookie: &AuthenticCookie) {
    let began_at = Instant::now();
    // Of one whose answer was lost it is said that there was none.
    while sessions.revoke(cookie).await.is_err() {
        assert!(began_at.elapsed() < Duration::from_secs(20), "not revoked");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Reads and ends at once, on two servers, again and again: `NEAR_CACHE_ROUNDS` says how often.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_reads_and_ends_come_together_no_dead_session_stays() {
    let rounds = std::env::var("NEAR_CACHE_ROUNDS").map_or(1_000, |rounds| rounds.parse().expect("a number"));
    let (redis, fleet) = (RedisServer::start(&[]), Fleet::new());
    let (one, other) =
        (fleet.server_at(&redis.url(), NEVER_OLD).await, fleet.server_at(&redis.url(), NEVER_OLD).await);
    for round in 0..rounds {
        let cookie = alice(&one).await;
        check(&other, &cookie).await.unwrap();
        let reading = async {
            for _ in 0..round % 7 {
                let _ = check(&other, &cookie).await;
            }
        };
        let (ended, ()) = tokio::join!(one.revoke(&cookie), reading);
        assert_eq!(ended, Ok(true));
        until(async || check(&other, &cookie).await.is_err()).await;
    }
}

/// R59: over the connection to that node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_cluster_each_node_tells_of_its_own_sessions() {
    let (cluster, fleet) = (RedisCluster::start_with_replicas(), Fleet::new());
    let mut servers = Vec::new();
    for _ in 0..2 {
        let store = connect_to_cluster(&cluster, Durability::Async, Arc::new(SystemClock)).await;
        servers.push(fleet.server_on(store, ON));
    }
    // Nodes are asked to tell within a second of somebody's wish.
    sleep(Duration::from_millis(1_500)).await;
    let [one, other] = &servers[..] else { unreachable!("there are two") };
    let gets = || cluster.nodes.iter().map(reads).sum::<u64>();
    for _ in 0..30 {
        let cookie = alice(one).await;
        // The first that is told of has only that found out.
        check(other, &cookie).await.unwrap();
        check(other, &cookie).await.unwrap();
        check(other, &cookie).await.unwrap();
        let before = gets();
        check(other, &cookie).await.unwrap();
        assert_eq!(gets(), before, "it is kept");
        assert_eq!(one.revoke(&cookie).await, Ok(true));
        until(async || check(other, &cookie).await.is_err()).await;
    }
}

/// R59 where sentinels name another primary: nobody is told by it of what was read from the one before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_from_a_former_primary_is_not_kept() {
    let (mut trio, fleet) = (Trio::start().await, Fleet::new());
    let one = fleet.server_at(&trio.url(), NEVER_OLD).await;
    let other = fleet.server_at(&trio.url(), NEVER_OLD).await;
    let cookie = alice(&one).await;
    trio.servers[0].wait_for_replicas(2);
    warm(&trio.servers[0], &other, &cookie).await;
    trio.servers[0].kill();
    until_checked(&one, &until_started(&one).await).await;
    until_revoked(&one, &cookie).await;
    until_refused(&other, &cookie).await;
}

/// R59 where slots go to other nodes, one after another or all of a node that is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_cluster_what_was_read_from_a_former_owner_is_not_kept() {
    let (mut cluster, fleet) = (RedisCluster::start_with_replicas(), Fleet::new());
    let mut servers = Vec::new();
    for _ in 0..2 {
        let store = connect_to_cluster(&cluster, Durability::Async, Arc::new(SystemClock)).await;
        servers.push(fleet.server_on(store, NEVER_OLD));
    }
    // Nodes are asked to tell within a second of somebody's wish.
    sleep(Duration::from_millis(1_500)).await;
    let [one, other] = &servers[..] else { unreachable!("there are two") };
    let mut cookies = Vec::new();
    for _ in 0..60 {
        let cookie = alice(one).await;
        check(other, &cookie).await.unwrap();
        check(other, &cookie).await.unwrap();
        cookies.push(cookie);
    }
    let later = cookies.split_off(30);
    let moved = tokio::task::spawn_blocking(move || {
        cluster.move_slots(0, 1, 3_000);
        cluster
    });
    while !moved.is_finished() {
        for cookie in &cookies {
            until_checked(other, cookie).await;
        }
    }
    cluster = moved.await.unwrap();
    for cookie in &cookies {
        until_revoked(one, cookie).await;
        until_refused(other, cookie).await;
    }
    cluster.nodes[..3].iter().for_each(|primary| primary.wait_for_replicas(1));
    cluster.nodes[0].kill();
    for cookie in &later {
        until_revoked(one, cookie).await;
        until_refused(other, cookie).await;
    }
}

//! Redis fails in every way that one machine can show: no answer is wrong, none is late, and all is
//! well again within a second of its return.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use session_engine::store::redis::{RedisSettings, RedisStore};
use session_engine::store::testing::{ABSOLUTE, IDLE, entry_of, random_below, subject_called, subject_of};
use session_engine::store::{
    AttemptEnd, AttemptKey, AttemptLimit, Creation, Documents, Entry, Freshness, Outcome, RevocationLog,
    Store, SubjectIndex, Unavailable,
};
use session_engine::{Clock, ManualClock, REQUEST_BUDGET, SystemClock, within_budget};
use tokio::task::JoinSet;

use super::harness::{connect, until_available};
use session_testing::{Damage, RedisLine, RedisServer};

const A_SECOND: Duration = Duration::from_secs(1);

/// F3, R52: after two deadlines that were missed nobody waits any more, until one probe is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_redis_is_unavailable_within_a_second_and_then_at_once() {
    let (redis, store, entry) = start(&[]).await;
    redis.stop();
    let begun = Instant::now();
    for _ in 0..2 {
        assert_eq!(store.load(entry.id, Freshness::Confirmed, None).await, Err(Unavailable));
    }
    assert!(begun.elapsed() < A_SECOND, "two deadlines took {:?}", begun.elapsed());
    assert!(!store.is_available());
    let begun = Instant::now();
    assert_every_operation_is_unavailable(&*store, &entry).await;
    assert!(begun.elapsed() < Duration::from_millis(50), "failing at once took {:?}", begun.elapsed());
    redis.resume();
    assert!(until_available(&store).await < A_SECOND);
    assert_eq!(
        store.load(entry.id, Freshness::Confirmed, None).await.unwrap().unwrap().document,
        b"document"
    );
}

/// R52, F3: whatever it is that is asked first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_on_a_stopped_redis_answers_within_a_second() {
    for operation in 0..OPERATIONS {
        let (redis, store, entry) = start(&[]).await;
        redis.stop();
        let begun = Instant::now();
        assert!(is_unavailable(&*store, &entry, operation).await, "operation {operation}");
        assert!(begun.elapsed() < A_SECOND, "operation {operation} took {:?}", begun.elapsed());
    }
}

/// F19, R56: of more than can have their turn in time, the last are told soon, and none of the others is late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_a_slow_redis_can_answer_in_time_is_refused_soon() {
    const ASKING: usize = 3_000;
    /// On one connection under way, and those that come after them in time.
    const SERVED: usize = 2 * 128;
    let redis = RedisServer::start(&[]);
    let line = RedisLine::to(redis.port()).await;
    let store = RedisStore::open(&RedisSettings::new(line.url()), Arc::new(SystemClock)).unwrap();
    until_available(&store).await;
    let entry = create(&store, "alice").await;
    let store = Arc::new(store);
    line.delay(Duration::from_millis(50));
    let (begun, mut asking) = (Instant::now(), JoinSet::new());
    for _ in 0..ASKING {
        let (store, id) = (Arc::clone(&store), entry.id);
        asking.spawn(async move { store.load(id, Freshness::Confirmed, None).await.is_ok() });
    }
    let told = asking.join_all().await;
    let served = told.iter().filter(|is_served| **is_served).count();
    assert!((SERVED..ASKING - 500).contains(&served), "{served} of {ASKING}");
    assert!(begun.elapsed() < 2 * A_SECOND, "the last were told after {:?}", begun.elapsed());
    assert!(store.is_available(), "nothing was late");
}

/// R56: for as long as more is asked than Redis can answer, what it answers comes before a request has to end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_slow_redis_answers_is_in_time_however_many_ask() {
    const ASKING: usize = 6_000;
    const ROUND_TRIP: Duration = Duration::from_millis(50);
    const LENGTH: Duration = Duration::from_secs(3);
    let redis = RedisServer::start(&[]);
    let line = RedisLine::to(redis.port()).await;
    let store = RedisStore::open(&RedisSettings::new(line.url()), Arc::new(SystemClock)).unwrap();
    until_available(&store).await;
    let entry = create(&store, "alice").await;
    let (store, until) = (Arc::new(store), Instant::now() + LENGTH);
    line.delay(ROUND_TRIP);
    let mut asking = JoinSet::new();
    for _ in 0..ASKING {
        let (store, id) = (Arc::clone(&store), entry.id);
        asking.spawn(async move {
            let mut served = 0;
            while Instant::now() < until {
                let load = within_budget(store.load(id, Freshness::Confirmed, None));
                let loaded = tokio::time::timeout(REQUEST_BUDGET, load).await;
                served += usize::from(matches!(loaded, Ok(Ok(Some(_)))));
            }
            served
        });
    }
    let served: usize = asking.join_all().await.into_iter().sum();
    // So many at a time are under way on a connection.
    let possible = 128 * usize::try_from(LENGTH.as_millis() / ROUND_TRIP.as_millis()).unwrap();
    assert!(served > possible / 3, "{served} of {possible}");
}

/// R56: who is refused asks again at once, and each answer takes its time, that of a refusal too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_at_once_are_served_about_as_fast_as_few() {
    async fn served(store: &Arc<RedisStore>, id: session_core::SessionId, askers: usize) -> usize {
        let until = Instant::now() + Duration::from_secs(1);
        let mut asking = JoinSet::new();
        for _ in 0..askers {
            let store = Arc::clone(store);
            asking.spawn(async move {
                let mut served = 0;
                while Instant::now() < until {
                    served += usize::from(store.load(id, Freshness::Confirmed, None).await.is_ok());
                    let answered = Instant::now() + Duration::from_micros(50);
                    while Instant::now() < answered {
                        std::hint::spin_loop();
                    }
                    tokio::task::yield_now().await;
                }
                served
            });
        }
        asking.join_all().await.into_iter().sum()
    }
    let (_redis, store, entry) = start(&[]).await;
    let few = served(&store, entry.id, 64).await;
    let many = served(&store, entry.id, 3_000).await;
    assert!(many > few / 3, "{many} of 3,000 at once, {few} of 64");
}

/// R53, F3. One lost answer is no reason to drop what others wait for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_timeout_does_not_drop_the_connection() {
    let (redis, store, entry) = start(&[]).await;
    redis.stop();
    assert_eq!(store.load(entry.id, Freshness::Confirmed, None).await, Err(Unavailable));
    redis.resume();
    assert!(store.is_available());
    assert!(
        store.load(entry.id, Freshness::Confirmed, None).await.unwrap().is_some(),
        "and answers keep their order"
    );
}

/// R53: the probe misses its answers too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_redis_is_noticed_while_nobody_asks() {
    let (redis, store, _) = start(&[]).await;
    redis.stop();
    let begun = Instant::now();
    while store.is_available() {
        assert!(begun.elapsed() < Duration::from_secs(3), "nobody notices");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// F1: with its log on the disk everything is there, and scripts are told again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_loses_nothing_and_is_found_within_a_second_of_its_return() {
    let (mut redis, store, entry) = start(&RedisServer::DURABLE).await;
    store.delete(&create(&*store, "bob").await).await.unwrap();
    redis.kill();
    let begun = Instant::now();
    assert_every_operation_is_unavailable(&*store, &entry).await;
    assert!(begun.elapsed() < A_SECOND);
    redis.restart();
    redis.wait_until_it_answers();
    assert!(until_available(&store).await < A_SECOND);
    assert_eq!(
        store.load(entry.id, Freshness::Confirmed, None).await.unwrap().unwrap().document,
        b"document"
    );
    assert_eq!(store.list(subject_of(&entry), Freshness::Confirmed).await.unwrap().len(), 1);
    assert_eq!(store.list(&subject_called("bob"), Freshness::Confirmed).await, Ok(Vec::new()));
    assert_eq!(store.update(entry.id, b"document", b"new").await, Ok(Outcome::Done), "with a new script");
}

/// F1, R53: no order of starts is wanted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_opens_before_its_redis_is_there() {
    let mut redis = RedisServer::start(&[]);
    redis.kill();
    let store = RedisStore::open(&RedisSettings::new(&redis.url()), Arc::new(SystemClock)).unwrap();
    let entry = entry_now("alice");
    assert_every_operation_is_unavailable(&store, &entry).await;
    redis.restart();
    redis.wait_until_it_answers();
    assert!(until_available(&store).await < A_SECOND);
    assert_eq!(store.load(entry.id, Freshness::Confirmed, None).await, Ok(None));
}

/// R53: again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_is_replaced_within_a_second() {
    let (redis, store, entry) = start(&[]).await;
    for _ in 0..5 {
        let _: u64 = redis.run(&["CLIENT", "KILL", "TYPE", "normal"]);
        let begun = Instant::now();
        while store.load(entry.id, Freshness::Confirmed, None).await.is_err() {
            assert!(begun.elapsed() < A_SECOND);
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_is_noticed_at_once_while_nobody_asks() {
    let (mut redis, store, _) = start(&[]).await;
    redis.kill();
    let begun = Instant::now();
    while store.is_available() {
        assert!(begun.elapsed() < Duration::from_millis(500), "nobody notices");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// F2: nothing is on its disk, so what is said to be gone is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_kept_nothing_says_so_truly() {
    let (mut redis, store, entry) = start(&[]).await;
    redis.restart();
    redis.wait_until_it_answers();
    until_available(&store).await;
    assert_eq!(store.load(entry.id, Freshness::Confirmed, None).await, Ok(None));
}

/// F11, R52, R53: nobody closes anything, and nothing comes any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_into_a_black_hole_is_given_up_within_a_second() {
    let redis = RedisServer::start(&[]);
    let line = RedisLine::to(redis.port()).await;
    let store = RedisStore::open(&RedisSettings::new(line.url()), Arc::new(SystemClock)).unwrap();
    until_available(&store).await;
    let entry = create(&store, "alice").await;
    line.does(Damage::Swallows);
    let begun = Instant::now();
    for _ in 0..2 {
        assert_eq!(store.load(entry.id, Freshness::Confirmed, None).await, Err(Unavailable));
    }
    assert!(begun.elapsed() < A_SECOND, "two deadlines took {:?}", begun.elapsed());
    assert!(!store.is_available());
    line.does(Damage::None);
    assert!(until_available(&store).await < 2 * A_SECOND);
    assert!(store.load(entry.id, Freshness::Confirmed, None).await.unwrap().is_some());
}

/// F12: who is there is served and can log out, and nobody comes in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_redis_refuses_logins_and_serves_everybody_else() {
    let (redis, store, entry) = start(&["--maxmemory-policy", "noeviction"]).await;
    let (leaving, changing) = (create(&*store, "alice").await, create(&*store, "alice").await);
    store.update(entry.id, b"document", b"loads the script").await.unwrap();
    let _: String = redis.run(&["CONFIG", "SET", "maxmemory", "1"]);
    let newcomer = entry_now("bob");
    assert_eq!(store.create(&newcomer, b"new", deadline_of(&newcomer)).await, Err(Unavailable));
    assert_eq!(store.load(newcomer.id, Freshness::Confirmed, None).await, Ok(None));
    let pushed = deadline_of(&entry).saturating_add(IDLE);
    assert!(store.load(entry.id, Freshness::Confirmed, Some(pushed)).await.unwrap().is_some());
    assert_eq!(store.idle_deadline(entry.id, Freshness::Confirmed).await, Ok(Some(pushed)));
    assert_eq!(store.update(entry.id, b"loads the script", b"more").await, Err(Unavailable));
    assert_eq!(store.list(subject_of(&entry), Freshness::Confirmed).await.unwrap().len(), 3);
    assert_eq!(store.change_epoch(subject_of(&entry)).await, Ok(()), "on the way to log out everywhere");
    assert_eq!(store.note_revocation(leaving.id).await, Ok(()), "on the way to log out");
    assert_eq!(store.revocations().await.unwrap().ids, [leaving.id]);
    assert_eq!(store.delete(&leaving).await, Ok(true));
    assert_eq!(store.delete_unchanged(&changing, b"document").await, Ok(Outcome::Done));
    assert_eq!(store.list(subject_of(&entry), Freshness::Confirmed).await.unwrap().len(), 1);
    assert!(store.is_available());
    let _: String = redis.run(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(store.create(&newcomer, b"new", deadline_of(&newcomer)).await, Ok(Creation::Created));
}

/// F13: who was evicted is told so, which is true, and everybody else is served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_evicts_has_ended_whom_it_does_not_have() {
    let (redis, store, _) = start(&["--maxmemory-policy", "allkeys-lru"]).await;
    let info: String = redis.run(&["INFO", "memory"]);
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
    let room = used.parse::<u64>().unwrap() + 3_000_000;
    let _: String = redis.run(&["CONFIG", "SET", "maxmemory", &room.to_string()]);
    let mut entries = Vec::new();
    for _ in 0..100 {
        let entry = entry_now("alice");
        let document = vec![b'x'; 60_000];
        assert_eq!(store.create(&entry, &document, deadline_of(&entry)).await, Ok(Creation::Created));
        entries.push(entry);
    }
    let mut ended = 0;
    for entry in &entries {
        let is_kept: bool = redis.run(&["EXISTS", &format!("session:{}", entry.id)]);
        let loaded = store.load(entry.id, Freshness::Confirmed, None).await.unwrap();
        assert_eq!(loaded.is_some(), is_kept);
        ended += usize::from(!is_kept);
    }
    assert!((1..100).contains(&ended), "{ended}");
}

/// F14, R49, R53: it says what it is, and until it says otherwise it is asked for nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_is_not_used_before_it_is_promoted() {
    let primary = RedisServer::start(&[]);
    let replica = RedisServer::start_replica_of(&primary);
    let store = RedisStore::open(&RedisSettings::new(&replica.url()), Arc::new(SystemClock)).unwrap();
    tokio::time::sleep(A_SECOND).await;
    assert_every_operation_is_unavailable(&store, &entry_now("alice")).await;
    assert!(!store.is_available());
    assert_eq!(replica.commandstats().get("get"), None, "a replica may be behind (R49)");
    let _: String = replica.run(&["REPLICAOF", "NO", "ONE"]);
    assert!(until_available(&store).await < 2 * A_SECOND);
}

/// F15: `NOREPLICAS` is for writes alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_replicas_redis_still_reads() {
    let (redis, store, entry) = start(&[]).await;
    let _: String = redis.run(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    assert_only_reads(&*store, &entry).await;
    let _: String = redis.run(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    assert_eq!(store.delete(&entry).await, Ok(true));
}

/// F16: `PING` fails too by then, and must not be what tells whether the store is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_cannot_save_still_reads() {
    let (redis, store, entry) = start(&["--save", "3600 1000000"]).await;
    redis.obstruct("dump.rdb");
    let _: String = redis.run(&["BGSAVE"]);
    let begun = Instant::now();
    while !redis.run::<String>(&["INFO", "persistence"]).contains("rdb_last_bgsave_status:err") {
        assert!(begun.elapsed() < Duration::from_secs(10), "saving does not fail");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_only_reads(&*store, &entry).await;
    // The probe goes by the time of the runtime, which real connections do not let a test move.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(store.is_available(), "the probe takes it for dead");
}

/// F6, R53: the connection stays, and what is behind it may not be written to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demoted_redis_is_unavailable_until_it_is_promoted() {
    let (redis, store, entry) = start(&[]).await;
    let _: String = redis.run(&["REPLICAOF", "127.0.0.1", "1"]);
    assert_eq!(store.delete(&entry).await, Err(Unavailable), "the first to notice");
    assert!(!store.is_available());
    assert_eq!(
        store.load(entry.id, Freshness::Confirmed, None).await,
        Err(Unavailable),
        "a replica may be behind"
    );
    let _: String = redis.run(&["REPLICAOF", "NO", "ONE"]);
    assert!(until_available(&store).await < A_SECOND);
    assert_eq!(store.delete(&entry).await, Ok(true));
}

/// F6, R53: by asking what it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demotion_is_noticed_while_nobody_writes() {
    let (redis, store, _) = start(&[]).await;
    let _: String = redis.run(&["REPLICAOF", "127.0.0.1", "1"]);
    let begun = Instant::now();
    while store.is_available() {
        assert!(begun.elapsed() < Duration::from_secs(3), "nobody notices");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// F23, R53: servers that lost their Redis together come back with a few connections each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_servers_do_not_rush_a_redis_that_returns() {
    const SERVERS: usize = 10;
    let mut redis = RedisServer::start(&[]);
    let open = |_| RedisStore::open(&RedisSettings::new(&redis.url()), Arc::new(SystemClock)).unwrap();
    let stores: Vec<_> = (0..SERVERS).map(open).collect();
    for store in &stores {
        until_available(store).await;
    }
    redis.kill();
    tokio::time::sleep(A_SECOND).await;
    redis.restart();
    redis.wait_until_it_answers();
    let begun = Instant::now();
    for store in &stores {
        until_available(store).await;
    }
    assert!(begun.elapsed() < 5 * A_SECOND, "{:?}", begun.elapsed());
    tokio::time::sleep(A_SECOND).await;
    let info: String = redis.run(&["INFO", "stats"]);
    let made = info.lines().find_map(|line| line.strip_prefix("total_connections_received:")).unwrap();
    // Two for each, those of this test, and what met it while it began.
    assert!(made.parse::<usize>().unwrap() <= 2 * SERVERS + 20, "{made} connections");
}

/// F26: what ends by the clock of Redis has ended for everybody, and what does not stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_whose_clock_jumps_ends_what_was_due_by_it() {
    let now = SystemClock.now();
    let redis = RedisServer::start_at(now, &[]);
    let store = connect(&redis, &ManualClock::at(now)).await;
    let short = create(&*store, "alice").await;
    let long = entry_now("alice");
    store.create(&long, b"document", now.saturating_add(2 * IDLE + IDLE)).await.unwrap();
    redis.set_clock(now.saturating_add(2 * IDLE));
    assert_eq!(store.load(short.id, Freshness::Confirmed, None).await, Ok(None));
    assert!(store.load(long.id, Freshness::Confirmed, None).await.unwrap().is_some());
}

/// F26: deadlines go by the clock of Redis, so nobody is served before it has been read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_does_not_tell_the_time_is_not_used() {
    let redis = RedisServer::start(&[]);
    let line = RedisLine::to(redis.port()).await;
    line.does(Damage::HoldsTime);
    let store = RedisStore::open(&RedisSettings::new(line.url()), Arc::new(SystemClock)).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < 3 * A_SECOND {
        assert!(!store.is_available(), "after {:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    line.does(Damage::None);
    assert!(until_available(&store).await < 2 * A_SECOND);
}

/// F32: `maxclients` is a doubt, and passes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_takes_no_more_clients_is_found_again_when_it_does() {
    let (redis, store, entry) = start(&[]).await;
    let mut operator = redis.connect();
    let mut say = |words: &[&str]| {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]).query::<redis::Value>(&mut operator).unwrap();
    };
    say(&["CONFIG", "SET", "maxclients", "1"]);
    say(&["CLIENT", "KILL", "USER", "sessions"]);
    tokio::time::sleep(A_SECOND).await;
    assert!(!store.is_available());
    assert_every_operation_is_unavailable(&*store, &entry).await;
    say(&["CONFIG", "SET", "maxclients", "1000"]);
    assert!(until_available(&store).await < 2 * A_SECOND);
    assert!(store.load(entry.id, Freshness::Confirmed, None).await.unwrap().is_some());
}

/// F17, R53: more tries would only fill the log of Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_are_not_tried_in_a_circle() {
    let redis = RedisServer::start(&[]);
    let _: String = redis.run(&["ACL", "SETUSER", "app", "on", ">right", "~*", "+@all"]);
    let wrong = redis.url().replace("//", "//app:wrong@");
    let store = RedisStore::open(&RedisSettings::new(&wrong), Arc::new(SystemClock)).unwrap();
    // Long enough for the four tries or more that an unreachable server would see.
    tokio::time::sleep(A_SECOND).await;
    assert!(!store.is_available());
    assert!(redis.commandstats()["hello"] <= 2, "tries: {}", redis.commandstats()["hello"]);
}

/// F2, F17, R39. An operator sees each change of state once, and no secret. All of the store runs on this
/// thread, so that its lines can be told from those of other tests.
#[tokio::test]
async fn each_change_of_state_is_one_line_without_the_password() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    // While there is only one subscriber, `tracing` asks that of the thread where a line is first met, and
    // remembers for all threads that nobody wants it: a test beside this one has none.
    let _second = tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(std::io::sink).finish());
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut redis = RedisServer::start(&[]);
    redis.add_user("app", "~* +@all");
    let url = redis.url_for("app");
    let store = RedisStore::open(&RedisSettings::new(&url), Arc::new(SystemClock)).unwrap();
    until_available(&store).await;
    store.load(entry_now("alice").id, Freshness::Confirmed, None).await.unwrap();
    redis.kill();
    // Long enough for several dials that fail.
    tokio::time::sleep(A_SECOND).await;
    redis.restart();
    redis.wait_until_it_answers();
    until_available(&store).await;
    store.load(entry_now("alice").id, Freshness::Confirmed, None).await.unwrap();
    let log = log.text();
    let count = |text: &str| log.matches(text).count();
    assert_eq!(count("redis is connected"), 2, "{log}");
    assert_eq!(count("redis connection is given up"), 1, "{log}");
    assert_eq!(count("redis is not reachable"), 1, "{log}");
    assert_eq!(count("redis loses sessions when it is killed"), 1, "{log}");
    assert_eq!(count("canary"), 0, "{log}");
}

/// F20: whatever a broken line delivers, it is nobody's document.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_replies_drop_the_connection_and_are_no_answer() {
    let redis = RedisServer::start(&[]);
    let line = RedisLine::to(redis.port()).await;
    let store = RedisStore::open(&RedisSettings::new(line.url()), Arc::new(SystemClock)).unwrap();
    until_available(&store).await;
    let entry = create(&store, "alice").await;
    for damage in [Damage::Garbles, Damage::Resets].into_iter().cycle().take(10) {
        line.does(damage);
        assert_eq!(store.load(entry.id, Freshness::Confirmed, None).await, Err(Unavailable), "{damage:?}");
        assert!(!store.is_available());
        line.does(Damage::None);
        assert!(until_available(&store).await < A_SECOND);
        assert_eq!(
            store.load(entry.id, Freshness::Confirmed, None).await.unwrap().unwrap().document,
            b"document"
        );
    }
}

/// F20: while replies are cut off and bits of them are turned over, many ask for sessions of their own. TCP finds such
/// bits, and TLS all of them; here they are to be met.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_line_that_cuts_and_flips_nobody_sees_what_is_anothers() {
    const USERS: usize = 16;
    let redis = RedisServer::start(&[]);
    let line = RedisLine::to(redis.port()).await;
    let store = RedisStore::open(&RedisSettings::new(line.url()), Arc::new(SystemClock)).unwrap();
    until_available(&store).await;
    let mut users = Vec::new();
    for number in 0..USERS {
        let entry = entry_now("alice");
        // No two of them have a byte in the same place in common.
        let document = vec![b'a' + u8::try_from(number).unwrap(); 100 + number];
        store.create(&entry, &document, deadline_of(&entry)).await.unwrap();
        users.push((entry.id, document));
    }
    let (store, is_over) = (Arc::new(store), Arc::new(AtomicBool::new(false)));
    for damage in [Damage::Cuts, Damage::Flips] {
        line.does(damage);
        is_over.store(false, Ordering::Relaxed);
        let mut asking = JoinSet::new();
        for (id, document) in users.clone() {
            let (store, is_over) = (Arc::clone(&store), Arc::clone(&is_over));
            asking.spawn(async move {
                let (mut whole, mut refused) = (0, 0);
                while !is_over.load(Ordering::Relaxed) {
                    match store.load(id, Freshness::Confirmed, None).await {
                        Ok(loaded) => {
                            let loaded = loaded.expect("a session that is there").document;
                            let strange = loaded.iter().zip(&document).filter(|(one, other)| one != other);
                            // A bit of its own may be another's.
                            assert!(loaded.len() == document.len() && strange.count() <= 1, "{loaded:?}");
                            whole += 1;
                        }
                        Err(Unavailable) => refused += 1,
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                (whole, refused)
            });
        }
        tokio::time::sleep(3 * A_SECOND).await;
        is_over.store(true, Ordering::Relaxed);
        let answers = asking.join_all().await;
        let (whole, refused) =
            answers.into_iter().fold((0, 0), |(whole, refused), one| (whole + one.0, refused + one.1));
        println!("{damage:?}: {whole} documents, {refused} refused");
        assert!(refused > 0, "nothing was met");
    }
    line.does(Damage::None);
    assert!(until_available(&store).await < A_SECOND);
}

/// F21: requests are cancelled in mid-command, and nobody gets another's answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_requests_leave_everybody_their_own_answer() {
    let (_redis, store, _) = start(&[]).await;
    let mut entries = Vec::new();
    for number in 0..20 {
        let entry = entry_now("alice");
        let document = format!("document {number}");
        store.create(&entry, document.as_bytes(), deadline_of(&entry)).await.unwrap();
        entries.push((entry, document));
    }
    let entries = Arc::new(entries);
    let mut clients = JoinSet::new();
    for _ in 0..32 {
        let (store, entries) = (Arc::clone(&store), Arc::clone(&entries));
        clients.spawn(async move {
            for _ in 0..500 {
                let (entry, document) = &entries[random_below(entries.len())];
                let patience = Duration::from_micros(random_below(1_500) as u64);
                let load = tokio::time::timeout(patience, store.load(entry.id, Freshness::Confirmed, None));
                if let Ok(loaded) = load.await {
                    assert_eq!(loaded.unwrap().unwrap().document, document.as_bytes());
                }
            }
        });
    }
    clients.join_all().await;
    assert!(store.is_available());
}

/// A server on the machine's own time, a store on it, and a session.
async fn start(flags: &[&str]) -> (RedisServer, Arc<RedisStore>, Entry) {
    let redis = RedisServer::start(flags);
    let store = connect(&redis, &ManualClock::at(SystemClock.now())).await;
    let entry = create(&*store, "alice").await;
    (redis, store, entry)
}

async fn create(store: &dyn Store, subject: &str) -> Entry {
    let entry = entry_now(subject);
    let created = store.create(&entry, b"document", deadline_of(&entry)).await;
    assert_eq!(created, Ok(Creation::Created));
    entry
}

/// Redis keeps its own time in these tests.
fn entry_now(subject: &str) -> Entry {
    let now = SystemClock.now();
    let absolute_expires_at = now.saturating_add(ABSOLUTE);
    Entry { issued_at: now, absolute_expires_at, ..entry_of(subject) }
}

fn deadline_of(entry: &Entry) -> session_core::UnixTime {
    entry.issued_at.saturating_add(IDLE)
}

async fn assert_only_reads(store: &dyn Store, entry: &Entry) {
    let pushed = deadline_of(entry).saturating_add(IDLE);
    let stored =
        store.load(entry.id, Freshness::Confirmed, Some(pushed)).await.unwrap().expect("the document");
    assert_eq!((stored.document, stored.idle_expires_at), (b"document".to_vec(), None));
    // A busy machine may have begun the session some time after its clock was read.
    let deadline = store.idle_deadline(entry.id, Freshness::Confirmed).await.unwrap().expect("a deadline");
    assert!(deadline.saturating_since(deadline_of(entry)) < IDLE / 2, "it was extended");
    assert_eq!(store.list(subject_of(entry), Freshness::Confirmed).await.unwrap().len(), 1);
    assert_eq!(store.revocations().await.unwrap().ids, []);
    assert_eq!(store.note_revocation(entry.id).await, Err(Unavailable));
    assert_eq!(store.delete(entry).await, Err(Unavailable));
    assert_eq!(store.update(entry.id, b"document", b"new").await, Err(Unavailable));
    assert!(store.is_available());
}

async fn assert_every_operation_is_unavailable(store: &dyn Store, entry: &Entry) {
    for operation in 0..OPERATIONS {
        assert!(is_unavailable(store, entry, operation).await, "operation {operation}");
    }
}

const OPERATIONS: usize = 15;

const LIMIT: AttemptLimit = AttemptLimit { failures: 10, window: IDLE };

async fn is_unavailable(store: &dyn Store, entry: &Entry, operation: usize) -> bool {
    let (deadline, key) = (deadline_of(entry), AttemptKey::account("alice"));
    match operation {
        0 => store.create(entry, b"document", deadline).await == Err(Unavailable),
        1 => store.load(entry.id, Freshness::Confirmed, None).await == Err(Unavailable),
        2 => store.load(entry.id, Freshness::Confirmed, Some(deadline)).await == Err(Unavailable),
        3 => store.idle_deadline(entry.id, Freshness::Confirmed).await == Err(Unavailable),
        4 => store.update(entry.id, b"document", b"new").await == Err(Unavailable),
        5 => store.delete(entry).await == Err(Unavailable),
        6 => store.delete_unchanged(entry, b"document").await == Err(Unavailable),
        7 => store.list(subject_of(entry), Freshness::Confirmed).await == Err(Unavailable),
        8 => store.epoch(subject_of(entry)).await == Err(Unavailable),
        9 => store.change_epoch(subject_of(entry)).await == Err(Unavailable),
        10 => store.begin_attempt(&key, LIMIT).await == Err(Unavailable),
        11 => store.end_attempt(&key, LIMIT, AttemptEnd::Failed).await == Err(Unavailable),
        12 => store.note_revocation(entry.id).await == Err(Unavailable),
        13 => store.revocations().await == Err(Unavailable),
        14 => store.entries(subject_of(entry)).await == Err(Unavailable),
        _ => unreachable!("there are {OPERATIONS} operations"),
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

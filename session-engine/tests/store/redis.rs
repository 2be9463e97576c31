//! What only the Redis store can get wrong while Redis is well.

use std::sync::Arc;
use std::time::Duration;

use session_core::REVOCATION_INTEREST;
use session_engine::ManualClock;
use session_engine::store::redis::{RedisSettings, RedisStore};
use session_engine::store::testing::{
    ABSOLUTE, Harness, IDLE, START, entry_of, first_deadline, subject_called, subject_of,
};
use session_engine::store::{
    Admission, AttemptCounter, AttemptEnd, AttemptKey, AttemptLimit, Creation, Documents, Entry, Freshness,
    Outcome, RevocationLog, Revocations, Store, SubjectIndex, Trouble,
};

use session_testing::{RedisServer, calls};

use super::harness::{OnRedis, connect, until_available};

const SECOND: Duration = Duration::from_secs(1);

/// R9, R28: and its place in the index is scored by its absolute end.
#[tokio::test]
async fn a_session_is_a_plain_value_that_expires_at_its_idle_deadline() {
    let (harness, entry) = (OnRedis::start().await, entry_of("a b"));
    create(&harness, &entry, b"{\"version\":1}").await;
    let key = format!("session:{}", entry.id);
    assert_eq!(harness.redis.run::<String>(&["GET", &key]), "{\"version\":1}");
    assert_eq!(harness.redis.run::<u64>(&["EXPIRETIME", &key]), first_deadline().as_secs());
    let members: Vec<(String, u64)> =
        harness.redis.run(&["ZRANGE", "subject-sessions:a%20b", "0", "-1", "WITHSCORES"]);
    let member = format!("{}.{}", entry.id, START.as_secs());
    assert_eq!(members, [(member, entry.absolute_expires_at.as_secs())]);
}

/// R25: which extends it, if that is due.
#[tokio::test]
async fn reading_a_session_is_exactly_one_command() {
    let (harness, entry) = (OnRedis::start().await, entry_of("alice"));
    create(&harness, &entry, b"document").await;
    let store = harness.store();
    let before = harness.redis.commandstats();
    store.load(entry.id, Freshness::Confirmed, None).await.unwrap();
    store.load(entry.id, Freshness::Confirmed, Some(first_deadline())).await.unwrap();
    assert_eq!(harness.redis.requested_since(&before), calls([("get", 1), ("getex", 1)]));
}

/// As a user with what a store needs and nothing else (R46).
#[tokio::test]
async fn another_database_than_the_first_is_used_if_the_url_says_so() {
    let redis = RedisServer::start(&[]);
    redis.add_user("sessions", &RedisSettings::new("").acl_rules().unwrap());
    let settings = RedisSettings::new(&format!("{}/1", redis.url_for("sessions")));
    let store = RedisStore::open(&settings, Arc::new(ManualClock::at(START))).unwrap();
    until_available(&store).await;
    store.change_epoch(&subject_called("alice")).await.unwrap();
    assert!(redis.run::<String>(&["INFO", "keyspace"]).contains("db1:keys=1"));
}

/// By `SET … IFEQ` where the server has it, and otherwise by a script.
#[tokio::test]
async fn an_update_is_exactly_one_command() {
    let (harness, entry) = (OnRedis::start().await, entry_of("alice"));
    create(&harness, &entry, b"document").await;
    // The first one may have to tell the script.
    harness.store().update(entry.id, b"document", b"new").await.unwrap();
    let before = harness.redis.commandstats();
    assert_eq!(harness.store().update(entry.id, b"new", b"newer").await, Ok(Outcome::Done));
    let asked = harness.redis.requested_since(&before);
    let is_valkey = harness.redis.run::<String>(&["INFO", "server"]).contains("server_name:valkey");
    // What a script asks for is counted beside it.
    let by_script = calls([("evalsha", 1), ("get", 1), ("set", 1)]);
    assert_eq!(asked, if is_valkey { calls([("set", 1)]) } else { by_script });
}

/// R28, R60: nothing waits for somebody to tidy up.
#[tokio::test]
async fn every_key_has_an_end() {
    let (harness, entry) = (OnRedis::start().await, entry_of("alice"));
    let store = harness.store();
    create(&harness, &entry, b"document").await;
    store.update(entry.id, b"document", b"new").await.unwrap();
    store.load(entry.id, Freshness::Confirmed, Some(first_deadline())).await.unwrap();
    store.change_epoch(subject_of(&entry)).await.unwrap();
    let key = AttemptKey::account("alice");
    fail(&*store, &key).await;
    store.begin_attempt(&key, LIMIT).await.unwrap();
    store.note_revocation(entry.id).await.unwrap();
    let keys: Vec<String> = harness.redis.run(&["KEYS", "*"]);
    assert_eq!(keys.len(), 5);
    for key in keys {
        assert!(harness.redis.run::<i64>(&["TTL", &key]) > 0, "{key} stays for ever");
    }
}

#[tokio::test]
async fn a_counter_without_an_end_gets_one() {
    let (harness, key) = (OnRedis::start().await, AttemptKey::account("alice"));
    fail(&*harness.store(), &key).await;
    let keys: Vec<String> = harness.redis.run(&["KEYS", "attempts:*"]);
    let _: u64 = harness.redis.run(&["PERSIST", &keys[0]]);
    fail(&*harness.store(), &key).await;
    let refused = harness.store().begin_attempt(&key, LIMIT).await;
    assert!(matches!(refused, Ok(Admission::Refused { .. })), "{refused:?}");
    assert!(harness.redis.run::<i64>(&["TTL", &keys[0]]) > 0);
}

/// R28: and no longer.
#[tokio::test]
async fn an_index_lives_as_long_as_the_longest_session_in_it() {
    let harness = OnRedis::start().await;
    let (long, mut short) = (entry_of("alice"), entry_of("alice"));
    short.absolute_expires_at = first_deadline();
    let expires_at = || harness.redis.run::<u64>(&["EXPIRETIME", "subject-sessions:alice"]);
    create(&harness, &short, b"short").await;
    assert_eq!(expires_at(), first_deadline().as_secs());
    create(&harness, &long, b"long").await;
    assert_eq!(expires_at(), START.saturating_add(ABSOLUTE).as_secs());
    create(&harness, &entry_of_until_first_deadline(), b"short").await;
    assert_eq!(expires_at(), START.saturating_add(ABSOLUTE).as_secs(), "a later, shorter one");
}

/// R28: by whoever lists, and never one that is just being made.
#[tokio::test]
async fn an_entry_is_trimmed_only_once_its_document_cannot_be_on_its_way() {
    let (harness, entry) = (OnRedis::start().await, entry_of("alice"));
    create(&harness, &entry, b"document").await;
    let entries = || harness.redis.run::<u64>(&["ZCARD", "subject-sessions:alice"]);
    let _: u64 = harness.redis.run(&["DEL", &format!("session:{}", entry.id)]);
    harness.advance(Duration::from_secs(119));
    assert_eq!(harness.store().list(subject_of(&entry), Freshness::Confirmed).await, Ok(Vec::new()));
    assert_eq!(entries(), 1, "at 119 seconds");
    harness.advance(Duration::from_secs(1));
    assert_eq!(harness.store().list(subject_of(&entry), Freshness::Confirmed).await, Ok(Vec::new()));
    assert_eq!(entries(), 0, "at 120 seconds");
}

/// R28: also of somebody who never lists.
#[tokio::test]
async fn a_login_trims_what_is_long_past_its_absolute_deadline() {
    let (harness, mut old) = (OnRedis::start().await, entry_of("alice"));
    create(&harness, &entry_of("alice"), b"keeps the index alive").await;
    old.absolute_expires_at = first_deadline();
    create(&harness, &old, b"old").await;
    harness.advance(IDLE + Duration::from_secs(120));
    create(&harness, &entry_of("alice"), b"new").await;
    assert_eq!(harness.redis.run::<u64>(&["ZCARD", "subject-sessions:alice"]), 2);
}

#[tokio::test]
async fn a_creation_tried_again_keeps_its_place_in_the_index() {
    let (harness, entry) = (OnRedis::start().await, entry_of("alice"));
    create(&harness, &entry, b"document").await;
    let again = harness.store().create(&entry, b"document", first_deadline()).await;
    assert_eq!(again, Ok(Creation::Exists));
    assert_eq!(harness.store().list(subject_of(&entry), Freshness::Confirmed).await.unwrap().len(), 1);
}

/// R48: one spoilt key is one invalid session, and nothing else.
#[tokio::test]
async fn a_value_that_is_no_document_is_present_and_unreadable() {
    let harness = OnRedis::start().await;
    let (well, list, huge) = (entry_of("alice"), entry_of("alice"), entry_of("alice"));
    for entry in [&well, &list, &huge] {
        create(&harness, entry, b"document").await;
    }
    let key = |entry: &Entry| format!("session:{}", entry.id);
    let _: u64 = harness.redis.run(&["DEL", &key(&list)]);
    let _: u64 = harness.redis.run(&["LPUSH", &key(&list), "x"]);
    let _: String = harness.redis.run(&["SET", &key(&huge), &"x".repeat(1 << 20), "KEEPTTL"]);
    let store = harness.store();
    for entry in [&list, &huge] {
        for extend_to in [None, Some(first_deadline())] {
            let stored = store
                .load(entry.id, Freshness::Confirmed, extend_to)
                .await
                .unwrap()
                .expect("something is there");
            assert_eq!(stored.document, b"");
        }
        assert_eq!(store.create(entry, b"new", first_deadline()).await, Ok(Creation::Exists));
        assert_eq!(store.update(entry.id, b"document", b"new").await, Ok(Outcome::Conflict));
        assert_eq!(store.delete_unchanged(entry, b"document").await, Ok(Outcome::Conflict));
    }
    assert_eq!(store.load(well.id, Freshness::Confirmed, None).await.unwrap().unwrap().document, b"document");
    assert_eq!(
        store.list(subject_of(&well), Freshness::Confirmed).await.unwrap().len(),
        3,
        "revoking all finds them"
    );
    assert_eq!(store.delete(&list).await, Ok(true));
    assert_eq!(store.delete(&huge).await, Ok(true));
    assert_eq!(store.list(subject_of(&well), Freshness::Confirmed).await.unwrap().len(), 1);
    assert!(store.is_available());
}

/// R28: what is none of ours hides nobody.
#[tokio::test]
async fn an_index_with_foreign_members_is_still_read() {
    let (harness, entry) = (OnRedis::start().await, entry_of("alice"));
    create(&harness, &entry, b"document").await;
    let _: u64 = harness.redis.run(&["ZADD", "subject-sessions:alice", "1.5", "garbage", "-inf", "x.y"]);
    assert_eq!(harness.store().list(subject_of(&entry), Freshness::Confirmed).await.unwrap().len(), 1);
}

/// R71. Servers whose clocks differ tell of the same revocations at the same time.
#[tokio::test]
async fn revocations_go_by_the_clock_of_redis_alone() {
    let (harness, id) = (OnRedis::start().await, entry_of("alice").id);
    let hours_ahead = ManualClock::at(START.saturating_add(ABSOLUTE));
    let ahead = connect(&harness.redis, &hours_ahead).await;
    ahead.note_revocation(id).await.unwrap();
    let revocations = harness.store().revocations().await;
    assert_eq!(revocations, Ok(Revocations { ids: vec![id], as_of: START }));
    assert_eq!(ahead.revocations().await, revocations);
}

/// R78: six minutes of them.
#[tokio::test]
async fn no_more_is_kept_of_revocations_than_is_of_interest() {
    let (harness, store) = (OnRedis::start().await, OnRedis::store);
    for _ in 0..20 {
        store(&harness).note_revocation(entry_of("alice").id).await.unwrap();
        harness.advance(REVOCATION_INTEREST / 10);
        assert!(harness.redis.run::<u64>(&["ZCARD", "revocations"]) <= 10);
    }
    assert!(harness.redis.run::<u64>(&["TTL", "revocations"]) <= REVOCATION_INTEREST.as_secs());
}

#[tokio::test]
async fn revocations_with_foreign_members_are_still_read() {
    let (harness, id) = (OnRedis::start().await, entry_of("alice").id);
    harness.store().note_revocation(id).await.unwrap();
    let _: u64 = harness.redis.run(&["ZADD", "revocations", "+inf", "garbage", "inf", "a.b"]);
    assert_eq!(harness.store().revocations().await.unwrap().ids, [id]);
}

/// R78: a server that asks each second reads what is new, and not what stands for six minutes.
#[tokio::test]
async fn revocations_that_are_known_are_not_read_again() {
    let (harness, ids) = (OnRedis::start().await, [(); 1_000].map(|()| entry_of("alice").id));
    for id in ids {
        harness.store().note_revocation(id).await.unwrap();
    }
    let sent = || {
        let info: String = harness.redis.run(&["INFO", "stats"]);
        let line = info.lines().find_map(|line| line.strip_prefix("total_net_output_bytes:")).unwrap();
        line.parse::<u64>().unwrap()
    };
    let cost_of_a_look = async |number: usize| {
        let before = sent();
        assert_eq!(harness.store().revocations().await.unwrap().ids.len(), number);
        sent() - before
    };
    let whole = cost_of_a_look(1_000).await;
    harness.advance(SECOND);
    harness.store().note_revocation(entry_of("alice").id).await.unwrap();
    // The second that was not over is read once more.
    cost_of_a_look(1_001).await;
    let news = cost_of_a_look(1_001).await;
    // Most of it is the `INFO` of this test.
    assert!(news + 30_000 < whole, "{news} of {whole} bytes");
}

/// Whatever becomes of Redis, nobody goes on with a list that is not its own.
#[tokio::test]
async fn what_is_known_of_revocations_is_what_redis_has() {
    let (harness, store) = (OnRedis::start().await, OnRedis::store);
    let note = async |store: &dyn Store| {
        let id = entry_of("alice").id;
        store.note_revocation(id).await.unwrap();
        id
    };
    let other = connect(&harness.redis, &ManualClock::at(START)).await;
    let told = async || {
        let mut ids = store(&harness).revocations().await.unwrap().ids;
        ids.sort();
        ids
    };
    let first = note(&*other).await;
    assert_eq!(told().await, [first]);
    // A replica with an earlier clock has taken over, and something was noted by it before anybody asked.
    harness.redis.set_clock(START.saturating_sub(SECOND * 30));
    let second = note(&*other).await;
    harness.redis.set_clock(START.saturating_add(SECOND));
    let mut both = [first, second];
    both.sort();
    assert_eq!(told().await, both);
    let _: u64 = harness.redis.run(&["ZREM", "revocations", &first.to_string()]);
    assert_eq!(told().await, [second]);
    // It is empty after a restart, and as much as before is noted at once.
    let _: u64 = harness.redis.run(&["DEL", "revocations"]);
    let third = note(&*other).await;
    assert_eq!(told().await, [third]);
}

#[tokio::test]
async fn scripts_are_loaded_again_after_redis_forgot_them() {
    let (harness, entry) = (OnRedis::start().await, entry_of("alice"));
    create(&harness, &entry, b"one").await;
    for (old, new) in [(b"one", b"two"), (b"two", b"six")] {
        let _: String = harness.redis.run(&["SCRIPT", "FLUSH"]);
        assert_eq!(harness.store().update(entry.id, old, new).await, Ok(Outcome::Done));
    }
}

/// R46: what the documentation tells an operator to allow is enough, and nothing else is tried.
#[tokio::test]
async fn a_user_with_few_commands_and_keys_is_enough() {
    let (harness, entry) = (OnRedis::start().await, entry_of("alice"));
    let settings = RedisSettings::new(&harness.redis.url_for("sessions"));
    harness.redis.add_user("sessions", &settings.acl_rules().unwrap());
    let store = RedisStore::open(&settings, Arc::new(ManualClock::at(START))).unwrap();
    until_available(&store).await;
    let key = AttemptKey::account("alice");
    assert_eq!(store.create(&entry, b"one", first_deadline()).await, Ok(Creation::Created));
    assert_eq!(store.create(&entry, b"one", first_deadline()).await, Ok(Creation::Exists));
    assert!(store.load(entry.id, Freshness::Confirmed, None).await.unwrap().is_some());
    assert!(store.load(entry.id, Freshness::Confirmed, Some(first_deadline())).await.unwrap().is_some());
    assert_eq!(store.idle_deadline(entry.id, Freshness::Confirmed).await, Ok(Some(first_deadline())));
    assert_eq!(store.update(entry.id, b"one", b"two").await, Ok(Outcome::Done));
    assert_eq!(store.list(subject_of(&entry), Freshness::Confirmed).await.unwrap().len(), 1);
    assert_eq!(store.change_epoch(subject_of(&entry)).await, Ok(()));
    assert!(store.epoch(subject_of(&entry)).await.is_ok());
    fail(&store, &key).await;
    fail(&store, &key).await;
    assert!(matches!(store.begin_attempt(&key, LIMIT).await, Ok(Admission::Refused { .. })));
    assert_eq!(store.entries(subject_of(&entry)).await.unwrap().len(), 1);
    assert_eq!(store.note_revocation(entry.id).await, Ok(()));
    assert_eq!(store.revocations().await.unwrap().ids, [entry.id]);
    assert_eq!(store.delete_unchanged(&entry, b"two").await, Ok(Outcome::Done));
    assert_eq!(store.delete(&entry).await, Ok(false));
    assert_eq!(harness.redis.run::<Vec<::redis::Value>>(&["ACL", "LOG"]), []);
}

/// R68: nobody would find an ACL with a command too few otherwise.
#[tokio::test]
async fn what_redis_refuses_is_a_trouble_that_is_told() {
    let (harness, entry) = (OnRedis::start().await, entry_of("alice"));
    let user = ["ACL", "SETUSER", "narrow", "on", ">secret", "~*", "+@all", "-set"];
    let _: String = harness.redis.run(&user);
    let url = harness.redis.url().replace("//", "//narrow:secret@");
    let store = RedisStore::open(&RedisSettings::new(&url), Arc::new(ManualClock::at(START))).unwrap();
    until_available(&store).await;
    assert_eq!(store.troubles(), []);
    for times in 1..=2 {
        assert!(store.create(&entry, b"one", first_deadline()).await.is_err());
        let trouble = Trouble { asked: "SET".into(), reason: "NOPERM".into(), times };
        assert_eq!(store.troubles(), [trouble]);
    }
    assert!(store.is_available(), "it can still be read");
}

/// R45: a prefix has no brace either.
#[tokio::test]
async fn two_installations_share_one_redis_by_their_prefixes() {
    let (harness, entry) = (OnRedis::start().await, entry_of("alice"));
    let open = async |prefix: &str| {
        let settings = RedisSettings::new(&harness.redis.url()).prefix(prefix);
        let store = RedisStore::open(&settings, Arc::new(ManualClock::at(START))).unwrap();
        until_available(&store).await;
        store
    };
    let (one, other) = (open("one:").await, open("two:").await);
    assert_eq!(one.create(&entry, b"one", first_deadline()).await, Ok(Creation::Created));
    one.note_revocation(entry.id).await.unwrap();
    assert_eq!(other.load(entry.id, Freshness::Confirmed, None).await, Ok(None));
    assert_eq!(other.entries(subject_of(&entry)).await, Ok(Vec::new()));
    assert_eq!(other.revocations().await.unwrap().ids, []);
    assert_eq!(other.create(&entry, b"two", first_deadline()).await, Ok(Creation::Created));
    let mut keys: Vec<String> = harness.redis.run(&["KEYS", "*:session:*"]);
    keys.sort();
    assert_eq!(keys, [format!("one:session:{}", entry.id), format!("two:session:{}", entry.id)]);
    for prefix in ["a{b}", "a b", "\u{fc}"] {
        let settings = RedisSettings::new(&harness.redis.url()).prefix(prefix);
        assert!(RedisStore::open(&settings, Arc::new(ManualClock::at(START))).is_err(), "{prefix}");
    }
}

/// R28 at some size: a hundred users, fifty sessions each.
#[tokio::test]
async fn memory_is_back_after_five_thousand_sessions_expired() {
    let harness = OnRedis::start().await;
    let memory = || {
        let info: String = harness.redis.run(&["INFO", "memory"]);
        let used = info.lines().find_map(|line| line.strip_prefix("used_memory_dataset:"));
        used.unwrap().trim().parse::<f64>().unwrap()
    };
    let before = memory();
    for number in 0..5_000 {
        create(&harness, &entry_of(&format!("user {}", number % 100)), &[b'x'; 400]).await;
    }
    assert!(memory() > before + 2_000_000.0);
    harness.advance(IDLE);
    for number in 0..100 {
        assert_eq!(
            harness.store().list(&subject_called(&format!("user {number}")), Freshness::Confirmed).await,
            Ok(Vec::new())
        );
    }
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while harness.redis.run::<u64>(&["DBSIZE"]) > 0 {
        assert!(std::time::Instant::now() < deadline, "something stays");
    }
    let left = memory() - before;
    // What Redis keeps for its clients is in this figure too.
    assert!(left < 500_000.0, "{left} bytes stay");
}

const LIMIT: AttemptLimit = AttemptLimit { failures: 2, window: IDLE };

async fn fail(store: &dyn Store, key: &AttemptKey) {
    assert_eq!(store.begin_attempt(key, LIMIT).await, Ok(Admission::Admitted));
    store.end_attempt(key, LIMIT, AttemptEnd::Failed).await.unwrap();
}

fn entry_of_until_first_deadline() -> Entry {
    Entry { absolute_expires_at: first_deadline(), ..entry_of("alice") }
}

async fn create(harness: &OnRedis, entry: &Entry, document: &[u8]) {
    assert_eq!(harness.store().create(entry, document, first_deadline()).await, Ok(Creation::Created));
}

//! Events on the stores that keep them, and then what only one of them can get wrong.

use std::sync::Arc;
use std::time::Duration;

use session_engine::store::testing::{EventHarness, Harness, entry_of, first_deadline};
use session_engine::store::{Creation, EventCursor, Freshness, MAX_EVENTS, Watch, Watched};
use session_testing::calls;

use super::harness::{OnCluster, OnRedis};

mod of_the_embedded_store {
    session_engine::event_log_contract!(crate::harness::Embedded);
}

mod of_redis {
    session_engine::event_log_contract!(crate::harness::OnRedis);
}

mod of_a_redis_cluster {
    session_engine::event_log_contract!(crate::harness::OnCluster);
}

const TERM: Duration = Duration::from_secs(10);

#[tokio::test]
async fn events_are_a_stream_with_one_field() {
    let harness = OnRedis::start().await;
    harness.log().append("{\"type\":\"created\"}", &Watch::default()).await.unwrap();
    let entries: Vec<(String, (String, String))> = harness.redis.run(&["XRANGE", "events", "-", "+"]);
    let [(place, (field, event))] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((field.as_str(), event.as_str()), ("event", "{\"type\":\"created\"}"));
    assert_eq!(harness.log().events(None, 10).await.unwrap().cursor.to_string(), *place);
}

#[tokio::test]
async fn the_stream_is_bounded_and_whoever_was_too_slow_is_told() {
    let harness = OnRedis::start().await;
    let log = harness.log();
    log.append("first", &Watch::default()).await.unwrap();
    let first = log.events(None, 1).await.unwrap().cursor;
    // As many again, added beside us, since that is faster.
    let fill = "for i = 1, ARGV[1] do redis.call('XADD', KEYS[1], '*', 'event', 'x') end";
    harness.redis.run::<()>(&["EVAL", fill, "1", "events", &(MAX_EVENTS + 5_000).to_string()]);
    assert!(!log.events(Some(first), 1).await.unwrap().is_gap);
    log.append("last", &Watch::default()).await.unwrap();
    let kept: usize = harness.redis.run(&["XLEN", "events"]);
    assert!((MAX_EVENTS..MAX_EVENTS + 1_000).contains(&kept), "{kept}");
    let page = log.events(Some(first), 1).await.unwrap();
    assert!(page.is_gap && page.cursor > first);
}

#[tokio::test]
async fn one_server_delivers_until_it_lets_go_or_is_silent() {
    let harness = OnRedis::start().await;
    let (one, two) = (harness.log(), harness.second_log());
    let at = |number| EventCursor { milliseconds: 7, number };
    assert_eq!(one.lease_delivery("one", TERM).await, Ok(Some(EventCursor::START)));
    assert_eq!(two.lease_delivery("two", TERM).await, Ok(None));
    assert_eq!(one.note_delivered("one", at(1), TERM).await, Ok(true));
    harness.advance(TERM - Duration::from_secs(1));
    assert_eq!(one.lease_delivery("one", TERM).await, Ok(Some(at(1))));
    harness.advance(TERM);
    assert_eq!(two.lease_delivery("two", TERM).await, Ok(Some(at(1))), "the first was silent");
    assert_eq!(one.note_delivered("one", at(2), TERM).await, Ok(false), "it has lost it");
    assert_eq!(two.note_delivered("two", at(3), Duration::ZERO).await, Ok(true));
    assert_eq!(one.lease_delivery("one", TERM).await, Ok(Some(at(3))), "the second has let go");
}

/// Of two servers that look at the same moment.
#[tokio::test]
async fn an_expiry_is_told_by_one_of_many_servers() {
    let harness = OnCluster::start().await;
    for _ in 0..150 {
        let entry = entry_of("alice");
        let created = harness.store().create(&entry, b"document", first_deadline()).await;
        assert_eq!(created, Ok(Creation::Created));
        let watched = Watched { id: entry.id, subject: None, idle_expires_at: first_deadline() };
        harness.log().append("created", &Watch { begin: Some(watched), end: None }).await.unwrap();
    }
    harness.advance(Duration::from_secs(30 * 60 + 1));
    let look = |log: Arc<dyn session_engine::store::EventLog>| async move {
        while log.tell_expired().await.unwrap() {}
    };
    tokio::join!(look(harness.log()), look(harness.second_log()), look(harness.log()));
    let page = harness.log().events(None, 1_000).await.unwrap();
    assert_eq!(page.events.iter().filter(|(_, event)| event.contains("\"expired\"")).count(), 150);
}

/// F12: whoever logs out is told of when Redis is full as well.
#[tokio::test]
async fn an_event_is_taken_by_a_redis_that_is_full() {
    let harness = OnRedis::start().await;
    harness.log().append("before", &Watch::default()).await.unwrap();
    harness.redis.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    harness.log().append("after", &Watch::default()).await.unwrap();
    assert_eq!(harness.log().events(None, 10).await.unwrap().events.len(), 2);
}

/// What watches sessions costs a check nothing.
#[tokio::test]
async fn a_watched_session_is_read_by_one_command() {
    let harness = OnRedis::start().await;
    let entry = entry_of("alice");
    harness.store().create(&entry, b"document", first_deadline()).await.unwrap();
    let watched = Watched { id: entry.id, subject: None, idle_expires_at: first_deadline() };
    harness.log().append("created", &Watch { begin: Some(watched), end: None }).await.unwrap();
    let before = harness.redis.commandstats();
    harness.store().load(entry.id, Freshness::Confirmed, Some(first_deadline())).await.unwrap();
    assert_eq!(harness.redis.requested_since(&before), calls([("getex", 1)]));
}

//! The sentences of an [`EventLog`].

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::harness::{Harness, IDLE, START, entry_of, first_deadline};
use crate::store::{Creation, Entry, EventCursor, EventLog, EventPage, Freshness, Outcome, Watch, Watched};

const SECOND: Duration = Duration::from_secs(1);

/// What the suite needs of a store that keeps events.
pub trait EventHarness: Harness {
    /// The log as one server has it.
    fn log(&self) -> Arc<dyn EventLog>;

    /// The same log as a second server has it; the same one, where only one server can.
    fn second_log(&self) -> Arc<dyn EventLog> {
        self.log()
    }
}

pub async fn events_are_read_in_the_order_in_which_they_were_appended(harness: impl EventHarness) {
    let log = harness.log();
    assert_eq!(read(&*log, None).await, page(Vec::new(), EventCursor::START));
    for number in 0..25 {
        append(&*log, &number.to_string(), Watch::default()).await;
    }
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = log.events(after, 10).await.unwrap();
        assert!(page.events.len() <= 10 && !page.is_gap);
        if page.events.is_empty() {
            assert_eq!(Some(page.cursor), after, "whoever has read all of it stays there");
            break;
        }
        assert!(page.events.iter().all(|(place, _)| after.is_none_or(|after| *place > after)));
        after = Some(page.cursor);
        read.extend(page.events.into_iter().map(|(_, event)| event));
    }
    assert_eq!(read, (0..25).map(|number| number.to_string()).collect::<Vec<_>>());
}

pub async fn an_event_is_read_on_every_server(harness: impl EventHarness) {
    let start = read(&*harness.second_log(), None).await.cursor;
    append(&*harness.log(), "{\"a\":\"\u{fc}\"}", Watch::default()).await;
    append(&*harness.second_log(), "second", Watch::default()).await;
    for log in [harness.log(), harness.second_log()] {
        let page = read(&*log, Some(start)).await;
        assert_eq!(texts(&page), ["{\"a\":\"\u{fc}\"}", "second"]);
        assert!(!page.is_gap);
    }
}

pub async fn whoever_comes_from_a_place_that_is_not_kept_is_told(harness: impl EventHarness) {
    let log = harness.log();
    append(&*log, "first", Watch::default()).await;
    append(&*log, "second", Watch::default()).await;
    let early = EventCursor { milliseconds: 1, number: 0 };
    let page = read(&*log, Some(early)).await;
    assert_eq!((texts(&page), page.is_gap), (vec!["first", "second"], true));
    assert!(!read(&*log, Some(page.cursor)).await.is_gap, "told once");
    // One of a log that was lost meanwhile.
    let late = EventCursor { milliseconds: u64::MAX, number: 0 };
    let from_late = read(&*log, Some(late)).await;
    assert_eq!(from_late, EventPage { events: Vec::new(), cursor: page.cursor, is_gap: true });
}

pub async fn a_watched_session_that_expires_is_told_once(harness: impl EventHarness) {
    let entry = begin(&harness).await;
    told(&harness).await;
    assert_eq!(expired(&harness).await, Vec::<Value>::new());
    harness.advance(IDLE + SECOND);
    told(&harness).await;
    told(&harness).await;
    let events = expired(&harness).await;
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event["session_id"], entry.id.to_string());
    assert_eq!(event["subject"], "alice");
    let at = event["occurred_at"].as_u64().unwrap();
    assert!(at >= first_deadline().as_secs() && at <= first_deadline().as_secs() + 2, "{event}");
}

pub async fn a_session_that_was_used_expires_when_it_is_gone(harness: impl EventHarness) {
    let entry = begin(&harness).await;
    harness.advance(IDLE / 2);
    let later = first_deadline().saturating_add(IDLE / 2);
    let used = harness.store().load(entry.id, Freshness::Confirmed, Some(later)).await;
    assert!(used.unwrap().is_some());
    harness.advance(IDLE / 2 + SECOND);
    told(&harness).await;
    assert_eq!(expired(&harness).await, Vec::<Value>::new(), "it lives");
    harness.advance(IDLE / 2);
    told(&harness).await;
    assert_eq!(expired(&harness).await.len(), 1);
}

pub async fn what_was_ended_does_not_expire(harness: impl EventHarness) {
    let entry = begin(&harness).await;
    harness.store().note_revocation(entry.id).await.unwrap();
    assert_eq!(harness.store().delete(&entry).await, Ok(true));
    append(&*harness.log(), "ended", Watch { begin: None, end: Some(entry.id) }).await;
    harness.advance(IDLE + SECOND);
    told(&harness).await;
    assert_eq!(expired(&harness).await, Vec::<Value>::new());
}

pub async fn what_is_left_of_a_renewed_session_does_not_expire(harness: impl EventHarness) {
    let (old, new) = (begin(&harness).await, begin(&harness).await);
    let store = harness.store();
    store.note_revocation(old.id).await.unwrap();
    assert_eq!(store.update(old.id, b"document", b"marker").await, Ok(Outcome::Done));
    let soon = START.saturating_add(Duration::from_secs(60));
    store.load(old.id, Freshness::Confirmed, Some(soon)).await.unwrap();
    append(&*harness.log(), "renewed", Watch { begin: None, end: Some(old.id) }).await;
    harness.advance(IDLE + SECOND);
    told(&harness).await;
    let events = expired(&harness).await;
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event["session_id"], new.id.to_string());
}

pub async fn a_session_that_is_gone_is_not_watched(harness: impl EventHarness) {
    let entry = entry_of("alice");
    append(&*harness.log(), "too late", watch(&entry)).await;
    harness.advance(IDLE + SECOND);
    told(&harness).await;
    assert_eq!(expired(&harness).await, Vec::<Value>::new());
}

pub async fn what_was_delivered_is_remembered(harness: impl EventHarness) {
    let log = harness.log();
    let term = Duration::from_secs(10);
    append(&*log, "first", Watch::default()).await;
    let cursor = read(&*log, None).await.cursor;
    assert_eq!(log.lease_delivery("one", term).await, Ok(Some(EventCursor::START)));
    assert_eq!(log.note_delivered("one", cursor, term).await, Ok(true));
    assert_eq!(log.note_delivered("one", cursor, Duration::ZERO).await, Ok(true));
    assert_eq!(harness.second_log().lease_delivery("two", term).await, Ok(Some(cursor)));
}

/// A session of alice's that is watched.
async fn begin(harness: &impl EventHarness) -> Entry {
    let entry = entry_of("alice");
    let created = harness.store().create(&entry, b"document", first_deadline()).await;
    assert_eq!(created, Ok(Creation::Created));
    append(&*harness.log(), "created", watch(&entry)).await;
    entry
}

fn watch(entry: &Entry) -> Watch {
    let watched = Watched { id: entry.id, subject: entry.subject.clone(), idle_expires_at: first_deadline() };
    Watch { begin: Some(watched), end: None }
}

async fn append(log: &dyn EventLog, event: &str, watch: Watch) {
    log.append(event, &watch).await.expect("an answer");
}

/// Until both servers have nothing to tell of.
async fn told(harness: &impl EventHarness) {
    for log in [harness.log(), harness.second_log()] {
        while log.tell_expired().await.expect("an answer") {}
    }
    // A store that tells when it sweeps does so when it writes.
    harness.store().delete(&entry_of("nobody")).await.expect("a deletion");
}

async fn expired(harness: &impl EventHarness) -> Vec<Value> {
    let page = read(&*harness.log(), None).await;
    let events = page.events.iter().filter_map(|(_, event)| serde_json::from_str::<Value>(event).ok());
    events.filter(|event| event["type"] == "expired").collect()
}

async fn read(log: &dyn EventLog, after: Option<EventCursor>) -> EventPage {
    log.events(after, 100).await.expect("an answer")
}

fn page(events: Vec<(EventCursor, String)>, cursor: EventCursor) -> EventPage {
    EventPage { events, cursor, is_gap: false }
}

fn texts(page: &EventPage) -> Vec<&str> {
    page.events.iter().map(|(_, event)| event.as_str()).collect()
}

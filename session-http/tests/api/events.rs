//! What others are told of what happens to sessions, over the management's listener.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Answer, Browser};
use crate::fleet::{Fleet, IDLE, PASSWORD, START};
use crate::management::BackEnd;
use crate::on_every_store;

on_every_store!(
    what_happens_is_told_in_its_order_with_what_it_is_about,
    whoever_waits_hears_at_once_and_on_every_server,
    a_session_that_nobody_uses_is_told_to_have_expired_once,
    whoever_comes_from_too_far_back_is_told,
    what_is_asked_for_wrongly_is_refused,
    a_server_that_stops_keeps_nobody_waiting,
);

/// In the field for the name, by mistake.
const MISTYPED: &str = "canary of a mistyped password";

/// A fleet in which a server tells of events, its management, and a browser at it.
async fn telling(fleet: &mut Fleet) -> (usize, BackEnd, Browser) {
    let server = fleet.add_server_that_tells(0).await;
    let browser = Browser::at(fleet.servers[server].address);
    (server, BackEnd::of(fleet, server).await, browser)
}

/// The events behind a place, once there are so many.
async fn read(back_end: &BackEnd, after: &str, count: usize) -> Vec<Value> {
    let (mut events, mut after) = (Vec::new(), after.to_owned());
    while events.len() < count {
        let answer = back_end.get(&format!("/events?after={after}&wait=10")).await.expect_status(200).json();
        let page = answer["events"].as_array().unwrap();
        assert!(!page.is_empty(), "there are no more: {events:?}");
        events.extend(page.clone());
        after = cursor(&answer);
    }
    events
}

fn cursor(answer: &Value) -> String {
    answer["cursor"].as_str().unwrap().to_owned()
}

fn id_of(answer: &Answer) -> String {
    answer.json()["session_id"].as_str().unwrap().to_owned()
}

/// What an event says, without what every one has.
fn said(event: &Value) -> Value {
    let mut event = event.clone();
    let members = event.as_object_mut().unwrap();
    assert_eq!(members.remove("id").unwrap().as_str().unwrap().len(), 22);
    assert!(members.remove("occurred_at").unwrap().as_u64().unwrap() >= START.as_secs());
    event
}

async fn what_happens_is_told_in_its_order_with_what_it_is_about(mut fleet: Fleet) {
    let (_, back_end, mut browser) = telling(&mut fleet).await;
    let first = id_of(&browser.log_in("alice", PASSWORD).await.expect_status(200));
    let second = id_of(&browser.post("/session/renew", json!({})).await.expect_status(200));
    let again = json!({ "password": PASSWORD });
    let third = id_of(&browser.post("/session/reauthenticate", again).await.expect_status(200));
    browser.post("/session/reauthenticate", json!({ "password": "wrong" })).await.expect_status(401);
    let mut other = browser.clone();
    other.cookie = None;
    let fourth = id_of(&other.log_in("alice", PASSWORD).await.expect_status(200));
    browser.delete(&format!("/sessions/{fourth}")).await.expect_status(204);
    browser.log_out().await.expect_status(204);
    other.cookie = None;
    other.log_in("alice", "wrong").await.expect_status(401);
    other.log_in(MISTYPED, "wrong").await.expect_status(401);
    let started = back_end.start_with("one", json!({})).await.expect_status(201).json();
    let fifth = started["session"]["session_id"].as_str().unwrap();
    back_end.delete(&format!("/sessions/{fifth}")).await.expect_status(204);

    let events = read(&back_end, "0-0", 11).await;
    assert!(!json!(events).to_string().contains(MISTYPED));
    let of = |what: &str, id: &str| json!({ "type": what, "session_id": id, "subject": "alice" });
    let with = |mut event: Value, more: Value| {
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let refused = |more: Value| with(json!({ "type": "login_refused", "address": "127.0.0.1" }), more);
    let expected = [
        of("created", &first),
        with(of("renewed", &second), json!({ "predecessor": first, "reauthenticated": false })),
        with(of("renewed", &third), json!({ "predecessor": second, "reauthenticated": true })),
        refused(json!({ "subject": "alice", "reauthentication": true })),
        of("created", &fourth),
        with(of("revoked", &fourth), json!({ "cause": "owner", "by_session_id": third })),
        with(of("revoked", &third), json!({ "cause": "log_out" })),
        refused(json!({ "subject": "alice", "reauthentication": false })),
        refused(json!({ "reauthentication": false })),
        of("created", fifth),
        with(of("revoked", fifth), json!({ "cause": "administrator" })),
    ];
    assert_eq!(events.iter().map(said).collect::<Vec<_>>(), expected);
}

async fn whoever_waits_hears_at_once_and_on_every_server(mut fleet: Fleet) {
    let (_, back_end, mut browser) = telling(&mut fleet).await;
    let other = fleet.add_server_that_tells(1).await;
    let elsewhere = BackEnd::of(&fleet, other).await;
    let begun = Instant::now();
    let nothing = back_end.get("/events?wait=1").await.expect_status(200).json();
    assert_eq!(nothing, json!({ "events": [], "cursor": "0-0", "is_gap": false }));
    // Longer than a request may wait for the store (R79).
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());

    let here = back_end.get("/events?after=0-0&wait=20");
    let there = elsewhere.get("/events?after=0-0&wait=20");
    let log_in = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let begun = Instant::now();
        browser.log_in("alice", PASSWORD).await.expect_status(200);
        begun
    };
    let (here, there, begun) = tokio::join!(here, there, log_in);
    assert!(begun.elapsed() < Duration::from_secs(5), "nobody waited to the end");
    let (here, there) = (here.expect_status(200).json(), there.expect_status(200).json());
    assert_eq!(here["events"][0]["type"], "created");
    assert_eq!(here, there);
    let page = back_end.get(&format!("/events?after={}", cursor(&here))).await.expect_status(200).json();
    assert_eq!(page, json!({ "events": [], "cursor": cursor(&here), "is_gap": false }));
}

async fn a_session_that_nobody_uses_is_told_to_have_expired_once(mut fleet: Fleet) {
    let (_, back_end, mut browser) = telling(&mut fleet).await;
    fleet.add_server_that_tells(1).await;
    let renewed = id_of(&browser.log_in("alice", PASSWORD).await.expect_status(200));
    let id = id_of(&browser.post("/session/renew", json!({})).await.expect_status(200));
    read(&back_end, "0-0", 2).await;
    fleet.advance(IDLE + Duration::from_secs(1));
    let events = read(&back_end, "0-0", 3).await;
    let expected = json!({ "type": "expired", "session_id": id, "subject": "alice" });
    assert_eq!(said(&events[2]), expected, "and not {renewed}");
    let all = back_end.get("/events").await.json();
    let more = back_end.get(&format!("/events?after={}&wait=3", cursor(&all))).await.json();
    assert_eq!((all["events"].as_array().unwrap().len(), &more["events"]), (3, &json!([])));
    assert_eq!(browser.get("/session").await.expect_status(401).json()["reason"], "ended");
}

async fn whoever_comes_from_too_far_back_is_told(mut fleet: Fleet) {
    let (_, back_end, mut browser) = telling(&mut fleet).await;
    browser.log_in("alice", PASSWORD).await.expect_status(200);
    read(&back_end, "0-0", 1).await;
    let gap = back_end.get("/events?after=1-0&wait=5").await.expect_status(200).json();
    assert_eq!((&gap["is_gap"], gap["events"].as_array().unwrap().len()), (&json!(true), 1));
    let lost = back_end.get("/events?after=99999999999999-0&wait=5").await.expect_status(200).json();
    assert_eq!((&lost["is_gap"], &lost["cursor"]), (&json!(true), &gap["cursor"]));
    let on = back_end.get(&format!("/events?after={}", cursor(&lost))).await.expect_status(200).json();
    assert_eq!(on["is_gap"], false, "told once");
}

async fn what_is_asked_for_wrongly_is_refused(mut fleet: Fleet) {
    let (_, back_end, _) = telling(&mut fleet).await;
    for query in
        ["after=x", "after=01-1", "after=1", "wait=31", "wait=01", "wait=-1", "limit=0", "limit=101", "a=b"]
    {
        let refused = back_end.get(&format!("/events?{query}")).await.expect_status(400);
        assert_eq!(refused.json()["code"], "unexpected_query", "{query}");
    }
    let without = BackEnd::of(&fleet, 0).await.get("/events").await.expect_status(404);
    assert_eq!(without.json()["code"], "events_off");
}

async fn a_server_that_stops_keeps_nobody_waiting(mut fleet: Fleet) {
    let (server, back_end, _) = telling(&mut fleet).await;
    let begun = Instant::now();
    let waiting = back_end.get("/events?wait=30");
    let stop = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        fleet.servers[server].stop();
    };
    let (answer, ()) = tokio::join!(waiting, stop);
    assert_eq!(answer.expect_status(200).json()["events"], json!([]));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

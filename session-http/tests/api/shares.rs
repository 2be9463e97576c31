//! Nobody takes what is everybody's (R78).

use std::num::NonZero;
use std::time::Duration;

use serde_json::json;
use session_engine::{Activity, NewSession, Pace, Subject};
use tokio::task::JoinSet;

use crate::fleet::{Fleet, PASSWORD};
use crate::on_every_store;

on_every_store!(
    with_one_session_too_many_the_oldest_ends,
    of_many_sessions_that_begin_at_once_as_many_live_as_may,
    changes_of_one_session_have_their_pace,
    renewals_of_one_subject_have_their_pace,
    looking_at_devices_and_ending_them_has_its_pace,
);

/// R29, R78: and nobody else's.
async fn with_one_session_too_many_the_oldest_ends(mut fleet: Fleet) {
    let address = fleet.add_server_that(|app| app.max_sessions_per_subject(NonZero::new(3).unwrap())).await;
    let mut browsers = Vec::new();
    for _ in 0..5 {
        let mut browser = fleet.browser().led_to(address);
        browser.log_in("alice", PASSWORD).await.expect_status(200);
        browsers.push(browser);
        fleet.advance(Duration::from_secs(1));
    }
    for (number, browser) in browsers.iter_mut().enumerate() {
        let answer = browser.get("/session").await;
        assert_eq!(answer.status, if number < 2 { 401 } else { 200 }, "{number}");
    }
    let listed = browsers[4].get("/sessions").await.expect_status(200).json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 3);
    // Nobody else is concerned.
    fleet.browser().led_to(address).log_in("bob", PASSWORD).await.expect_status(200);
}

/// R78, R29, on two servers at once: no more, and only one less where the last of them was to stay in any case.
async fn of_many_sessions_that_begin_at_once_as_many_live_as_may(mut fleet: Fleet) {
    const LOGINS: usize = 40;
    let cap = NonZero::new(5).unwrap();
    for _ in 0..2 {
        fleet.add_server_that(|app| app.max_sessions_per_subject(cap)).await;
    }
    let servers = [fleet.servers.len() - 2, fleet.servers.len() - 1];
    let mut logins = JoinSet::new();
    for number in 0..LOGINS {
        let sessions = fleet.servers[servers[number % 2]].app.sessions().clone();
        let session = NewSession::of(Subject::new("alice").unwrap());
        logins.spawn(async move { sessions.start(session, None).await.map(|issued| issued.cookie) });
    }
    let cookies: Vec<_> =
        logins.join_all().await.into_iter().map(|begun| begun.expect("a session")).collect();
    let sessions = fleet.servers[servers[0]].app.sessions();
    let mut living = 0;
    for cookie in &cookies {
        let header = format!("__Host-session={}", cookie.expose());
        let cookie = sessions.authenticate([header.as_bytes()]).unwrap();
        living += usize::from(sessions.resume(&cookie, Activity::Passive).await.is_ok());
    }
    assert!((cap.get() - 1..=cap.get()).contains(&living), "{living} live");
}

/// R78: and a new ID makes nobody faster.
async fn changes_of_one_session_have_their_pace(mut fleet: Fleet) {
    let pace = Pace { burst: 3, interval: Duration::from_secs(3600) };
    let address = fleet.add_server_that(|app| app.change_pace(pace)).await;
    let mut browser = fleet.alice().await.led_to(address);
    for number in 0..3 {
        browser.patch("/session/data", json!({ "a": number })).await.expect_status(200);
    }
    let answer = browser.put("/session/data", json!({})).await.expect_status(429);
    assert_eq!(answer.json()["code"], "too_fast");
    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 3000);
    assert_eq!(browser.get("/session/data").await.expect_status(200).json(), json!({ "a": 2 }));
    // Another ID makes nobody faster.
    browser.post("/session/renew", json!({})).await.expect_status(200);
    browser.patch("/session/data", json!({})).await.expect_status(429);
    let mut other = fleet.alice().await.led_to(address);
    other.patch("/session/data", json!({ "a": 1 })).await.expect_status(200);
}

/// R78: which holds up nobody who enters a password.
async fn renewals_of_one_subject_have_their_pace(mut fleet: Fleet) {
    let pace = Pace { burst: 2, interval: Duration::from_secs(3600) };
    let address = fleet.add_server_that(|app| app.renewal_pace(pace)).await;
    let mut browser = fleet.alice().await.led_to(address);
    for _ in 0..2 {
        browser.post("/session/renew", json!({})).await.expect_status(200);
    }
    browser.post("/session/renew", json!({})).await.expect_status(429);
    browser.get("/session").await.expect_status(200);
    // To prove who one is again is held up by nobody.
    browser.post("/session/reauthenticate", json!({ "password": PASSWORD })).await.expect_status(200);
}

/// R78: a thief uses up no share of the owner's.
async fn looking_at_devices_and_ending_them_has_its_pace(mut fleet: Fleet) {
    let pace = Pace { burst: 3, interval: Duration::from_secs(3600) };
    let address = fleet.add_server_that(|app| app.device_pace(pace)).await;
    let (mut thief, mut owner) = (fleet.alice().await.led_to(address), fleet.alice().await.led_to(address));
    thief.get("/sessions").await.expect_status(200);
    thief.delete("/sessions/AAAAAAAAAAAAAAAAAAAAAA").await.expect_status(404);
    thief.get("/sessions").await.expect_status(200);
    for answer in [
        thief.get("/sessions").await,
        thief.delete("/sessions/AAAAAAAAAAAAAAAAAAAAAA").await,
        thief.delete("/sessions?keep=current").await,
    ] {
        answer.expect_status(429);
    }
    thief.post("/session/renew", json!({})).await.expect_status(200);
    thief.get("/sessions").await.expect_status(429);
    // Whoever uses up their share takes nothing from the owner's other sessions.
    owner.get("/sessions").await.expect_status(200);
    owner.delete("/sessions?keep=current").await.expect_status(204);
    thief.get("/session").await.expect_no_session("ended");
}

/// R78. The documents of a subject with much data stay where they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listing_and_ending_cost_by_entries_and_not_by_documents() {
    const SESSIONS: u64 = 20;
    let mut fleet = Fleet::on_redis().await;
    let mut browser = fleet.alice().await;
    for _ in 1..SESSIONS {
        let mut other = fleet.alice().await;
        for member in ["a", "b", "c"] {
            let data = json!({ (member): "x".repeat(15 * 1024) });
            other.patch("/session/data", data).await.expect_status(200);
        }
    }
    let documents = (SESSIONS - 1) * 45 * 1024;
    let before = sent_by_redis(&mut fleet);
    let listed = browser.get("/sessions").await.expect_status(200).json();
    assert_eq!(listed["sessions"].as_array().unwrap().len() as u64, SESSIONS);
    let of_listing = sent_by_redis(&mut fleet) - before;
    assert!(of_listing < documents / 4, "{of_listing} of {documents} bytes");
    let before = sent_by_redis(&mut fleet);
    browser.delete("/sessions?keep=current").await.expect_status(204);
    let of_ending = sent_by_redis(&mut fleet) - before;
    assert!(of_ending < documents / 4, "{of_ending} of {documents} bytes");
}

fn sent_by_redis(fleet: &mut Fleet) -> u64 {
    let info: String = fleet.redis().run(&["INFO", "stats"]);
    let sent = info.lines().find_map(|line| line.strip_prefix("total_net_output_bytes:"));
    sent.unwrap().parse().unwrap()
}

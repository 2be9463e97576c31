use std::time::Duration;

use serde_json::json;
use session_core::{CookieName, KeyId, KeySecret, SessionId, SessionSecret};

use crate::fleet::{ABSOLUTE, Fleet, IDLE, PASSWORD, START};
use crate::on_every_store;

on_every_store!(
    every_server_sees_every_session,
    an_idle_session_ends_at_its_deadline,
    use_pushes_the_idle_deadline_and_polling_does_not,
    the_absolute_deadline_never_moves,
    renewal_changes_the_id_and_nothing_else,
    reauthentication_needs_the_password_and_renews,
    a_forged_cookie_never_becomes_a_session,
    a_clock_set_back_prolongs_nothing,
    no_statement_outlives_its_session,
);

async fn every_server_sees_every_session(fleet: Fleet) {
    let browser = fleet.alice().await;
    for server in &fleet.servers {
        let seen = browser.led_to(server.address).get("/session").await.expect_status(200);
        assert_eq!(seen.json()["subject"], "alice");
    }
}

/// R9: to the second, by the server.
async fn an_idle_session_ends_at_its_deadline(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    fleet.advance(IDLE - Duration::from_secs(1));
    browser.poll("/session").await.expect_status(200);
    fleet.advance(Duration::from_secs(1));
    let kept = browser.cookie.clone();
    browser.get("/session").await.expect_no_session("ended");
    assert_eq!(browser.cookie, kept, "a cookie that might belong to a renewed session stays");
}

/// R9, R25: and it is pushed once for all servers.
async fn use_pushes_the_idle_deadline_and_polling_does_not(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let first = START.as_secs() + IDLE.as_secs();
    fleet.advance(IDLE / 2);
    let polled = browser.poll("/session").await.expect_status(200);
    assert_eq!(polled.time("idle_expires_at"), first);
    let used = browser.get("/session").await.expect_status(200);
    assert_eq!(used.time("idle_expires_at"), first + IDLE.as_secs() / 2);
    // At once again, nothing is due.
    fleet.advance(Duration::from_secs(1));
    let again = browser.get("/session").await.expect_status(200);
    assert_eq!(again.time("idle_expires_at"), first + IDLE.as_secs() / 2);
    for server in &fleet.servers {
        let seen = browser.led_to(server.address).poll("/session").await.expect_status(200);
        assert_eq!(seen.time("idle_expires_at"), first + IDLE.as_secs() / 2);
    }
}

/// R9: by use and renewals up to its last second.
async fn the_absolute_deadline_never_moves(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let end = START.as_secs() + ABSOLUTE.as_secs();
    let step = IDLE - Duration::from_secs(60);
    for number in 1..ABSOLUTE.as_secs().div_ceil(step.as_secs()) {
        fleet.advance(step);
        let path = if number % 3 == 0 { "/session/renew" } else { "/session" };
        let answer = match number % 3 {
            0 => browser.post(path, json!({})).await,
            _ => browser.get(path).await,
        };
        let answer = answer.expect_status(200);
        assert_eq!(answer.time("absolute_expires_at"), end);
        assert!(answer.time("idle_expires_at") <= end);
    }
    browser.get("/session").await.expect_status(200);
    fleet.advance(IDLE);
    browser.get("/session").await.expect_no_session("expired");
    assert!(browser.cookie.is_some(), "the answer may meet a browser that has just logged in again");
}

/// R20: the former one is dead on every server.
async fn renewal_changes_the_id_and_nothing_else(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    browser.put("/session/data", json!({ "cart": [1, 2] })).await.expect_status(200);
    let before = browser.get("/session").await.json();
    let old = browser.clone();
    fleet.advance(Duration::from_secs(60));
    let after = browser.post("/session/renew", json!({})).await.expect_status(200).json();
    assert_ne!(after["session_id"], before["session_id"]);
    assert_ne!(browser.cookie(), old.cookie());
    for member in ["subject", "claims", "created_at", "authenticated_at", "absolute_expires_at"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    for server in &fleet.servers {
        old.led_to(server.address).get("/session").await.expect_status(409);
        let data = browser.led_to(server.address).get("/session/data").await.expect_status(200);
        assert_eq!(data.json(), json!({ "cart": [1, 2] }));
        assert_eq!(data.header("etag"), "\"1\"");
    }
    old.led_to(fleet.servers[1].address).post("/session/renew", json!({})).await.expect_status(409);
    fleet.advance(Duration::from_secs(60));
    old.clone().get("/session").await.expect_no_session("ended");
}

/// R20, R31: under a new ID, with the time at which it was entered.
async fn reauthentication_needs_the_password_and_renews(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let (before, old) = (browser.get("/session").await, browser.clone());
    fleet.advance(Duration::from_secs(600));
    let wrong = browser.post("/session/reauthenticate", json!({ "password": "wrong" })).await;
    assert_eq!(wrong.expect_status(401).json()["code"], "login_refused");
    browser.get("/session").await.expect_status(200);
    let right = browser.post("/session/reauthenticate", json!({ "password": PASSWORD })).await;
    let right = right.expect_status(200);
    assert_eq!(right.time("authenticated_at"), START.as_secs() + 600);
    assert_eq!(right.time("absolute_expires_at"), before.time("absolute_expires_at"));
    old.clone().get("/session").await.expect_status(409);
}

/// R3, R14, R44: with our own key, under another's, or beside a good one.
async fn a_forged_cookie_never_becomes_a_session(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let good = browser.cookie().to_owned();
    let id: SessionId = good.split('.').nth(2).unwrap().parse().unwrap();
    let keys = fleet.keys.cookie_keys(CookieName::default());
    let end = START.saturating_add(ABSOLUTE);

    // With our own key, and all that a dump of the store holds: the ID, and the hash as a secret.
    let guessed = keys.sign(id, &SessionSecret::generate().unwrap(), START, end).unwrap();
    browser.cookie = Some(guessed.expose().into());
    browser.get("/session").await.expect_no_session("invalid");
    // An unknown ID is not adopted.
    let unknown = keys.sign(SessionId::generate().unwrap(), &SessionSecret::generate().unwrap(), START, end);
    browser.cookie = Some(unknown.unwrap().expose().into());
    browser.get("/session").await.expect_no_session("ended");
    // Under somebody else's key of the same name.
    let key = (KeyId::new("c1").unwrap(), KeySecret::generate().unwrap());
    let theirs = session_core::CookieKeyRing::new(CookieName::default(), &[key], KeyId::new("c1").unwrap());
    let forged = theirs.unwrap().sign(id, &SessionSecret::generate().unwrap(), START, end).unwrap();
    browser.cookie = Some(forged.expose().into());
    browser.get("/session").await.expect_no_session("invalid");
    // Two good ones at once are nobody's.
    let mut other = fleet.alice().await;
    other.cookie = Some(format!("{}; __Host-session={good}", other.cookie()));
    other.get("/session").await.expect_no_session("invalid");
    assert!(other.cookie.is_none());
    // The good one, with a bad one planted before it.
    browser.cookie = Some(format!("v1.c1.planted; __Host-session={good}"));
    browser.get("/session").await.expect_status(200);
}

/// R10: neither deadline.
async fn a_clock_set_back_prolongs_nothing(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let before = browser.get("/session").await.expect_status(200);
    fleet.clock.set_back(Duration::from_secs(50));
    let after = browser.get("/session").await.expect_status(200);
    assert_eq!(after.time("absolute_expires_at"), before.time("absolute_expires_at"));
    assert!(after.time("idle_expires_at") <= before.time("idle_expires_at"));
    fleet.clock.advance(Duration::from_secs(50));
    fleet.advance(IDLE);
    browser.get("/session").await.expect_no_session("ended");
}

/// R16: it ends with the session at the latest.
async fn no_statement_outlives_its_session(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let step = IDLE - Duration::from_secs(60);
    let mut left = ABSOLUTE - Duration::from_secs(10);
    while !left.is_zero() {
        let now = left.min(step);
        fleet.advance(now);
        left -= now;
        browser.get("/session").await.expect_status(200);
    }
    let statement = browser.get("/session").await.json()["statement"].as_str().unwrap().to_owned();
    let keys = fleet.keys.statement_keys();
    let end = START.saturating_add(ABSOLUTE);
    let at = |now| keys.verify(&statement, "https://app.example", now).map(|_| ());
    assert_eq!(at(end.saturating_sub(Duration::from_secs(1))), Ok(()));
    assert_eq!(at(end).map_err(|refusal| refusal.code()), Err("expired"));
}

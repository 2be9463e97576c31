//! The statement cookie: what a page and an edge are told of the session without asking.

use std::time::Duration;

use serde_json::json;
use session_core::{STATEMENT_COOKIE_NAME, StatementCookie};
use session_http::Limits;

use crate::client::{Answer, Browser};
use crate::fleet::{ABSOLUTE, Fleet, IDLE, PASSWORD, START};
use crate::on_every_store;

on_every_store!(
    every_view_of_the_session_comes_with_its_statement_as_a_cookie,
    a_form_gets_the_statement_cookie_too,
    the_statement_cookie_ends_no_later_than_the_session,
    a_statement_that_is_handed_out_again_is_kept_no_longer_for_that,
    the_statement_cookie_goes_with_the_session_cookie_and_never_alone,
    the_statement_cookie_is_no_credential,
    scripts_are_kept_from_it_or_there_is_none_as_is_set,
);

const NONE: [String; 0] = [];

fn statement_of(view: &Answer) -> String {
    view.json()["statement"].as_str().expect("a statement").to_owned()
}

async fn every_view_of_the_session_comes_with_its_statement_as_a_cookie(fleet: Fleet) {
    let mut browser = fleet.browser();
    let views = [
        browser.log_in("alice", PASSWORD).await,
        browser.get("/session").await,
        browser.poll("/session").await,
        browser.post("/session/renew", json!({})).await,
        browser.post("/session/reauthenticate", json!({ "password": PASSWORD })).await,
    ];
    for view in views.map(|view| view.expect_status(200)) {
        let expected = format!(
            "{STATEMENT_COOKIE_NAME}={}; Path=/; Secure; SameSite=Lax; Max-Age=300",
            statement_of(&view)
        );
        assert_eq!(view.set_cookies().last(), Some(&expected));
    }
    for answer in [browser.get("/session/data").await, browser.get("/sessions").await] {
        assert_eq!(answer.expect_status(200).set_cookies(), NONE, "no view, no cookie");
    }
}

async fn a_form_gets_the_statement_cookie_too(fleet: Fleet) {
    let mut browser = fleet.browser();
    let answer = browser.submit("/login", &format!("username=alice&password={PASSWORD}")).await;
    assert_eq!(answer.expect_status(303).set_cookies().len(), 2);
    let statement = browser.statement.clone().expect("a statement");
    let keys = fleet.keys.statement_keys();
    let stated = keys.verify(&statement, "https://app.example", START).unwrap();
    let view = browser.get("/session").await.json();
    assert_eq!(view["session_id"], stated.claims().session_id.to_string());
    let answer = browser.submit("/login", "username=alice&password=wrong").await;
    assert_eq!(answer.expect_status(303).set_cookies(), NONE);
}

/// R16: to the second.
async fn the_statement_cookie_ends_no_later_than_the_session(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let mut left = ABSOLUTE;
    while left > Duration::from_secs(10) {
        let step = (IDLE / 2).min(left - Duration::from_secs(10));
        fleet.advance(step);
        left -= step;
        browser.get("/session").await.expect_status(200);
    }
    let view = browser.get("/session").await;
    assert!(view.set_cookies()[0].ends_with("; Max-Age=10"), "{view:?}");
}

/// FORMAT.md §2: until its `exp`, also where the statement was made for an earlier answer.
async fn a_statement_that_is_handed_out_again_is_kept_no_longer_for_that(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    // By now this server has the session as it is, and states it.
    browser.get("/session").await.expect_status(200);
    let first = browser.get("/session").await.expect_status(200);
    fleet.advance(Duration::from_secs(40));
    let again = browser.poll("/session").await.expect_status(200);
    assert_eq!(statement_of(&again), statement_of(&first));
    assert!(again.set_cookies()[0].ends_with("; Max-Age=260"), "{again:?}");
    fleet.advance(Duration::from_secs(110));
    let fresh = browser.poll("/session").await.expect_status(200);
    assert_ne!(statement_of(&fresh), statement_of(&first), "half its life is over");
    assert!(fresh.set_cookies()[0].ends_with("; Max-Age=300"), "{fresh:?}");
}

/// R15, R51: removed by the attributes that they have, and by no answer that may meet a newer one.
async fn the_statement_cookie_goes_with_the_session_cookie_and_never_alone(fleet: Fleet) {
    let removals = [
        "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
        "__Host-session-statement=; Path=/; Secure; SameSite=Lax; Max-Age=0",
    ];
    let mut browser = fleet.alice().await;
    assert_eq!(browser.clone().log_out().await.expect_status(204).set_cookies(), removals);
    let ended = browser.get("/session").await.expect_no_session("ended");
    assert_eq!(ended.set_cookies(), NONE, "the answer may meet a browser that has just logged in");
    assert!(browser.statement.is_some());

    let mut browser = fleet.alice().await;
    let id = browser.get("/session").await.json()["session_id"].as_str().unwrap().to_owned();
    assert_eq!(browser.delete("/sessions?keep=current").await.expect_status(204).set_cookies(), NONE);
    let answer = browser.delete(&format!("/sessions/{id}")).await.expect_status(204);
    assert_eq!(answer.set_cookies(), removals);
    assert_eq!((browser.cookie, browser.statement), (None, None));
    let mut browser = fleet.alice().await;
    assert_eq!(browser.delete("/sessions").await.expect_status(204).set_cookies(), removals);

    // Of two good session cookies nobody can say which was meant, nor whose the statement is.
    let (mut one, two) = (fleet.alice().await, fleet.alice().await);
    one.cookie = Some(format!("{}; __Host-session={}", one.cookie(), two.cookie()));
    let refused = one.get("/session").await.expect_no_session("invalid");
    assert_eq!(refused.set_cookies(), removals);
    one.cookie = Some("v1.c1.garbage".into());
    assert_eq!(one.get("/session").await.expect_no_session("invalid").set_cookies(), NONE);
}

/// R32: beside the session cookie or in its place.
async fn the_statement_cookie_is_no_credential(fleet: Fleet) {
    let alice = fleet.alice().await;
    let statement = alice.statement.expect("a statement");
    let mut thief = fleet.browser();
    let with = |browser: &Browser, header: String| {
        browser.request(reqwest::Method::GET, "/session").header("Cookie", header)
    };
    let beside = with(&thief, format!("{STATEMENT_COOKIE_NAME}={statement}"));
    thief.send(beside).await.expect_no_session("absent");
    let instead = with(&thief, format!("__Host-session={statement}"));
    thief.send(instead).await.expect_no_session("invalid");
}

async fn scripts_are_kept_from_it_or_there_is_none_as_is_set(mut fleet: Fleet) {
    let store = fleet.servers[0].app.sessions().store().clone();
    fleet.statement_cookie = Some(StatementCookie::HttpOnly);
    let hiding = fleet.add_server(store.clone(), Limits::default()).await.address;
    fleet.statement_cookie = None;
    let silent = fleet.add_server(store, Limits::default()).await.address;

    let mut browser = Browser::at(hiding);
    let view = browser.log_in("alice", PASSWORD).await.expect_status(200);
    let statement = statement_of(&view);
    let expected =
        format!("{STATEMENT_COOKIE_NAME}={statement}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=300");
    assert_eq!(view.set_cookies()[1], expected);
    let expected = "__Host-session-statement=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
    assert_eq!(browser.log_out().await.set_cookies()[1], expected);

    let mut browser = Browser::at(silent);
    assert_eq!(browser.log_in("alice", PASSWORD).await.expect_status(200).set_cookies().len(), 1);
    assert_eq!(browser.get("/session").await.expect_status(200).set_cookies(), NONE);
    assert_eq!(browser.log_out().await.expect_status(204).set_cookies().len(), 1);
}

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::client::{Answer, Browser};
use crate::fleet::{Fleet, PASSWORD};
use crate::on_every_store;

on_every_store!(every_answer_has_its_security_headers, nothing_about_a_session_is_kept_by_a_cache);

/// An answer of every kind: good ones, refusals of every sort, public ones.
async fn answers(fleet: &Fleet) -> Vec<Answer> {
    let mut browser = fleet.alice().await;
    let mut stranger = fleet.browser();
    vec![
        browser.get("/session").await.expect_status(200),
        browser.get("/session/data").await.expect_status(200),
        browser.get("/sessions").await.expect_status(200),
        browser.put("/session/data", json!({ "a": 1 })).await.expect_status(200),
        browser.post("/session/renew", json!({})).await.expect_status(200),
        browser.post("/session/reauthenticate", json!({ "password": PASSWORD })).await.expect_status(200),
        browser.put("/session/data", json!([])).await.expect_status(400),
        browser.delete("/sessions/AAAAAAAAAAAAAAAAAAAAAA").await.expect_status(404),
        browser.send(known(&browser)).await.expect_status(304),
        browser.log_out().await.expect_status(204),
        stranger.get("/session").await.expect_status(401),
        stranger.log_in("alice", "wrong").await.expect_status(401),
        stranger.submit("/login", "username=alice&password=wrong").await.expect_status(303),
        stranger.get("/nothing").await.expect_status(404),
        stranger.send(stranger.request(Method::DELETE, "/login")).await.expect_status(405),
        stranger.get("/livez").await.expect_status(204),
        stranger.get("/readyz").await.expect_status(204),
        stranger.send(stranger.request(Method::TRACE, "/session")).await.expect_status(405),
    ]
}

/// For who has the data already.
fn known(browser: &Browser) -> RequestBuilder {
    browser.request(Method::GET, "/session/data").header("If-None-Match", "*")
}

/// R36: refusals and what is at no path too.
async fn every_answer_has_its_security_headers(fleet: Fleet) {
    for answer in answers(&fleet).await {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer:?}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{answer:?}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{answer:?}");
        assert!(answer.header("strict-transport-security").starts_with("max-age=63072000"), "{answer:?}");
    }
}

/// R35: errors and 304 too.
async fn nothing_about_a_session_is_kept_by_a_cache(fleet: Fleet) {
    for answer in answers(&fleet).await {
        assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
        assert_eq!(answer.header("vary"), "Cookie", "{answer:?}");
    }
    // What is the same for everybody, and nothing else, may be kept.
    for (path, cache) in [
        ("/openapi.json", "no-cache"),
        ("/.well-known/jwks.json", "public, max-age=300"),
        ("/.well-known/session-revocations", "public, max-age=2"),
    ] {
        let answer = fleet.alice().await.get(path).await.expect_status(200);
        assert_eq!(answer.header("cache-control"), cache);
        assert_eq!(answer.set_cookies(), Vec::<String>::new());
    }
}

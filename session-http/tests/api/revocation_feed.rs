//! How the revocation feed is served: the same bytes by every server, cheap to ask for again, and
//! never without the store.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use session_http::Limits;
use session_testing::{RedisServer, calls};

use crate::client::{Answer, Browser};
use crate::fleet::Fleet;
use crate::moody_store::{Mood, MoodyStore};
use crate::on_every_store;
use crate::revocations::{A_SECOND, PATH, claims, id_of, opened, told};

on_every_store!(
    every_server_makes_the_same_bytes,
    what_has_not_changed_is_not_sent_again,
    a_feed_is_served_at_most_a_second_old,
);

async fn every_server_makes_the_same_bytes(fleet: Fleet) {
    for _ in 0..8 {
        fleet.alice().await.log_out().await.expect_status(204);
        fleet.advance(2 * A_SECOND);
        let feeds = fleet.servers.iter().map(|server| Browser::at(server.address));
        let feeds = join_all(feeds.map(|mut browser| async move { browser.get(PATH).await })).await;
        for feed in &feeds {
            assert_eq!((&feed.text, feed.header("etag")), (&feeds[0].text, feeds[0].header("etag")));
        }
    }
}

/// R74: by its tag, on another server too.
async fn what_has_not_changed_is_not_sent_again(fleet: Fleet) {
    let mut browser = fleet.browser();
    let first = browser.get(PATH).await.expect_status(200);
    let tag = first.header("etag").to_owned();
    assert_eq!(first.header("content-type"), "application/jwt");
    let ask = |browser: &Browser, method: Method, tags: &str| {
        browser.request(method, PATH).header("If-None-Match", tags)
    };
    // Still the same step, on another server.
    fleet.advance(4 * A_SECOND);
    let mut other = browser.led_to(fleet.servers[1].address);
    for tags in [tag.clone(), format!("\"other\", W/{tag}"), "*".into()] {
        for method in [Method::GET, Method::HEAD] {
            let unchanged = ask(&other, method, &tags);
            let unchanged = other.send(unchanged).await.expect_status(304);
            assert_eq!(unchanged.header("etag"), tag);
            assert_eq!(unchanged.header("cache-control"), "public, max-age=2");
            assert_eq!(unchanged.text, "");
        }
    }
    for tags in ["\"other\"".into(), tag.trim_matches('"').to_owned()] {
        let changed = ask(&other, Method::GET, &tags);
        other.send(changed).await.expect_status(200);
    }
    fleet.advance(A_SECOND);
    let next_step = ask(&other, Method::GET, &tag);
    assert_ne!(other.send(next_step).await.expect_status(200).header("etag"), tag);
}

async fn a_feed_is_served_at_most_a_second_old(fleet: Fleet) {
    let mut browser = fleet.browser();
    let before = claims(&mut browser).await;
    fleet.alice().await.log_out().await.expect_status(204);
    assert_eq!(claims(&mut browser).await, before, "the store was asked in this second already");
    fleet.advance(A_SECOND);
    assert_eq!(claims(&mut browser).await["revoked"].as_array().unwrap().len(), 1);
}

/// R78: a crowd costs what one does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_at_once_are_one_command_of_the_store() {
    let mut fleet = Fleet::on_redis().await;
    // Redis has to be told of the script once.
    fleet.browser().get(PATH).await.expect_status(200);
    fleet.advance(A_SECOND);
    let before = fleet.redis().commandstats();
    let browser = fleet.browser();
    let answers = join_all((0..1_000).map(|_| {
        let mut browser = browser.clone();
        async move { browser.get(PATH).await }
    }));
    assert!(answers.await.iter().all(|answer| answer.status == 200));
    // What the script asks for is counted beside it.
    let one_script = calls([("evalsha", 1), ("zcount", 1), ("zrange", 1)]);
    assert_eq!(fleet.redis().requested_since(&before), one_script);
}

/// R56. Were each of them to wait for a deadline of its own, the last would wait for hours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_asks_a_store_that_is_down_once() {
    let mut fleet = Fleet::on_the_embedded_store().await;
    let store = Arc::new(MoodyStore::over(fleet.servers[0].app.sessions().store().clone()));
    let browser = Browser::at(fleet.add_server(store.clone(), Limits::default()).await.address);
    store.be(Mood::Down);
    for second in 1..=3 {
        let crowd = (0..200).map(|_| {
            let mut browser = browser.clone();
            async move { browser.get(PATH).await.expect_status(503) }
        });
        join_all(crowd).await;
        assert_eq!(store.times_asked_for_revocations(), second);
        fleet.advance(A_SECOND);
    }
    store.be(Mood::Well);
    browser.clone().get(PATH).await.expect_status(200);
}

/// R51: whoever cannot know who was revoked must not say that nobody was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_store_there_is_no_feed() {
    let mut fleet = Fleet::on_redis_with(&RedisServer::DURABLE).await;
    let mut alice = fleet.alice().await;
    let id = id_of(&mut alice).await;
    alice.log_out().await.expect_status(204);
    assert_eq!(told(&fleet).await, std::slice::from_ref(&id));
    fleet.redis().kill();
    let mut browser = fleet.browser();
    for _ in 0..3 {
        fleet.clock.advance(A_SECOND);
        let answer = browser.get(PATH).await.expect_status(503);
        assert_eq!(answer.json()["code"], "store_unavailable");
        assert_eq!((answer.header("retry-after"), answer.header("etag")), ("1", ""));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    fleet.redis().restart();
    fleet.redis().wait_until_it_answers();
    let healed = async {
        loop {
            // In each second the store is asked once.
            fleet.advance(A_SECOND);
            let answer = browser.get(PATH).await;
            if answer.status == 200 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(20), healed).await.expect("a feed");
    assert_eq!(opened(&mut browser, &answer).await["revoked"], json!([id]));
}

/// R74: pages of other origins may read it, and what else is the same for everybody; nothing more.
#[tokio::test]
async fn only_what_is_public_is_for_every_origin() {
    let fleet = Fleet::on_the_embedded_store().await;
    let mut browser = fleet.alice().await;
    let allowed = |answer: &Answer| {
        let headers = ["access-control-allow-origin", "cross-origin-resource-policy"];
        headers.map(|name| answer.header(name).to_owned())
    };
    for path in [PATH, "/.well-known/jwks.json"] {
        let request = browser.request(Method::GET, path).header("Origin", "https://other.example");
        let answer = browser.send(request).await;
        assert_eq!(allowed(&answer), ["*", "cross-origin"], "{path}");
        assert_eq!(answer.header("access-control-expose-headers"), "etag");
        // Before a page asks with the tag that it has.
        let request = browser.request(Method::OPTIONS, path).header("Origin", "https://other.example");
        let preflight = browser.send(request).await.expect_status(204);
        assert_eq!(allowed(&preflight), ["*", "cross-origin"], "{path}");
        assert_eq!(preflight.header("access-control-allow-headers"), "if-none-match");
    }
    for path in ["/session", "/session/data", "/sessions", "/openapi.json", "/livez", "/readyz"] {
        assert_eq!(allowed(&browser.get(path).await), ["", "same-origin"], "{path}");
    }
}

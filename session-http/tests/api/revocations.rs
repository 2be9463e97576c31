//! What the revocation feed tells: whoever holds a statement learns within a second that its session
//! was ended, of whichever server, and learns nothing else.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use futures_util::future::join_all;
use serde_json::{Value, json};
use session_core::REVOCATION_INTEREST;
use session_http::Limits;

use crate::client::{Answer, Browser};
use crate::fleet::{Fleet, IDLE, PASSWORD, START};
use crate::moody_store::{Mood, MoodyStore};
use crate::on_every_store;

pub(crate) const PATH: &str = "/.well-known/session-revocations";
pub(crate) const A_SECOND: Duration = Duration::from_secs(1);

on_every_store!(
    a_log_out_is_told_by_every_server_within_a_second,
    every_way_to_end_a_session_is_told,
    what_ends_by_itself_is_not_told,
    only_the_end_of_a_session_makes_the_feed_longer,
    a_revocation_is_told_until_no_statement_can_be_believed,
    no_session_ends_that_could_not_be_told,
);

/// Moves on to the second in which every server has to know of what happened before, and takes the
/// feed of each; they are the same.
pub(crate) async fn told(fleet: &Fleet) -> Vec<String> {
    fleet.advance(A_SECOND);
    let feeds = fleet.servers.iter().map(|server| async { claims(&mut Browser::at(server.address)).await });
    let feeds = join_all(feeds).await;
    assert!(feeds.iter().all(|feed| *feed == feeds[0]), "{feeds:?}");
    let ids = feeds[0]["revoked"].as_array().expect("a list").iter();
    ids.map(|id| id.as_str().expect("an ID").to_owned()).collect()
}

pub(crate) async fn claims(browser: &mut Browser) -> Value {
    let feed = browser.get(PATH).await.expect_status(200);
    opened(browser, &feed).await
}

/// What a feed says, once it was checked by FORMAT.md §3 with the keys that are published.
pub(crate) async fn opened(browser: &mut Browser, feed: &Answer) -> Value {
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
    let (signed, signature) = feed.text.rsplit_once('.').expect("a signature");
    let (header, payload) = signed.split_once('.').expect("two parts");
    let [header, payload]: [Value; 2] =
        [header, payload].map(|part| serde_json::from_slice(&decode(part)).expect("JSON"));
    let jwk = browser.get("/.well-known/jwks.json").await.json()["keys"][0].clone();
    let key: [u8; 32] = decode(jwk["x"].as_str().unwrap()).try_into().expect("32 bytes");
    let key = VerifyingKey::from_bytes(&key).expect("a key");
    let signature = Signature::from_slice(&decode(signature)).expect("64 bytes");
    key.verify_strict(signed.as_bytes(), &signature).expect("a good signature");
    let expected = json!({ "alg": "EdDSA", "typ": "session-revocations+jwt", "kid": jwk["kid"] });
    assert_eq!(header, expected);
    payload
}

pub(crate) async fn id_of(browser: &mut Browser) -> String {
    let view = browser.poll("/session").await.expect_status(200).json();
    view["session_id"].as_str().expect("an ID").to_owned()
}

/// R21: to who holds a statement and asks nobody.
async fn a_log_out_is_told_by_every_server_within_a_second(fleet: Fleet) {
    assert_eq!(told(&fleet).await, [""; 0]);
    let mut alice = fleet.alice().await;
    let id = id_of(&mut alice).await;
    assert_eq!(told(&fleet).await, [""; 0]);
    alice.log_out().await.expect_status(204);
    assert_eq!(told(&fleet).await, [id]);
    let feed = claims(&mut fleet.browser()).await;
    let now = START.as_secs() + 3;
    let (iat, exp) = (feed["iat"].as_u64().unwrap(), feed["exp"].as_u64().unwrap());
    assert_eq!((iat, exp), (now / 5 * 5, now / 5 * 5 + 15));
    let mut members: Vec<_> = feed.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["exp", "iat", "iss", "revoked"], "and nothing else is told");
    assert_eq!(feed["iss"], "https://app.example");
}

/// R21: each that is by decision.
async fn every_way_to_end_a_session_is_told(fleet: Fleet) {
    let mut ended = Vec::new();
    let mut current = fleet.alice().await;

    let mut other = fleet.alice().await;
    ended.push(id_of(&mut other).await);
    current.delete(&format!("/sessions/{}", ended[0])).await.expect_status(204);

    for _ in 0..2 {
        ended.push(id_of(&mut fleet.alice().await).await);
    }
    current.delete("/sessions?keep=current").await.expect_status(204);

    ended.push(id_of(&mut current).await);
    current.post("/session/renew", json!({})).await.expect_status(200);
    ended.push(id_of(&mut current).await);
    current.post("/session/reauthenticate", json!({ "password": PASSWORD })).await.expect_status(200);

    ended.push(id_of(&mut current).await);
    current.log_in("bob", PASSWORD).await.expect_status(200);
    ended.push(id_of(&mut current).await);
    current.submit("/logout", "").await.expect_status(303);

    let mut last = fleet.alice().await;
    ended.push(id_of(&mut last).await);
    ended.push(id_of(&mut fleet.alice().await).await);
    last.delete("/sessions").await.expect_status(204);

    let mut living = fleet.alice().await;
    let living = id_of(&mut living).await;
    let mut told = told(&fleet).await;
    assert!(!told.contains(&living));
    told.sort();
    ended.sort();
    assert_eq!(told, ended);
}

async fn what_ends_by_itself_is_not_told(fleet: Fleet) {
    let mut idle = fleet.alice().await;
    fleet.advance(IDLE);
    idle.get("/session").await.expect_no_session("ended");
    idle.log_out().await.expect_status(204);
    assert_eq!(told(&fleet).await, [""; 0]);
}

/// R26, R78, R80: what strangers send leaves nothing, and what cannot be judged is not confirmed.
async fn only_the_end_of_a_session_makes_the_feed_longer(fleet: Fleet) {
    let (mut alice, mut bob) = (fleet.alice().await, fleet.browser());
    bob.log_in("bob", PASSWORD).await.expect_status(200);
    let id = id_of(&mut alice).await;
    // What is none of his, or nobody's.
    bob.delete(&format!("/sessions/{id}")).await.expect_status(404);
    bob.delete("/sessions/AAAAAAAAAAAAAAAAAAAAAA").await.expect_status(404);
    let mut forger = fleet.browser();
    forger.cookie = Some(alice.cookie().replace("v1.", "v1.x"));
    forger.log_out().await.expect_status(503);
    forger.cookie = Some(alice.cookie().replace("v1.", "v2."));
    forger.log_out().await.expect_status(204);
    assert_eq!(told(&fleet).await, [""; 0]);
    let replayed = alice.clone();
    alice.log_out().await.expect_status(204);
    for server in &fleet.servers {
        replayed.led_to(server.address).log_out().await.expect_status(204);
        replayed.led_to(server.address).post("/session/renew", json!({})).await.expect_no_session("ended");
    }
    assert_eq!(told(&fleet).await, [id]);
}

async fn a_revocation_is_told_until_no_statement_can_be_believed(fleet: Fleet) {
    let mut alice = fleet.alice().await;
    let id = id_of(&mut alice).await;
    alice.log_out().await.expect_status(204);
    fleet.advance(REVOCATION_INTEREST - 2 * A_SECOND);
    assert_eq!(told(&fleet).await, [id]);
    assert_eq!(told(&fleet).await, [""; 0]);
}

/// R22 for edges: what the feed could not be told has not happened.
async fn no_session_ends_that_could_not_be_told(mut fleet: Fleet) {
    let store = Arc::new(MoodyStore::over(fleet.servers[0].app.sessions().store().clone()));
    let address = fleet.add_server(store.clone(), Limits::default()).await.address;
    let (mut alice, mut other) = (fleet.alice().await.led_to(address), fleet.alice().await);
    let (id, others) = (id_of(&mut alice).await, id_of(&mut other).await);
    let before = alice.cookie.clone();
    store.be(Mood::Noteless);
    for answer in [
        alice.log_out().await,
        alice.log_in("bob", PASSWORD).await,
        alice.post("/session/renew", json!({})).await,
        alice.post("/session/reauthenticate", json!({ "password": PASSWORD })).await,
        alice.delete(&format!("/sessions/{others}")).await,
        alice.delete("/sessions?keep=current").await,
        alice.delete("/sessions").await,
    ] {
        assert_eq!(answer.expect_status(503).json()["code"], "store_unavailable");
    }
    assert_eq!(alice.cookie, before);
    assert_eq!((id_of(&mut alice).await, id_of(&mut other).await), (id, others));
    let listed = alice.get("/sessions").await.json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 2, "and what was begun is taken back");
    store.be(Mood::Well);
    assert_eq!(told(&fleet).await, [""; 0]);
    alice.delete("/sessions").await.expect_status(204);
    assert_eq!(told(&fleet).await.len(), 2);
}

//! Keys that change while there are sessions (R8).

use std::time::Duration;

use session_core::{CookieName, KeyId, KeyPurpose, KeyRing};
use session_engine::{Activity, Clock, KEYS_MAY_BE_KEPT, Keys, NewSession};

use crate::world::{World, alice};

/// R8, R73: while sessions are used.
#[tokio::test]
async fn a_ring_is_swapped_whole_and_no_session_ends() {
    let world = World::new();
    let issued = world.sessions.start(NewSession::of(alice()), None).await.unwrap();
    let mut ring = world.ring.clone();
    for purpose in [KeyPurpose::Cookie, KeyPurpose::Statement] {
        let id = ring.free_id(purpose);
        ring.add(purpose, id, world.clock.now()).unwrap();
        ring.activate(purpose, &id).unwrap();
    }
    world.sessions.change_keys(&ring);
    let old = world.sent(&issued.cookie);
    world.sessions.resume(&old, Activity::Active).await.unwrap();
    world.alice().await;
    // Which is published before it signs.
    assert_eq!(signing_key(&world).await, "s1");
}

/// R8: whoever checks statements may have fetched the keys just before.
#[tokio::test]
async fn a_new_key_for_statements_is_published_for_two_cache_periods_before_it_signs() {
    let world = World::new();
    let mut ring = world.ring.clone();
    let s2 = ring.free_id(KeyPurpose::Statement);
    ring.add(KeyPurpose::Statement, s2, world.clock.now()).unwrap();
    ring.activate(KeyPurpose::Statement, &s2).unwrap();
    world.sessions.change_keys(&ring);
    assert_eq!(signing_key(&world).await, "s1");
    world.clock.advance(2 * KEYS_MAY_BE_KEPT - Duration::from_secs(1));
    // Another change begins nothing anew.
    world.sessions.change_keys(&ring);
    assert_eq!(signing_key(&world).await, "s1");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(signing_key(&world).await, "s2");
    world.sessions.change_keys(&ring);
    assert_eq!(signing_key(&world).await, "s2");
}

#[tokio::test]
async fn a_key_for_statements_that_others_have_had_for_long_signs_at_once() {
    let world = World::new();
    let mut ring = world.ring.clone();
    let s2 = ring.free_id(KeyPurpose::Statement);
    ring.add(KeyPurpose::Statement, s2, world.clock.now()).unwrap();
    world.sessions.change_keys(&ring);
    world.clock.advance(2 * KEYS_MAY_BE_KEPT);
    ring.activate(KeyPurpose::Statement, &s2).unwrap();
    world.sessions.change_keys(&ring);
    assert_eq!(signing_key(&world).await, "s2");
}

/// A server that is started has not seen what was in the ring before.
#[tokio::test]
async fn a_server_that_is_started_heeds_when_a_key_was_added() {
    let mut world = World::new();
    let mut ring = world.ring.clone();
    let s2 = ring.free_id(KeyPurpose::Statement);
    ring.add(KeyPurpose::Statement, s2, world.clock.now()).unwrap();
    let started = |world: &World, ring: &KeyRing| {
        let ring = KeyRing::from_json(&ring.to_json()).unwrap();
        world.server_with(Keys::new(&ring, CookieName::default()))
    };
    world.sessions = started(&world, &ring);
    assert_eq!(signing_key(&world).await, "s1", "it is not to sign at all yet");
    ring.activate(KeyPurpose::Statement, &s2).unwrap();
    world.sessions = started(&world, &ring);
    assert_eq!(signing_key(&world).await, "s1");
    world.clock.advance(2 * KEYS_MAY_BE_KEPT);
    assert_eq!(signing_key(&world).await, "s2");
    world.sessions = started(&world, &ring);
    assert_eq!(signing_key(&world).await, "s2");
    // A third one has nobody's statements wait for the oldest.
    let s3 = ring.free_id(KeyPurpose::Statement);
    ring.add(KeyPurpose::Statement, s3, world.clock.now()).unwrap();
    world.sessions = started(&world, &ring);
    assert_eq!(signing_key(&world).await, "s2");
}

/// It may be in the wrong hands.
#[tokio::test]
async fn a_key_for_statements_that_is_gone_signs_no_more() {
    let world = World::new();
    let mut ring = world.ring.clone();
    let (s1, s2) = (KeyId::new("s1").unwrap(), ring.free_id(KeyPurpose::Statement));
    ring.add(KeyPurpose::Statement, s2, world.clock.now()).unwrap();
    ring.activate(KeyPurpose::Statement, &s2).unwrap();
    ring.retire(KeyPurpose::Statement, &s1).unwrap();
    world.sessions.change_keys(&ring);
    assert_eq!(signing_key(&world).await, "s2");
}

/// Of a statement that those can verify who have what is published.
async fn signing_key(world: &World) -> String {
    let cookie = world.alice().await;
    let session = world.sessions.resume(&cookie, Activity::Active).await.unwrap();
    let statement = world.sessions.state(&session).unwrap();
    let published = String::from_utf8(world.sessions.keys().published().to_vec()).unwrap();
    let keys = session_core::StatementKeySet::from_json(&published).unwrap();
    let issuer = world.sessions.issuer();
    let verified = keys.verify(statement.as_str(), issuer, statement.issued_at()).expect("authentic");
    verified.key_id().as_str().to_owned()
}

/// R8: all keys are retired at once, on purpose.
#[tokio::test]
async fn a_cookie_of_a_ring_that_is_gone_is_worth_nothing() {
    let world = World::new();
    let issued = world.sessions.start(NewSession::of(alice()), None).await;
    let header = format!("__Host-session={}", issued.unwrap().cookie.expose());
    assert!(world.sessions.authenticate([header.as_bytes()]).is_ok());
    world.sessions.change_keys(&KeyRing::generate().unwrap());
    assert!(world.sessions.authenticate([header.as_bytes()]).is_err());
}

/// As one that was written by hand, or by a server that wrote no times.
#[tokio::test]
async fn a_key_of_which_no_time_is_written_down_is_new_to_a_server_that_has_not_had_it() {
    let world = World::new();
    let mut ring = world.ring.clone();
    let s2 = ring.free_id(KeyPurpose::Statement);
    ring.add(KeyPurpose::Statement, s2, world.clock.now()).unwrap();
    ring.activate(KeyPurpose::Statement, &s2).unwrap();
    let mut file: serde_json::Value = serde_json::from_str(&ring.to_json()).unwrap();
    for key in file["statement"]["keys"].as_array_mut().unwrap() {
        key.as_object_mut().unwrap().remove("added_at");
    }
    world.sessions.change_keys(&KeyRing::from_json(&file.to_string()).unwrap());
    assert_eq!(signing_key(&world).await, "s1");
    world.clock.advance(2 * KEYS_MAY_BE_KEPT);
    assert_eq!(signing_key(&world).await, "s2");
}

#[test]
fn keys_tell_of_themselves_which_cookie_they_are_for_and_nothing_else() {
    let keys = Keys::new(&KeyRing::generate().unwrap(), CookieName::default());
    assert_eq!(format!("{keys:?}"), "Keys(..)");
    let other = CookieName::new("__Host-other").unwrap();
    assert_eq!(Keys::new(&KeyRing::generate().unwrap(), other.clone()).cookie_name(), &other);
}

//! What edges are told of (FORMAT.md §3).

use std::time::Duration;

use session_core::{CookieName, RevocationFeed, SessionId, StatementKeySet};
use session_engine::{Clock, Renewal, Sessions};

use crate::world::{World, alice};

const SECOND: Duration = Duration::from_secs(1);

/// The feed, as a reader has it who has fetched the published keys.
async fn feed(world: &World, sessions: &Sessions) -> RevocationFeed {
    let keys = String::from_utf8(sessions.keys().published().to_vec()).unwrap();
    let keys = StatementKeySet::from_json(&keys).unwrap();
    let signed = String::from_utf8(sessions.revocation_feed().await.unwrap().to_vec()).unwrap();
    keys.verify_revocations(&signed, sessions.issuer(), world.clock.now()).unwrap().feed().clone()
}

async fn revoked(world: &World) -> Vec<SessionId> {
    // A feed is made once a second.
    world.clock.advance(SECOND);
    feed(world, &world.sessions).await.revoked
}

#[tokio::test]
async fn the_feed_names_what_was_ended_or_renewed_and_nothing_that_lives() {
    let world = World::new();
    let (ended, renewed) = (world.alice().await, world.alice().await);
    assert!(revoked(&world).await.is_empty());
    world.sessions.revoke(&ended).await.unwrap();
    assert_eq!(revoked(&world).await, [ended.session_id()]);
    let successor = world.sessions.renew(&renewed, Renewal::Plain).await.unwrap().session.id();
    let mut expected = [ended.session_id(), renewed.session_id()];
    expected.sort();
    assert_eq!(revoked(&world).await, expected);
    // What was not there needs no telling.
    assert_eq!(world.sessions.revoke_one(&alice(), SessionId::from_bytes([7; 16])).await, Ok(false));
    assert_eq!(revoked(&world).await, expected);
    world.sessions.revoke_by_id(successor).await.unwrap();
    assert_eq!(revoked(&world).await.len(), 3);
}

#[tokio::test]
async fn within_a_second_the_feed_is_made_once() {
    let world = World::new();
    let sessions = world.server_of(|builder| builder.issuer("https://app.example"));
    assert_eq!(sessions.issuer(), "https://app.example");
    let cookie = world.alice().await;
    let first = sessions.revocation_feed().await.unwrap();
    world.sessions.revoke(&cookie).await.unwrap();
    assert_eq!(sessions.revocation_feed().await.unwrap(), first);
    world.clock.advance(SECOND);
    assert_eq!(feed(&world, &sessions).await.revoked, [cookie.session_id()]);
}

#[tokio::test]
async fn a_device_is_known_by_the_name_that_signed_in_there() {
    let world = World::new();
    let device = world.sessions.remember_device("alice").unwrap();
    let header = format!("__Host-session-device={}", device.expose());
    let known = |name| world.sessions.known_device([header.as_bytes()], name);
    assert!(known("alice").is_some());
    assert_eq!(known("bob"), None);
    assert_eq!(world.sessions.known_device([], "alice"), None);
    let other = world.sessions.remember_device("alice").unwrap();
    assert_ne!(other.expose(), device.expose(), "each device has a name of its own");
    assert_eq!(world.sessions.keys().cookie_name(), &CookieName::default());
}

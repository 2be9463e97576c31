//! Keys that change while there are sessions (R8).

use session_core::{KeyPurpose, KeyRing};
use session_engine::{Activity, NewSession};

use crate::world::{World, alice};

#[tokio::test]
async fn a_ring_is_swapped_whole_and_no_session_ends() {
    let world = World::new();
    let issued = world.sessions.start(NewSession::of(alice()), None).await.unwrap();
    let mut ring = world.ring.clone();
    for purpose in [KeyPurpose::Cookie, KeyPurpose::Statement] {
        let id = ring.free_id(purpose);
        ring.add(purpose, id).unwrap();
        ring.activate(purpose, &id).unwrap();
    }
    world.sessions.change_keys(&ring);
    let old = world.sent(&issued.cookie);
    world.sessions.resume(&old, Activity::Active).await.unwrap();
    let new = world.alice().await;
    let session = world.sessions.resume(&new, Activity::Active).await.unwrap();
    let statement = world.sessions.state(&session).unwrap();
    let published = String::from_utf8(world.sessions.keys().published().to_vec()).unwrap();
    let keys = session_core::StatementKeySet::from_json(&published).unwrap();
    let issuer = world.sessions.issuer();
    let verified = keys.verify(statement.as_str(), issuer, statement.issued_at()).expect("authentic");
    assert_eq!(verified.key_id().as_str(), "s2", "what signs is published");
}

#[tokio::test]
async fn a_cookie_of_a_ring_that_is_gone_is_worth_nothing() {
    let world = World::new();
    let issued = world.sessions.start(NewSession::of(alice()), None).await;
    let header = format!("__Host-session={}", issued.unwrap().cookie.expose());
    assert!(world.sessions.authenticate([header.as_bytes()]).is_ok());
    world.sessions.change_keys(&KeyRing::generate().unwrap());
    assert!(world.sessions.authenticate([header.as_bytes()]).is_err());
}

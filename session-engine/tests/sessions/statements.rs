//! What a server says of a session to those who hold only public keys (FORMAT.md §2).

use std::time::Duration;

use session_core::{KeyPurpose, MAX_STATEMENT_LIFETIME, SignedStatement, StatementClaims, Timeouts};
use session_engine::{Activity, Clock, KEYS_MAY_BE_KEPT, NewSession, SessionError};

use crate::world::{World, alice};

const SECOND: Duration = Duration::from_secs(1);

fn claims(world: &World, statement: &SignedStatement) -> StatementClaims {
    let keys = world.sessions.keys();
    let keys = session_core::StatementKeySet::from_json(str::from_utf8(keys.published()).unwrap()).unwrap();
    let verified = keys.verify(statement.as_str(), world.sessions.issuer(), statement.issued_at());
    verified.expect("authentic").claims().clone()
}

#[tokio::test]
async fn a_statement_says_what_the_record_says() {
    let world = World::new();
    let now = world.clock.now();
    let hour_ago = now.saturating_sub(Duration::from_secs(3600));
    let login = NewSession::of(alice()).authenticated_at(hour_ago);
    let session = world.sessions.start(login, None).await.unwrap().session;
    let stated = claims(&world, &world.sessions.state(&session).unwrap());
    assert_eq!((stated.subject.as_str(), stated.session_id), ("alice", session.id()));
    assert_eq!((stated.issued_at, stated.authenticated_at), (now, hour_ago));
    assert_eq!(stated.expires_at, now.saturating_add(MAX_STATEMENT_LIFETIME));
    assert_eq!(stated.idle_expires_at, session.idle_expires_at());
    assert_eq!(stated.absolute_expires_at, session.record().absolute_expires_at);
}

#[tokio::test]
async fn a_statement_is_handed_out_again_until_half_its_life_is_over() {
    let world = World::new();
    let cookie = world.alice().await;
    let session = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    let first = world.sessions.state(&session).unwrap();
    world.clock.advance(MAX_STATEMENT_LIFETIME / 2 - SECOND);
    assert_eq!(world.sessions.state(&session).unwrap(), first);
    // To who comes next as well, though the store has been asked.
    let again = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    assert_eq!(world.sessions.state(&again).unwrap(), first);
    world.clock.advance(SECOND);
    let second = world.sessions.state(&session).unwrap();
    assert_eq!(second.issued_at(), world.clock.now());
    // A clock that was set back tells nothing of how old one is.
    world.clock.set_back(SECOND);
    assert_eq!(world.sessions.state(&session).unwrap().issued_at(), world.clock.now());
}

#[tokio::test]
async fn another_key_makes_another_statement() {
    let world = World::new();
    let mut ring = world.ring.clone();
    let s2 = ring.free_id(KeyPurpose::Statement);
    ring.add(KeyPurpose::Statement, s2, world.clock.now()).unwrap();
    world.sessions.change_keys(&ring);
    let cookie = world.alice().await;
    world.clock.advance(2 * KEYS_MAY_BE_KEPT);
    let session = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    let first = world.sessions.state(&session).unwrap();
    ring.activate(KeyPurpose::Statement, &s2).unwrap();
    world.sessions.change_keys(&ring);
    assert_ne!(world.sessions.state(&session).unwrap(), first);
}

#[tokio::test]
async fn no_statement_outlives_its_session() {
    let world = World::new();
    let short = Timeouts::new(Duration::from_secs(100), Duration::from_secs(100)).unwrap();
    let sessions = world.server_of(|builder| builder.timeouts(short));
    let session = sessions.start(NewSession::of(alice()), None).await.unwrap().session;
    let end = session.record().absolute_expires_at;
    assert_eq!(sessions.state(&session).unwrap().expires_at(), end);
    world.clock.advance(Duration::from_secs(99));
    assert_eq!(sessions.state(&session).unwrap().expires_at(), end);
    world.clock.advance(SECOND);
    assert_eq!(sessions.state(&session).err(), Some(SessionError::Expired));
}

/// It is not for a log.
#[tokio::test]
async fn a_session_tells_its_statement_to_nobody_who_debugs_it() {
    let world = World::new();
    let cookie = world.alice().await;
    let session = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    let statement = world.sessions.state(&session).unwrap();
    let text = format!("{session:?}");
    assert!(text.contains("LastStatement(..)") && !text.contains(statement.as_str()), "{text}");
}

//! What whoever speaks for the application sees and does by a session's ID, without its cookie.

use futures_util::poll;
use serde_json::{Value, json};
use session_core::{SessionId, StartKey};
use session_engine::{Activity, DataChange, NewSession, Renewal, SessionError, Subject};
use tokio::task::JoinSet;

use crate::world::{World, alice, object};

fn merge(patch: Value) -> DataChange {
    DataChange::Merge(object(patch))
}

#[tokio::test]
async fn a_session_is_found_and_ended_by_either_id_after_a_renewal() {
    let world = World::new();
    let first = world.alice().await;
    let found = world.sessions.find(first.session_id()).await.unwrap().unwrap();
    assert_eq!((found.id(), found.record().subject.as_ref()), (first.session_id(), Some(&alice())));
    let renewed = world.sessions.renew(&first, Renewal::Plain).await.unwrap();
    let found = world.sessions.find(first.session_id()).await.unwrap().unwrap();
    assert_eq!(found.id(), renewed.session.id());
    assert_eq!(world.sessions.revoke_by_id(first.session_id()).await, Ok(true));
    let over = world.sessions.resume(&world.sent(&renewed.cookie), Activity::Active).await;
    assert_eq!(over.err(), Some(SessionError::Ended));
    assert_eq!(world.sessions.revoke_by_id(renewed.session.id()).await, Ok(false));
    assert!(world.sessions.find(first.session_id()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_guest_is_found_and_ended_and_has_no_claims() {
    let world = World::new();
    let id = world.guest(json!({ "cart": 1 })).await.session_id();
    assert_eq!(world.sessions.find(id).await.unwrap().unwrap().record().subject, None);
    let changed = world.sessions.change_claims_by_id(id, merge(json!({ "role": "admin" }))).await;
    assert!(changed.unwrap().is_none());
    assert_eq!(world.sessions.revoke_by_id(id).await, Ok(true));
}

/// R32: it is neither found nor ended as one.
#[tokio::test]
async fn the_marker_of_a_key_is_no_session() {
    let world = World::new();
    let key = StartKey::new(b"canary-token-of-the-office-0123456789", "one").unwrap();
    let marker = key.marker_id();
    world.sessions.start_once(NewSession::of(alice()), key).await.unwrap();
    for id in [marker, SessionId::from_bytes([7; 16])] {
        assert!(world.sessions.find(id).await.unwrap().is_none());
        assert_eq!(world.sessions.revoke_by_id(id).await, Ok(false));
        let changed = world.sessions.change_claims_by_id(id, merge(json!({}))).await;
        assert!(changed.unwrap().is_none());
    }
}

/// R24, compare-and-set: two servers on one store, so no queue of one process can order them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_that_are_changed_at_once_are_all_kept_and_stated() {
    let world = World::new();
    let cookie = world.alice().await;
    let servers = [(); 2].map(|()| world.server());
    let mut changes = JoinSet::new();
    for number in 0..32 {
        let (sessions, id) = (servers[number % 2].clone(), cookie.session_id());
        let patch = merge(json!({ (format!("claim{number}")): number }));
        changes.spawn(async move { sessions.change_claims_by_id(id, patch).await.unwrap().unwrap() });
    }
    changes.join_all().await;
    let session = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    assert_eq!(session.record().claims.len(), 32);
    assert_eq!(session.record().revision, 0, "the data is as it was");
    let gone = merge(Value::Object((1..32).map(|number| (format!("claim{number}"), Value::Null)).collect()));
    world.sessions.change_claims_by_id(cookie.session_id(), gone).await.unwrap().unwrap();
    let session = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    let statement = world.sessions.state(&session).unwrap();
    let keys = world.ring.statement_keys();
    let stated = keys.verify(statement.as_str(), world.sessions.issuer(), statement.issued_at()).unwrap();
    assert_eq!(stated.claims().claims.as_str(), "{\"claim0\":0}");
}

#[tokio::test]
async fn claims_that_no_statement_can_hold_leave_those_that_are_there() {
    let world = World::new();
    let cookie = world.alice().await;
    let change = |patch| world.sessions.change_claims_by_id(cookie.session_id(), merge(patch));
    change(json!({ "a": "x".repeat(2_000) })).await.unwrap().unwrap();
    let refused = change(json!({ "b": "x".repeat(2_000) })).await;
    assert!(matches!(refused, Err(SessionError::UnfitStatement(_))), "{refused:?}");
    let found = world.sessions.find(cookie.session_id()).await.unwrap().unwrap();
    assert_eq!(found.record().claims.keys().collect::<Vec<_>>(), ["a"]);
}

/// R24: whoever is told that a change is made finds it in the session that goes on.
#[tokio::test]
async fn no_change_is_lost_in_a_renewal() {
    let world = World::new();
    let cookie = world.alice().await;
    let of_data = |name: &str| {
        let (sessions, cookie, patch) =
            (world.sessions.clone(), cookie.clone(), merge(json!({ name: true })));
        Box::pin(
            async move { sessions.change_data::<Subject>(&cookie, Activity::Passive, None, patch).await },
        )
    };
    let of_claims = world.sessions.change_claims_by_id(cookie.session_id(), merge(json!({ "claim": true })));
    let (mut first, mut second, mut third) = (of_data("first"), of_data("second"), Box::pin(of_claims));
    // While the first has its turn the others, who have seen the session alive, wait for theirs.
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut second).is_pending());
    assert!(poll!(&mut third).is_pending());
    let renewed = world.server().renew(&cookie, Renewal::Plain).await.unwrap();
    let (first, second) = (first.await, second.await);
    assert_eq!(second.err(), Some(SessionError::Renewed));
    let third = third.await.unwrap().expect("it follows the session");
    assert_eq!(third.id(), renewed.session.id());
    let found = world.sessions.find(renewed.session.id()).await.unwrap().unwrap();
    assert_eq!(found.record().claims, object(json!({ "claim": true })));
    assert_eq!(found.record().data.get("first").is_some(), first.is_ok());
}

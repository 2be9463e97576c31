//! Data and claims, changed from an application's own code.

use std::sync::Arc;
use std::time::Duration;

use futures_util::poll;
use serde::{Deserialize, Serialize};
use serde_json::json;
use session_engine::store::{Documents, Freshness};
use session_engine::{Activity, DataChange, SessionError, Subject};
use tokio::task::JoinSet;

use crate::world::{World, object};

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Counter {
    #[serde(default)]
    count: u32,
}

/// R24, compare-and-set: two servers on one store, so no queue of one process can order them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_of_one_value_at_once_are_all_kept() {
    const EDITORS: u32 = 32;
    let world = World::new();
    let cookie = Arc::new(world.alice().await);
    let servers = [(); 2].map(|()| Arc::new(world.server()));
    let mut editors = JoinSet::new();
    for editor in 0..EDITORS {
        let (sessions, cookie) = (Arc::clone(&servers[editor as usize % 2]), Arc::clone(&cookie));
        editors.spawn(async move {
            let count = |counter: &mut Counter| counter.count += 1;
            sessions.edit_data::<Subject, _, _>(&cookie, Activity::Active, count).await.map(drop)
        });
    }
    let edited = editors.join_all().await;
    assert!(edited.iter().all(Result::is_ok), "{edited:?}");
    let session = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    assert_eq!(session.data(), Ok(Counter { count: EDITORS }));
}

/// Whoever carries the changes of others carries them on, though nobody waits for its own any more.
#[tokio::test]
async fn who_hangs_up_fails_no_neighbours_change() {
    for _ in 0..20 {
        let world = World::new();
        let cookie = world.alice().await;
        let change = |name: &str| {
            let patch = DataChange::Merge(object(json!({ name: true })));
            let (sessions, cookie) = (world.sessions.clone(), cookie.clone());
            async move { sessions.change_data::<Subject>(&cookie, Activity::Passive, None, patch).await }
        };
        let (mut first, mut carrier) = (Box::pin(change("first")), Box::pin(change("carrier")));
        let mut neighbours: Vec<_> = (0..8).map(|number| Box::pin(change(&format!("n{number}")))).collect();
        // While the first has its turn the others wait, and the one at their head will carry them all.
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut carrier).is_pending());
        for neighbour in &mut neighbours {
            assert!(poll!(neighbour).is_pending());
        }
        first.await.unwrap();
        while world.store.updates_begun() < 2 {
            assert!(poll!(&mut carrier).is_pending());
            tokio::task::yield_now().await;
        }
        drop(carrier);
        for neighbour in neighbours {
            neighbour.await.unwrap();
        }
    }
}

#[tokio::test]
async fn data_of_another_shape_is_told_and_left_alone() {
    let world = World::new();
    let cookie = world.alice().await;
    let other = DataChange::Replace(object(json!({ "count": "many" })));
    let session =
        world.sessions.change_data::<Subject>(&cookie, Activity::Active, None, other).await.unwrap();
    assert_eq!(session.data::<Counter>(), Err(SessionError::UnfitData));
    let count = |counter: &mut Counter| counter.count += 1;
    let edited = world.sessions.edit_data::<Subject, _, _>(&cookie, Activity::Active, count).await;
    assert_eq!(edited.err(), Some(SessionError::UnfitData));
    let no_object = |_: &mut serde_json::Value| {};
    world.sessions.edit_data::<Subject, _, _>(&cookie, Activity::Active, no_object).await.unwrap();
    let list = |data: &mut serde_json::Value| *data = json!(["a list"]);
    let edited = world.sessions.edit_data::<Subject, _, _>(&cookie, Activity::Active, list).await;
    assert_eq!(edited.err(), Some(SessionError::UnfitData));
    let session = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    assert_eq!(session.record().data, object(json!({ "count": "many" })));
}

#[tokio::test]
async fn changed_claims_are_in_the_next_statement() {
    let world = World::new();
    let cookie = world.alice().await;
    let session = world.sessions.change_claims(&cookie, object(json!({ "role": "admin" }))).await.unwrap();
    let statement = world.sessions.state(&session).unwrap();
    let keys = world.ring.statement_keys();
    let verified =
        keys.verify(statement.as_str(), world.sessions.issuer(), statement.issued_at()).expect("authentic");
    assert_eq!(verified.claims().claims.as_str(), r#"{"role":"admin"}"#);
    assert_eq!(session.record().revision, 0, "the data is as it was");

    let too_long = world.sessions.change_claims(&cookie, object(json!({ "a": "x".repeat(5_000) }))).await;
    assert!(matches!(too_long, Err(SessionError::UnfitStatement(_))), "{too_long:?}");
    let session = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    assert_eq!(session.record().claims, object(json!({ "role": "admin" })));
}

/// Whoever has given up asks again, and then for something else: what was given up must not come in its place later.
#[tokio::test]
async fn a_change_that_nobody_waits_for_is_not_tried_again() {
    let world = World::new();
    let cookie = world.alice().await;
    let id = cookie.session_id();
    let stored = world.store.load(id, Freshness::Confirmed, None).await.unwrap().unwrap();
    let mut newer: serde_json::Value = serde_json::from_slice(&stored.document).unwrap();
    newer["data"] = json!({ "count": 2 });
    world.store.change_before_update(newer.to_string().into_bytes());
    let held = world.store.hold_updates().await;
    let change = DataChange::Merge(object(json!({ "count": 1 })));
    let change = world.sessions.change_data::<Subject>(&cookie, Activity::Passive, None, change);
    tokio::select! {
        biased;
        changed = change => panic!("{changed:?} before anybody could give up"),
        () = async { while world.store.updates_begun() == 0 { tokio::task::yield_now().await } } => {}
    }
    drop(held);
    // Time for another try, which there is not to be.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let session = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    assert_eq!((session.data(), world.store.updates_begun()), (Ok(Counter { count: 2 }), 1));
}

#[tokio::test]
async fn a_change_of_another_revision_than_was_expected_is_refused_and_told_which_there_is() {
    let world = World::new();
    let cookie = world.alice().await;
    let change = |expected, count: u32| {
        let data = DataChange::Replace(object(json!({ "count": count })));
        world.sessions.change_data::<Subject>(&cookie, Activity::Passive, expected, data)
    };
    assert_eq!(change(Some(0), 1).await.unwrap().record().revision, 1);
    assert_eq!(change(None, 2).await.unwrap().record().revision, 2);
    assert_eq!(change(Some(1), 3).await.err(), Some(SessionError::OtherRevision { revision: 2 }));
    let session = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    assert_eq!(session.data(), Ok(Counter { count: 2 }));
    assert_eq!(change(Some(2), 4).await.unwrap().data(), Ok(Counter { count: 4 }));
}

#[tokio::test]
async fn a_patch_sets_members_and_removes_those_that_are_null() {
    let world = World::new();
    let cookie = world.alice().await;
    let patch = |patch| {
        let patch = DataChange::Merge(object(patch));
        world.sessions.change_data::<Subject>(&cookie, Activity::Passive, None, patch)
    };
    patch(json!({ "a": { "b": 1, "c": 2 }, "d": 3 })).await.unwrap();
    let session = patch(json!({ "a": { "b": null }, "d": null, "e": 4 })).await.unwrap();
    assert_eq!(session.record().data, object(json!({ "a": { "c": 2 }, "e": 4 })));
}

#[tokio::test]
async fn data_that_no_record_can_hold_leaves_what_is_there() {
    let world = World::new();
    let cookie = world.alice().await;
    let change = |length: usize| {
        let data = DataChange::Replace(object(json!({ "text": "x".repeat(length) })));
        world.sessions.change_data::<Subject>(&cookie, Activity::Passive, None, data)
    };
    change(60_000).await.unwrap();
    let refused = change(70_000).await;
    assert!(matches!(refused, Err(SessionError::TooLarge(_))), "{refused:?}");
    let session = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
    assert_eq!((session.record().revision, session.record().data.len()), (1, 1));
}

//! Only a check may be answered from a cache (R31, R59): whatever decides something reads what the
//! store has now.

use serde_json::{Map, Value, json};
use session_engine::store::Freshness;
use session_engine::{Activity, DataChange, NewSession, Renewal, Revocation};

use crate::world::{World, alice, object};

#[tokio::test]
async fn a_check_may_be_answered_from_a_cache() {
    let world = World::new();
    let cookie = world.alice().await;
    world.store.reads();
    world.sessions.resume(&cookie, Activity::Active).await.unwrap();
    world.sessions.resume_any(&cookie, Activity::Passive).await.unwrap();
    world.sessions.list(&alice()).await.unwrap();
    assert_eq!(world.store.reads(), [Freshness::MayBeCached; 3]);
}

#[tokio::test]
async fn whatever_changes_something_reads_what_the_store_has_now() {
    let world = World::new();
    let sessions = &world.sessions;
    let cookie = world.alice().await;
    world.store.reads();
    let confirmed = |what: &str| {
        let reads = world.store.reads();
        assert!(
            !reads.is_empty() && reads.iter().all(|read| *read == Freshness::Confirmed),
            "{what}: {reads:?}"
        );
    };

    let change = DataChange::Merge(object(json!({ "a": 1 })));
    sessions.change_data::<session_engine::Subject>(&cookie, Activity::Active, None, change).await.unwrap();
    confirmed("a change of data");
    let edit = |data: &mut Map<String, Value>| data.insert("b".into(), 2.into());
    sessions.edit_data::<session_engine::Subject, _, _>(&cookie, Activity::Active, edit).await.unwrap();
    confirmed("an edit of data");
    sessions.change_claims(&cookie, object(json!({ "role": "admin" }))).await.unwrap();
    confirmed("a change of claims");
    let renewed = sessions.renew(&cookie, Renewal::Plain).await.unwrap();
    confirmed("a renewal");
    let renewed = sessions.renew(&world.sent(&renewed.cookie), Renewal::Reauthenticated).await.unwrap();
    confirmed("a reauthentication");
    let former = world.sent(&renewed.cookie);
    let issued = sessions.start(NewSession::of(alice()), Some(&former)).await.unwrap();
    confirmed("a login in place of another session");
    let guest = world.guest(json!({ "cart": [] })).await;
    sessions.start(NewSession::of(alice()).carry_over(["cart"]), Some(&guest)).await.unwrap();
    confirmed("a login in place of a guest");
    sessions.revoke(&world.sent(&issued.cookie)).await.unwrap();
    confirmed("a log-out");
    sessions.revoke_one(&alice(), world.alice().await.session_id()).await.unwrap();
    confirmed("the end of one session");
    world.alice().await;
    sessions.revoke_all(&alice(), Revocation::All).await.unwrap();
    confirmed("the end of all sessions");
}

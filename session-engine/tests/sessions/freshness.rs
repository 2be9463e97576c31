//! Only a check may be answered from a cache (R31, R59): whatever decides something reads what the
//! store has now.

use serde_json::{Map, Value, json};
use session_engine::store::Freshness;
use session_engine::{
    Activity, Clock, DataChange, LiveSession, NewSession, Renewal, Revocation, SessionError, Sessions,
};

use crate::world::{IDLE, World, alice, object};
use session_core::AuthenticCookie;

/// R59: this may, and nothing else.
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

/// R31, R59: one after the other, and a password that is entered again among them.
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

/// R31, R59: and it never ends others, or tells of them.
#[tokio::test]
async fn a_session_that_has_ended_elsewhere_may_pass_a_check_and_do_nothing_else() {
    let world = World::new();
    let here = world.server();
    world.store.be_trusted_in_vain();
    let others = world.alice().await;
    for what in ["confirm", "list", "end one", "end all", "end all others", "end itself"] {
        let cookie = world.alice().await;
        let live = remembered(&here, &cookie).await;
        assert_eq!(world.sessions.revoke(&cookie).await, Ok(true));
        assert!(here.resume(&cookie, Activity::Passive).await.is_ok(), "nobody has told");
        let all_others = Revocation::AllExcept(live.id());
        let done = match what {
            "confirm" => here.confirm(&live).await.map(drop),
            "list" => here.list_own(&live).await.map(drop),
            "end one" => here.revoke_own_one(&live, others.session_id()).await.map(drop),
            "end all" => here.revoke_own(&live, Revocation::All).await.map(drop),
            "end all others" => here.revoke_own(&live, all_others).await.map(drop),
            _ => here.revoke_own_one(&live, live.id()).await.map(drop),
        };
        assert_eq!(done, Err(SessionError::Ended), "{what}");
        let seen = here.resume(&cookie, Activity::Passive).await;
        assert_eq!(seen.err(), Some(SessionError::Ended), "what was found out is forgotten");
    }
    assert!(world.sessions.resume(&others, Activity::Passive).await.is_ok());
}

/// R72: a former cookie does not end what it was renewed as.
#[tokio::test]
async fn a_session_that_was_renewed_elsewhere_ends_nothing_by_its_former_cookie() {
    let world = World::new();
    let here = world.server();
    world.store.be_trusted_in_vain();
    let cookie = world.alice().await;
    let live = remembered(&here, &cookie).await;
    let renewed = world.sessions.renew(&cookie, Renewal::Plain).await.unwrap();
    let ended = here.revoke_own_one(&live, live.id()).await;
    assert_eq!(ended, Err(SessionError::Renewed));
    let seen = here.resume(&cookie, Activity::Passive).await;
    assert_eq!(seen.err(), Some(SessionError::Renewed), "what was found out is forgotten");
    let renewed = world.sent(&renewed.cookie);
    assert!(world.sessions.resume(&renewed, Activity::Passive).await.is_ok());
}

/// R9: whatever is remembered, each deadline is one.
#[tokio::test]
async fn what_is_remembered_is_not_believed_past_its_deadline_and_is_pushed_by_use() {
    let world = World::new();
    world.store.be_trusted_in_vain();
    let cookie = world.alice().await;
    remembered(&world.sessions, &cookie).await;
    world.clock.advance(IDLE / 2);
    let used = world.sessions.resume(&cookie, Activity::Active).await.unwrap();
    assert_eq!(used.idle_expires_at(), world.clock.now().saturating_add(IDLE));
    remembered(&world.sessions, &cookie).await;
    world.store.reads();
    world.sessions.resume(&cookie, Activity::Active).await.unwrap();
    assert_eq!(world.store.reads(), [], "it is remembered");
    world.clock.advance(IDLE);
    let over = world.sessions.resume(&cookie, Activity::Passive).await;
    assert_eq!(over.err(), Some(SessionError::Ended));
}

#[tokio::test]
async fn without_a_near_cache_each_check_asks_the_store() {
    let world = World::new();
    world.store.be_trusted_in_vain();
    let cookie = world.alice().await;
    for (near_cache, reads) in [(Some(session_engine::NearCacheLimits::default()), 0), (None, 1)] {
        let sessions = world.server_of(|builder| builder.near_cache(near_cache));
        remembered(&sessions, &cookie).await;
        world.store.reads();
        sessions.resume(&cookie, Activity::Passive).await.unwrap();
        assert_eq!(world.store.reads().len(), reads);
    }
}

/// A session that this server asks for no more until it is old.
async fn remembered(sessions: &Sessions, cookie: &AuthenticCookie) -> LiveSession {
    for _ in 0..2 {
        sessions.resume(cookie, Activity::Active).await.unwrap();
    }
    sessions.resume(cookie, Activity::Passive).await.unwrap()
}

//! How often one session, or one subject, may do what costs others something (R78).

use std::time::Duration;

use serde_json::json;
use session_engine::{
    Activity, DataChange, NewSession, Pace, Renewal, Revocation, SessionError, Sessions, Subject,
};

use crate::world::{World, alice, bob, object};

/// Twice, and then not for a long time.
const TWICE: Pace = Pace { burst: 2, interval: Duration::from_secs(3600) };

fn is_too_fast<T: std::fmt::Debug>(result: Result<T, SessionError>) -> bool {
    match result {
        Ok(_) => false,
        Err(SessionError::TooFast { .. }) => true,
        other => panic!("{other:?}"),
    }
}

async fn change(sessions: &Sessions, cookie: &session_core::AuthenticCookie) -> bool {
    let patch = DataChange::Merge(object(json!({ "a": 1 })));
    is_too_fast(sessions.change_data::<Subject>(cookie, Activity::Passive, None, patch).await)
}

#[tokio::test]
async fn the_data_of_one_session_is_changed_at_a_pace_that_a_renewal_does_not_rest() {
    let world = World::new();
    let sessions = world.server_of(|builder| builder.change_pace(TWICE));
    let cookie = world.alice().await;
    assert!(!change(&sessions, &cookie).await);
    let edit = |data: &mut serde_json::Map<String, serde_json::Value>| data.clear();
    sessions.edit_data::<Subject, _, _>(&cookie, Activity::Passive, edit).await.unwrap();
    assert!(change(&sessions, &cookie).await);
    assert!(is_too_fast(sessions.edit_data::<Subject, _, _>(&cookie, Activity::Passive, edit).await));
    let renewed = world.sent(&sessions.renew(&cookie, Renewal::Plain).await.unwrap().cookie);
    assert!(change(&sessions, &renewed).await);
    assert!(!change(&sessions, &world.alice().await).await, "another session has its own");
}

#[tokio::test]
async fn the_sessions_of_one_subject_are_renewed_at_a_pace_and_reauthenticated_at_any() {
    let world = World::new();
    let sessions = world.server_of(|builder| builder.renewal_pace(TWICE));
    let mut cookie = world.alice().await;
    for _ in 0..2 {
        cookie = world.sent(&sessions.renew(&cookie, Renewal::Plain).await.unwrap().cookie);
    }
    let other = world.alice().await;
    for cookie in [&cookie, &other] {
        assert!(is_too_fast(sessions.renew(cookie, Renewal::Plain).await));
    }
    assert!(!is_too_fast(sessions.renew(&cookie, Renewal::Reauthenticated).await));
    assert!(!is_too_fast(sessions.renew(&world.session_of(bob()).await, Renewal::Plain).await));
}

#[tokio::test]
async fn one_session_looks_after_the_others_at_a_pace() {
    let world = World::new();
    let sessions = world.server_of(|builder| builder.device_pace(TWICE));
    for what in ["list", "end one", "end all"] {
        let cookie = world.alice().await;
        let live = sessions.resume(&cookie, Activity::Passive).await.unwrap();
        let all_others = Revocation::AllExcept(live.id());
        let done = async |live: &session_engine::LiveSession| match what {
            "list" => is_too_fast(sessions.list_own(live).await),
            "end one" => is_too_fast(sessions.revoke_own_one(live, world.alice().await.session_id()).await),
            _ => is_too_fast(sessions.revoke_own(live, all_others).await),
        };
        assert_eq!([done(&live).await, done(&live).await, done(&live).await], [false, false, true], "{what}");
        let renewed = sessions.renew(&cookie, Renewal::Plain).await.unwrap();
        assert!(done(&renewed.session).await, "a renewal does not rest");
    }
}

#[tokio::test]
async fn a_pace_that_is_not_set_is_no_hindrance_to_a_person() {
    let world = World::new();
    let cookie = world.sent(&world.sessions.start(NewSession::of(alice()), None).await.unwrap().cookie);
    for _ in 0..20 {
        assert!(!change(&world.sessions, &cookie).await);
        let live = world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
        world.sessions.list_own(&live).await.unwrap();
    }
}

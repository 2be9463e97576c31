//! What was begun to be ended ends (R22, R79).

use std::time::Duration;

use session_engine::{Activity, Renewal, SessionError};

use crate::world::{World, alice};

#[tokio::test]
async fn who_hangs_up_while_logging_out_is_logged_out() {
    let world = World::new();
    let cookie = world.alice().await;
    tokio::select! {
        biased;
        () = world.store.revocation_noted() => {}
        ended = world.sessions.revoke(&cookie) => panic!("{ended:?} before anybody could hang up"),
    }
    let looks_ended = async {
        while world.sessions.resume(&cookie, Activity::Passive).await.err() != Some(SessionError::Ended) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), looks_ended).await.expect("the session ends");
}

/// An administrator lists a session, and its holder renews it: it is the session that is meant.
#[tokio::test]
async fn a_session_that_was_renewed_meanwhile_ends_by_its_former_id() {
    let world = World::new();
    let first = world.alice().await;
    let mut latest = first.clone();
    for _ in 0..3 {
        let issued = world.sessions.renew(&latest, Renewal::Plain).await.unwrap();
        latest = world.sent(&issued.cookie);
    }
    assert_eq!(world.sessions.revoke_one(&alice(), first.session_id()).await, Ok(true));
    let looked = world.sessions.resume(&latest, Activity::Passive).await;
    assert_eq!(looked.err(), Some(SessionError::Ended));
    assert_eq!(world.sessions.revoke_one(&alice(), first.session_id()).await, Ok(false));
}

//! What was begun to be ended ends (R22, R79).

use std::time::Duration;

use session_engine::{Activity, Renewal, Revocation, SessionError};

use crate::world::{World, alice};

/// R21, R79: what was begun ends.
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

/// R67: an administrator lists a session, and its holder renews it: it is the session that is meant.
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

/// R21, R80: no session outlives its end by being renewed at the same moment, and none is said to have ended that goes
/// on.
#[tokio::test]
async fn what_is_renewed_while_it_is_ended_ends_or_is_said_to_be_renewed() {
    for is_log_out in [false, true] {
        let world = World::new();
        let cookie = world.alice().await;
        let held = world.store.hold_deletions().await;
        let renewal = async {
            world.store.revocation_noted().await;
            let issued = world.server().renew(&cookie, Renewal::Plain).await.unwrap();
            drop(held);
            world.sent(&issued.cookie)
        };
        let end = async {
            match is_log_out {
                false => world.sessions.revoke_by_id(cookie.session_id()).await,
                true => world.sessions.revoke(&cookie).await,
            }
        };
        let (ended, renewed) = tokio::join!(end, renewal);
        let looked = world.sessions.resume(&renewed, Activity::Passive).await.map(|_| ());
        match is_log_out {
            false => assert_eq!((ended, looked), (Ok(true), Err(SessionError::Ended))),
            // The browser has the new cookie by now, and asks again.
            true => assert_eq!((ended, looked), (Err(SessionError::Renewed), Ok(()))),
        }
    }
}

#[tokio::test]
async fn the_former_id_of_a_session_is_no_session_that_is_counted() {
    let world = World::new();
    let first = world.alice().await;
    world.sessions.renew(&first, Renewal::Plain).await.unwrap();
    world.alice().await;
    assert_eq!(world.sessions.revoke_all(&alice(), Revocation::All).await, Ok(2));
    assert_eq!(world.sessions.resume(&first, Activity::Passive).await.err(), Some(SessionError::Ended));
}

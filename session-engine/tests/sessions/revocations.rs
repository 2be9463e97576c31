//! What was begun to be ended ends (R22, R79).

use std::time::Duration;

use session_engine::{Activity, SessionError};

use crate::world::World;

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

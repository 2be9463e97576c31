//! A renewal that nobody waits for is as if it had not been (R72, R79).

use std::time::Duration;

use futures_util::poll;
use serde_json::json;
use session_core::AuthenticCookie;
use session_engine::store::{Documents, Freshness};
use session_engine::{Activity, Clock, DataChange, Renewal, SessionError, Subject};

use crate::watched_store::Loss;
use crate::world::{IDLE, World, alice, object};

/// R72, R79: the browser never got the new one.
#[tokio::test]
async fn who_hangs_up_in_the_middle_goes_on_with_the_old_cookie() {
    let world = World::new();
    for _ in 0..20 {
        let cookie = world.alice().await;
        {
            let mut renewal = Box::pin(world.sessions.renew(&cookie, Renewal::Reauthenticated));
            assert!(poll!(&mut renewal).is_pending());
        }
        // It runs to its end, and is taken back.
        until_the_old_session_stands(&world, &cookie).await;
        // And not for the minute of what is left of one alone.
        world.clock.advance(IDLE - Duration::from_secs(1));
        world.sessions.resume(&cookie, Activity::Passive).await.expect("as long as ever");
        world.sessions.revoke(&cookie).await.unwrap();
    }
}

/// R51, R72: nobody knows whether the write that ends the old ID was done.
#[tokio::test]
async fn a_renewal_that_the_store_breaks_off_logs_nobody_out() {
    for loss in [Loss::OfTheRequest, Loss::OfTheAnswer] {
        let world = World::new();
        let cookie = world.alice().await;
        world.store.lose_next_update(loss);
        let renewed = world.sessions.renew(&cookie, Renewal::Plain).await;
        assert!(matches!(renewed, Err(SessionError::Unavailable(_))), "{renewed:?}");
        until_the_old_session_stands(&world, &cookie).await;
    }
}

async fn until_the_old_session_stands(world: &World, cookie: &AuthenticCookie) {
    let stands = async {
        loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let looked = world.sessions.resume(cookie, Activity::Passive).await;
            let listed = world.sessions.list(&alice()).await.unwrap();
            match (looked, listed.len()) {
                (Ok(session), 1) if session.id() == listed[0].id() => return,
                (Ok(_) | Err(SessionError::Renewed), _) => {}
                (other, _) => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), stands)
        .await
        .expect("the old session stands, and no other");
}

/// R30, R72: the grace is an answer, not a way in.
#[tokio::test]
async fn a_renewed_session_says_so_for_a_minute_and_opens_nothing() {
    let world = World::new();
    let old = world.alice().await;
    let issued = world.sessions.renew(&old, Renewal::Plain).await.unwrap();
    let new = world.sent(&issued.cookie);
    for _ in 0..2 {
        let looked = world.sessions.resume(&old, Activity::Active).await;
        assert_eq!(looked.err(), Some(SessionError::Renewed));
        assert_eq!(world.sessions.revoke(&old).await, Err(SessionError::Renewed));
        world.sessions.resume(&new, Activity::Active).await.unwrap();
        world.clock.advance(Duration::from_secs(29));
    }
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(world.sessions.resume(&old, Activity::Active).await.err(), Some(SessionError::Ended));
    assert_eq!(world.sessions.revoke(&old).await, Ok(false));
    world.sessions.resume(&new, Activity::Active).await.unwrap();
}

#[tokio::test]
async fn what_is_left_of_a_renewed_session_stays_for_a_minute_and_holds_nothing() {
    let world = World::new();
    let old = world.alice().await;
    let secret = DataChange::Merge(object(json!({ "cart": "a secret of the cart" })));
    world.sessions.change_data::<Subject>(&old, Activity::Passive, None, secret).await.unwrap();
    world.sessions.renew(&old, Renewal::Plain).await.unwrap();
    let id = old.session_id();
    let left = world.store.load(id, Freshness::Confirmed, None).await.unwrap().unwrap();
    assert!(!String::from_utf8(left.document).unwrap().contains("secret of the cart"));
    let end = world.store.idle_deadline(id, Freshness::Confirmed).await.unwrap();
    assert_eq!(end, Some(world.clock.now().saturating_add(Duration::from_secs(60))));
}

#[tokio::test]
async fn a_renewed_session_keeps_its_data_its_claims_and_its_absolute_deadline() {
    let world = World::new();
    let old = world.alice().await;
    let data = DataChange::Merge(object(json!({ "cart": ["book"] })));
    world.sessions.change_data::<Subject>(&old, Activity::Passive, None, data).await.unwrap();
    world.sessions.change_claims(&old, object(json!({ "role": "admin" }))).await.unwrap();
    world.clock.advance(Duration::from_secs(600));
    let now = world.clock.now();
    let renewed = world.sessions.renew(&old, Renewal::Plain).await.unwrap();
    let record = renewed.session.record();
    assert_eq!(record.data, object(json!({ "cart": ["book"] })));
    assert_eq!(record.claims, object(json!({ "role": "admin" })));
    assert_eq!((record.created_at, record.authenticated_at), (old.issued_at(), old.issued_at()));
    assert_eq!((record.issued_at, record.absolute_expires_at), (now, old.expires_at()));
    let new = world.sent(&renewed.cookie);
    assert_eq!((new.issued_at(), new.expires_at()), (now, old.expires_at()));
    let proved = world.sessions.renew(&new, Renewal::Reauthenticated).await.unwrap();
    assert_eq!(proved.session.record().authenticated_at, now);
    assert_eq!(proved.session.record().absolute_expires_at, old.expires_at());
}

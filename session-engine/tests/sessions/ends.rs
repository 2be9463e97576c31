//! Who ends which sessions of a subject (R27, R80).

use session_core::AuthenticCookie;
use session_engine::store::{Documents, Freshness, Outcome};
use session_engine::{Activity, Renewal, Revocation, SessionError};

use crate::world::{World, alice, bob};

async fn lives(world: &World, cookie: &AuthenticCookie) -> bool {
    match world.sessions.resume(cookie, Activity::Passive).await {
        Ok(_) => true,
        Err(SessionError::Ended | SessionError::Renewed) => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn all_sessions_of_a_subject_end_and_nobody_elses() {
    let world = World::new();
    let (one, two, other) = (world.alice().await, world.alice().await, world.session_of(bob()).await);
    assert_eq!(world.sessions.revoke_all(&alice(), Revocation::All).await, Ok(2));
    assert_eq!([lives(&world, &one).await, lives(&world, &two).await], [false; 2]);
    assert!(lives(&world, &other).await);
    assert_eq!(world.sessions.revoke_all(&alice(), Revocation::All).await, Ok(0));
}

#[tokio::test]
async fn all_others_end_and_the_one_that_is_kept_does_not() {
    let world = World::new();
    let (kept, other) = (world.alice().await, world.alice().await);
    let live = world.sessions.resume(&kept, Activity::Passive).await.unwrap();
    assert_eq!(world.sessions.revoke_own(&live, Revocation::AllExcept(live.id())).await, Ok(1));
    assert_eq!([lives(&world, &kept).await, lives(&world, &other).await], [true, false]);
    assert_eq!(world.sessions.revoke_own(&live, Revocation::All).await, Ok(1));
    assert!(!lives(&world, &kept).await);
}

/// In another tab, at this very moment.
#[tokio::test]
async fn what_the_kept_session_was_just_renewed_as_stays_too_and_its_former_id_is_none_that_is_counted() {
    let world = World::new();
    let (kept, other) = (world.alice().await, world.alice().await);
    let renewed = world.sent(&world.sessions.renew(&kept, Renewal::Plain).await.unwrap().cookie);
    let all_others = Revocation::AllExcept(kept.session_id());
    assert_eq!(world.sessions.revoke_all(&alice(), all_others).await, Ok(1));
    assert_eq!([lives(&world, &renewed).await, lives(&world, &other).await], [true, false]);
    // Another one that was begun just as lately is not that one.
    let young = world.alice().await;
    let all_others = Revocation::AllExcept(renewed.session_id());
    assert_eq!(world.sessions.revoke_all(&alice(), all_others).await, Ok(1));
    assert_eq!([lives(&world, &renewed).await, lives(&world, &young).await], [true, false]);
}

#[tokio::test]
async fn one_ends_a_session_of_ones_own_and_nobody_elses() {
    let world = World::new();
    let (one, two, other) = (world.alice().await, world.alice().await, world.session_of(bob()).await);
    let live = world.sessions.resume(&one, Activity::Passive).await.unwrap();
    assert_eq!(world.sessions.revoke_own_one(&live, other.session_id()).await, Ok(false));
    assert_eq!(world.sessions.revoke_one(&alice(), other.session_id()).await, Ok(false));
    assert_eq!(world.sessions.revoke_own_one(&live, two.session_id()).await, Ok(true));
    let living = [lives(&world, &one).await, lives(&world, &two).await, lives(&world, &other).await];
    assert_eq!(living, [true, false, true]);
    assert_eq!(world.sessions.revoke_by_id(other.session_id()).await, Ok(true));
    assert!(!lives(&world, &other).await);
}

#[tokio::test]
async fn logging_out_says_whether_there_was_a_session() {
    let world = World::new();
    let cookie = world.alice().await;
    assert_eq!(world.sessions.revoke(&cookie).await, Ok(true));
    assert_eq!(world.sessions.revoke(&cookie).await, Ok(false));
}

/// Made with our key, and with the ID that logs and lists show.
#[tokio::test]
async fn a_cookie_with_another_secret_opens_and_ends_nothing() {
    let world = World::new();
    let cookie = world.alice().await;
    let keys = world.ring.cookie_keys(session_core::CookieName::default());
    let secret = session_core::SessionSecret::from_bytes([7; 32]);
    let forged =
        keys.sign(cookie.session_id(), &secret, cookie.issued_at(), cookie.expires_at()).expect("a cookie");
    let forged = world.sent(&forged);
    let opened = world.sessions.resume(&forged, Activity::Active).await;
    assert_eq!(opened.err(), Some(SessionError::WrongSecret));
    assert_eq!(world.sessions.revoke(&forged).await, Err(SessionError::WrongSecret));
    assert!(lives(&world, &cookie).await);
}

/// Others change its data, and have not to be waited for.
#[tokio::test]
async fn a_session_ends_also_while_its_data_is_changed() {
    let world = World::new();
    for by_cookie in [true, false] {
        let cookie = world.alice().await;
        let stored = world.store.load(cookie.session_id(), Freshness::Confirmed, None).await;
        let document = String::from_utf8(stored.unwrap().unwrap().document).unwrap();
        let changed = document.replacen("\"data\":{}", "\"data\":{\"a\":1}", 1);
        assert_ne!(changed, document);
        world.store.change_before_deletion(changed.into_bytes());
        let ended = match by_cookie {
            true => world.sessions.revoke(&cookie).await,
            false => world.sessions.revoke_by_id(cookie.session_id()).await,
        };
        assert_eq!(ended, Ok(true));
        assert!(!lives(&world, &cookie).await);
    }
}

/// R48: a server of another version may be able to read it, so it has to go.
#[tokio::test]
async fn who_logs_out_of_a_session_that_cannot_be_read_is_logged_out() {
    let world = World::new();
    let (cookie, other) = (world.alice().await, world.alice().await);
    let id = cookie.session_id();
    let stored = world.store.load(id, Freshness::Confirmed, None).await.unwrap().unwrap();
    assert_eq!(world.store.update(id, &stored.document, b"{}").await, Ok(Outcome::Done));
    let opened = world.server().resume(&cookie, Activity::Active).await;
    assert!(matches!(opened, Err(SessionError::Unreadable(_))), "{opened:?}");
    assert_eq!(world.sessions.revoke_by_id(id).await, Ok(false), "nobody can say whose it is");
    assert_eq!(world.sessions.list(&alice()).await.unwrap().len(), 1);
    assert_eq!(world.sessions.revoke(&cookie).await, Ok(true));
    assert_eq!(world.store.load(id, Freshness::Confirmed, None).await, Ok(None));
    assert!(lives(&world, &other).await);
}

//! Sessions of strangers: only on purpose, and nothing of them goes over by itself (R20, R26).

use std::time::Duration;

use serde_json::{Map, Value, json};
use session_engine::store::{Documents, Freshness};
use session_engine::{Activity, Guest, NewSession, Resumed, SessionError, Subject};

use crate::world::{GUEST_ABSOLUTE, GUEST_IDLE, IDLE, World, alice, object};

/// R32: its cookie is good, and opens nothing of a user's.
#[tokio::test]
async fn a_guest_is_nobody_who_has_signed_in() {
    let world = World::new();
    let cookie = world.guest(json!({ "cart": ["book"] })).await;
    let refused = world.sessions.resume(&cookie, Activity::Active).await;
    assert_eq!(refused.err(), Some(SessionError::NotSignedIn));
    match world.sessions.resume_any(&cookie, Activity::Active).await.unwrap() {
        Resumed::Guest(guest) => assert_eq!(guest.record().data, object(json!({ "cart": ["book"] }))),
        Resumed::Subject(session) => panic!("{session:?}"),
    }
    let renewed = world.sessions.renew(&cookie, session_engine::Renewal::Plain).await;
    assert_eq!(renewed.err(), Some(SessionError::NotSignedIn));
    let signed_in = world.alice().await;
    let edit = |_: &mut Map<String, Value>| {};
    let refused = world.sessions.edit_data::<Guest, _, _>(&signed_in, Activity::Active, edit).await;
    assert_eq!(refused.err(), Some(SessionError::SignedIn));
}

/// R26: whatever cookie it brings.
#[tokio::test]
async fn no_request_begins_a_session_by_itself() {
    let world = World::new();
    let (over, forged) = (world.guest(json!({})).await, World::new().guest(json!({})).await);
    world.sessions.revoke(&over).await.unwrap();
    for cookie in [&over, &forged] {
        let looked = world.sessions.resume_any(cookie, Activity::Active).await;
        assert_eq!(looked.err(), Some(SessionError::Ended));
        let edit = |data: &mut Map<String, Value>| data.insert("a".into(), 1.into());
        let edited = world.sessions.edit_data::<Guest, _, _>(cookie, Activity::Active, edit).await;
        assert_eq!(edited.err(), Some(SessionError::Ended));
        world.sessions.revoke(cookie).await.unwrap();
        let stored = world.store.load(cookie.session_id(), Freshness::Confirmed, None).await;
        assert_eq!(stored, Ok(None));
    }
}

/// R20: the state of the sign-in above all does not.
#[tokio::test]
async fn only_what_is_named_goes_over_at_sign_in_under_a_new_id() {
    let world = World::new();
    let guest = world.guest(json!({ "cart": ["book"], "state": "secret of the sign-in", "a": 1 })).await;
    let login = NewSession::of(alice()).carry_over(["cart", "missing"]);
    let issued = world.sessions.start(login, Some(&guest)).await.unwrap();
    assert_eq!(issued.session.record().data, object(json!({ "cart": ["book"] })));
    assert_ne!(issued.session.id(), guest.session_id());
    let dead = world.sessions.resume_any(&guest, Activity::Active).await;
    assert_eq!(dead.err(), Some(SessionError::Ended));
}

/// R20: what is named is for guests.
#[tokio::test]
async fn nothing_goes_over_from_one_user_to_another() {
    let world = World::new();
    let former = world.alice().await;
    let edit = |data: &mut Map<String, Value>| data.insert("cart".into(), "alice's".into());
    world.sessions.edit_data::<Subject, _, _>(&former, Activity::Active, edit).await.unwrap();
    let bob = NewSession::of(Subject::new("bob").unwrap()).carry_over(["cart"]);
    let issued = world.sessions.start(bob, Some(&former)).await.unwrap();
    assert_eq!(issued.session.record().data, Map::new());
    assert_eq!(world.sessions.resume(&former, Activity::Active).await.err(), Some(SessionError::Ended));
}

/// R20, R24: and leaves one session.
#[tokio::test]
async fn what_a_guest_adds_at_the_last_moment_goes_over_too() {
    let world = World::new();
    let guest = world.guest(json!({ "cart": ["book"] })).await;
    let stored = world.store.load(guest.session_id(), Freshness::Confirmed, None).await.unwrap().unwrap();
    let later = String::from_utf8(stored.document).unwrap().replace("[\"book\"]", "[\"book\",\"pen\"]");
    world.store.change_before_deletion(later.into_bytes());
    let login = NewSession::of(alice()).carry_over(["cart"]);
    let issued = world.sessions.start(login, Some(&guest)).await.unwrap();
    assert_eq!(issued.session.record().data, object(json!({ "cart": ["book", "pen"] })));
    assert_eq!(world.sessions.list(&alice()).await.unwrap().len(), 1, "the first try was taken back");
}

#[tokio::test]
async fn a_guest_has_timeouts_of_its_own() {
    let world = World::new();
    let guest = world.guest(json!({})).await;
    let second = Duration::from_secs(1);
    for _ in 0..3 {
        world.clock.advance(GUEST_IDLE - second);
        // Whether it is asked as a user's or as a guest's: it is extended by no more than a guest's.
        let _ = world.sessions.resume(&guest, Activity::Active).await;
        world.sessions.resume_any(&guest, Activity::Active).await.unwrap();
    }
    world.clock.advance(GUEST_IDLE);
    let idle = world.sessions.resume_any(&guest, Activity::Active).await;
    assert_eq!(idle.err(), Some(SessionError::Ended));

    let guest = world.guest(json!({})).await;
    assert_eq!(guest.expires_at().saturating_since(guest.issued_at()), GUEST_ABSOLUTE);
    assert!(GUEST_IDLE < IDLE);
}

#[tokio::test]
async fn looking_at_a_guests_session_pushes_no_deadline() {
    let world = World::new();
    let guest = world.guest(json!({})).await;
    world.clock.advance(GUEST_IDLE / 2);
    for sessions in [world.sessions.clone(), world.server()] {
        sessions.resume_any(&guest, Activity::Passive).await.unwrap();
        let deadline = world.store.idle_deadline(guest.session_id(), Freshness::Confirmed).await.unwrap();
        assert_eq!(deadline, Some(guest.issued_at().saturating_add(GUEST_IDLE)));
    }
}

#[tokio::test]
async fn a_guest_logs_out_like_everybody() {
    let world = World::new();
    let guest = world.guest(json!({})).await;
    assert_eq!(world.sessions.revoke(&guest).await, Ok(true));
    assert_eq!(world.sessions.resume_any(&guest, Activity::Active).await.err(), Some(SessionError::Ended));
}

#[tokio::test]
async fn unless_it_is_set_a_guest_has_two_hours_and_the_idle_timeout_of_all() {
    const HOUR: Duration = Duration::from_secs(3600);
    let world = World::new();
    for (idle, absolute, guests) in [
        (IDLE, 12 * HOUR, (IDLE, 2 * HOUR)),
        (IDLE, HOUR, (IDLE, HOUR)),
        (3 * HOUR, 12 * HOUR, (2 * HOUR, 2 * HOUR)),
    ] {
        let keys = session_engine::Keys::new(&world.ring, session_core::CookieName::default());
        let timeouts = session_core::Timeouts::new(idle, absolute).unwrap();
        let sessions = session_engine::Sessions::builder(keys, world.store.clone())
            .clock(std::sync::Arc::new(world.clock.clone()))
            .timeouts(timeouts)
            .build();
        let guest = sessions.start_guest(&session_engine::Client::default(), Map::new()).await.unwrap();
        let now = session_engine::Clock::now(&world.clock);
        let (idle, absolute) = guests;
        assert_eq!(guest.session.idle_expires_at(), now.saturating_add(idle));
        assert_eq!(guest.session.record().absolute_expires_at, now.saturating_add(absolute));
    }
}

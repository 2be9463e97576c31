//! Sessions that an application starts for whom it has authenticated itself: once, and with timeouts of their own.

use std::collections::HashSet;
use std::num::NonZero;
use std::time::Duration;

use serde_json::json;
use session_core::{StartKey, UnixTime};
use session_engine::store::{Documents, Freshness, SubjectIndex};
use session_engine::{
    Activity, Client, Clock, Issued, ListedSession, NewSession, Renewal, Revocation, START_KEY_LIFETIME,
    SessionError, Sessions, Subject,
};
use tokio::task::JoinSet;

use crate::watched_store::Loss;
use crate::world::{IDLE, World, alice, object};

const TOKEN: &[u8] = b"canary-token-of-the-office-0123456789";

fn key(text: &str) -> StartKey {
    StartKey::new(TOKEN, text).unwrap()
}

fn login() -> NewSession {
    NewSession::of(alice()).claims(object(json!({ "name": "Alice" })))
}

async fn start(sessions: &Sessions) -> Result<Issued, SessionError> {
    sessions.start_once(login(), key("one")).await
}

/// Both are the same session, and either opens it.
#[track_caller]
fn assert_same(first: &Issued, again: &Issued) {
    assert_eq!((first.session.id(), first.cookie.expose()), (again.session.id(), again.cookie.expose()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_often_and_wherever_it_is_asked_for_one_session_is_started() {
    for _ in 0..10 {
        let world = World::new();
        let mut starts = JoinSet::new();
        for number in 0..16 {
            let sessions = if number % 2 == 0 { world.sessions.clone() } else { world.server() };
            starts.spawn(async move { start(&sessions).await.unwrap() });
        }
        let started = starts.join_all().await;
        started.iter().for_each(|other| assert_same(&started[0], other));
        assert_eq!(world.sessions.list(&alice()).await.unwrap().len(), 1);
        let cookie = world.sent(&started[0].cookie);
        assert!(world.sessions.resume(&cookie, Activity::Active).await.is_ok());
        assert_same(&started[0], &start(&world.server()).await.unwrap());
    }
}

#[tokio::test]
async fn another_key_another_caller_and_another_request_are_told_apart() {
    let world = World::new();
    let first = start(&world.sessions).await.unwrap();
    let other = world.sessions.start_once(login(), key("two")).await.unwrap();
    let caller = StartKey::new(b"canary-token-of-the-cellar-9876543210", "one").unwrap();
    let theirs = world.sessions.start_once(login(), caller).await.unwrap();
    assert!(first.session.id() != other.session.id() && first.session.id() != theirs.session.id());
    let phone = Client::new(None, Some("Phone/1.0"));
    for different in [
        NewSession::of(alice()),
        login().client(phone),
        login().idle_timeout(IDLE),
        login().absolute_timeout(IDLE),
        login().authenticated_at(UnixTime::from_secs(1_700_000_000)),
    ] {
        let reused = world.sessions.start_once(different, key("one")).await;
        assert_eq!(reused.err(), Some(SessionError::KeyReused));
    }
    assert_eq!(world.sessions.list(&alice()).await.unwrap().len(), 3);
}

/// R23: no key brings back what has ended, or what its browser has renewed.
#[tokio::test]
async fn what_has_ended_is_not_started_again_until_the_key_is_forgotten() {
    let world = World::new();
    let first = world.sent(&start(&world.sessions).await.unwrap().cookie);
    world.sessions.revoke(&first).await.unwrap();
    for sessions in [&world.sessions, &world.server()] {
        assert_eq!(start(sessions).await.err(), Some(SessionError::KeySpent));
    }
    assert!(world.sessions.list(&alice()).await.unwrap().is_empty());

    world.clock.advance(START_KEY_LIFETIME);
    let later = start(&world.sessions).await.unwrap();
    assert_ne!(later.session.id(), first.session_id());
    assert!(!later.cookie.expose().contains(&first_secret(&world, &first).await), "with a secret of its own");
    assert_eq!(world.sessions.resume(&first, Activity::Active).await.err(), Some(SessionError::Ended));

    world.sessions.renew(&world.sent(&later.cookie), Renewal::Plain).await.unwrap();
    assert_eq!(start(&world.sessions).await.err(), Some(SessionError::KeySpent));
    world.sessions.revoke_all(&alice(), Revocation::All).await.unwrap();
    assert_eq!(start(&world.sessions).await.err(), Some(SessionError::KeySpent));
}

/// The secret's text in a cookie.
async fn first_secret(world: &World, cookie: &session_core::AuthenticCookie) -> String {
    let signed = world.ring.cookie_keys(session_core::CookieName::default());
    let value =
        signed.sign(cookie.session_id(), cookie.secret(), cookie.issued_at(), cookie.expires_at()).unwrap();
    value.expose().split('.').nth(3).unwrap().to_owned()
}

/// R8: what is handed out again is signed anew.
#[tokio::test]
async fn who_signs_in_while_all_sessions_are_ended_has_none() {
    let world = World::new();
    world.store.end_all_at_next_creation();
    let started = world.sessions.start(NewSession::of(alice()), None).await;
    assert_eq!(started.err(), Some(SessionError::RevokedMeanwhile));
    assert!(world.sessions.list(&alice()).await.unwrap().is_empty());
}

/// As those that a password begins.
#[tokio::test]
async fn who_has_as_many_as_may_be_loses_the_oldest_to_one_that_is_started_with_a_key() {
    let world = World::new();
    let sessions = world.server_of(|builder| builder.max_per_subject(NonZero::new(2).unwrap()));
    let mut started = Vec::new();
    for text in ["one", "two", "three"] {
        let issued = sessions.start_once(NewSession::of(alice()), key(text)).await.unwrap();
        started.push(issued.session.id());
        world.clock.advance(Duration::from_secs(1));
    }
    let listed: HashSet<_> = sessions.list(&alice()).await.unwrap().iter().map(ListedSession::id).collect();
    assert_eq!(listed, HashSet::from_iter(started[1..].iter().copied()));
}

#[tokio::test]
async fn a_repetition_has_a_cookie_under_the_keys_of_now() {
    let world = World::new();
    let first = start(&world.sessions).await.unwrap();
    let mut ring = world.ring.clone();
    let id = ring.free_id(session_core::KeyPurpose::Cookie);
    ring.add(session_core::KeyPurpose::Cookie, id, world.clock.now()).unwrap();
    ring.activate(session_core::KeyPurpose::Cookie, &id).unwrap();
    world.sessions.change_keys(&ring);
    let again = start(&world.sessions).await.unwrap();
    assert_eq!(first.session.id(), again.session.id());
    assert!(again.cookie.expose().starts_with("v1.c2."), "and no longer under the old one");
    for cookie in [&first.cookie, &again.cookie] {
        assert!(world.sessions.resume(&world.sent(cookie), Activity::Active).await.is_ok());
    }
}

/// What was answered with a doubt may be repeated, and leaves one session behind.
#[tokio::test]
async fn a_marker_that_got_lost_names_the_session_later() {
    for loss in [Loss::OfTheRequest, Loss::OfTheAnswer] {
        let world = World::new();
        world.store.lose_next_update(loss);
        assert!(matches!(start(&world.sessions).await.err(), Some(SessionError::Unavailable(_))));
        let begun = world.sessions.list(&alice()).await.unwrap()[0].id();
        let again = loop {
            // It is tried again every second.
            match start(&world.server()).await {
                Ok(issued) => break issued,
                // On a busy machine the time of the request may be over first.
                Err(SessionError::Contended | SessionError::Unavailable(_)) => {}
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(again.session.id(), begun);
        assert_eq!(world.sessions.list(&alice()).await.unwrap().len(), 1);
    }
}

/// Whoever claimed a key and died keeps nobody from starting the session.
#[tokio::test]
async fn an_old_claim_is_taken_over_and_its_session_goes() {
    let world = World::new();
    world.store.lose_next_update(Loss::OfTheRequest);
    assert!(start(&world.sessions).await.is_err());
    let begun = world.sessions.list(&alice()).await.unwrap()[0].id();
    world.clock.advance(Duration::from_secs(5));
    let started = start(&world.server()).await.unwrap();
    assert_ne!(started.session.id(), begun);
    while world.sessions.list(&alice()).await.unwrap().len() > 1 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_same(&started, &start(&world.sessions).await.unwrap());
}

#[tokio::test]
async fn what_could_not_be_started_leaves_its_key_free() {
    let world = World::new();
    let unfit = login().claims(object(json!({ "name": "x".repeat(4_000) })));
    let refused = world.sessions.start_once(unfit, key("one")).await;
    assert!(matches!(refused.err(), Some(SessionError::UnfitStatement(_))));
    assert!(start(&world.server()).await.is_ok());
}

#[tokio::test]
async fn a_session_has_shorter_timeouts_of_its_own_and_no_longer_ones() {
    let world = World::new();
    let now = world.clock.now();
    let own = IDLE / 3;
    let timeouts = |idle, absolute| {
        let session = login().idle_timeout(Duration::from_secs(idle));
        session.absolute_timeout(Duration::from_secs(absolute))
    };
    let long = world.sessions.start(timeouts(u64::MAX, u64::MAX), None).await.unwrap().session;
    let ordinary = world.sessions.start(login(), None).await.unwrap().session;
    assert_eq!(long.idle_expires_at(), ordinary.idle_expires_at());
    assert_eq!(long.record().absolute_expires_at, ordinary.record().absolute_expires_at);

    let issued = world.sessions.start(timeouts(own.as_secs(), 3600), None).await.unwrap();
    assert_eq!(issued.session.idle_expires_at(), now.saturating_add(own));
    assert_eq!(issued.session.record().absolute_expires_at, now.saturating_add(Duration::from_secs(3600)));
    let cookie = world.sent(&issued.cookie);
    // On a server that has never seen it as well, which pushes before it knows.
    for sessions in [world.sessions.clone(), world.server()] {
        world.clock.advance(own / 2);
        let used = sessions.resume(&cookie, Activity::Active).await.unwrap();
        let end = world.clock.now().saturating_add(own);
        assert_eq!(used.idle_expires_at(), end);
        let listed = sessions.list(&alice()).await.unwrap();
        let listed = listed.iter().find(|listed| listed.id() == cookie.session_id()).unwrap();
        assert_eq!((listed.idle_expires_at(), sessions.last_seen_at(listed)), (end, world.clock.now()));
    }
    let renewed = world.sessions.renew(&cookie, Renewal::Plain).await.unwrap();
    assert_eq!(renewed.session.idle_expires_at(), world.clock.now().saturating_add(own), "it keeps its own");
    world.clock.advance(own);
    let over = world.server().resume(&world.sent(&renewed.cookie), Activity::Active).await;
    assert_eq!(over.err(), Some(SessionError::Ended));
}

/// R2: another one is drawn, and what is there stays as it is, and whose it is.
#[tokio::test]
async fn an_id_that_is_taken_is_drawn_again() {
    let (world, bob) = (World::new(), Subject::new("bob").unwrap());
    world.store.give_next_id_to(&bob);
    let cookie = world.alice().await;
    let taken = world.store.entries(&bob).await.unwrap();
    assert!(taken.len() == 1 && taken[0].id != cookie.session_id());
    let stored = world.store.load(taken[0].id, Freshness::Confirmed, None).await.unwrap();
    assert_eq!(stored.unwrap().document, b"another's");
    let session = world.sessions.resume(&cookie, Activity::Active).await.unwrap();
    assert_eq!((session.subject(), session.id()), (&alice(), cookie.session_id()));
    assert_eq!(world.store.entries(&alice()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_has_proved_to_be_somebody_in_the_future() {
    let world = World::new();
    let now = world.clock.now();
    let at = |time| world.sessions.start(login().authenticated_at(time), None);
    let hour_ago = now.saturating_sub(Duration::from_secs(3600));
    assert_eq!(at(hour_ago).await.unwrap().session.record().authenticated_at, hour_ago);
    let fast_clock = now.saturating_add(Duration::from_secs(60));
    assert_eq!(at(fast_clock).await.unwrap().session.record().authenticated_at, now);
    let later = now.saturating_add(Duration::from_secs(61));
    assert_eq!(at(later).await.err(), Some(SessionError::NotYetAuthenticated));
    assert_eq!(at(hour_ago).await.unwrap().session.record().created_at, now, "the deadlines go by the start");
}

#[test]
fn a_key_stands_for_a_day() {
    assert_eq!(START_KEY_LIFETIME, Duration::from_secs(86_400));
}

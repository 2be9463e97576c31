//! When use is written down, and when it is not (R25), and clocks that differ (R71).

use std::time::Duration;

use serde_json::json;
use session_core::{AuthenticCookie, UnixTime};
use session_engine::store::{Documents, Freshness};
use session_engine::{Activity, Clock, SessionError, Sessions};

use crate::world::{GUEST_IDLE, IDLE, World};

/// A twentieth of the idle timeout.
const INTERVAL: Duration = Duration::from_secs(90);
const SECOND: Duration = Duration::from_secs(1);

async fn deadline(sessions: &Sessions, cookie: &AuthenticCookie, activity: Activity) -> UnixTime {
    sessions.resume(cookie, activity).await.unwrap().idle_expires_at()
}

#[tokio::test]
async fn a_deadline_is_pushed_once_in_an_interval_and_by_use_alone() {
    let world = World::new();
    let cookie = world.alice().await;
    let started_at = world.clock.now();
    world.clock.advance(INTERVAL - SECOND);
    let first = started_at.saturating_add(IDLE);
    assert_eq!(deadline(&world.sessions, &cookie, Activity::Active).await, first);
    world.clock.advance(SECOND);
    assert_eq!(deadline(&world.sessions, &cookie, Activity::Passive).await, first);
    let pushed = world.clock.now().saturating_add(IDLE);
    assert_eq!(deadline(&world.sessions, &cookie, Activity::Active).await, pushed);
    assert_eq!(deadline(&world.sessions, &cookie, Activity::Passive).await, pushed);
}

/// Its timeouts are others, and it is known to be one: there is nothing to put right.
#[tokio::test]
async fn the_deadline_of_a_guest_is_pushed_by_one_write() {
    let world = World::new();
    let cookie = world.guest(json!({})).await;
    world.clock.advance(GUEST_IDLE / 2);
    world.store.reads();
    world.sessions.resume_any(&cookie, Activity::Active).await.unwrap();
    assert_eq!(world.store.reads(), [Freshness::MayBeCached]);
    let deadline = world.store.idle_deadline(cookie.session_id(), Freshness::Confirmed).await.unwrap();
    assert_eq!(deadline, Some(world.clock.now().saturating_add(GUEST_IDLE)));
}

/// It cannot know when that was the last time.
#[tokio::test]
async fn a_server_that_has_not_seen_a_session_pushes_its_deadline() {
    let world = World::new();
    let cookie = world.alice().await;
    world.clock.advance(SECOND);
    let pushed = world.clock.now().saturating_add(IDLE);
    let other = world.server();
    assert_eq!(deadline(&other, &cookie, Activity::Active).await, pushed);
    world.clock.advance(SECOND);
    assert_eq!(deadline(&other, &cookie, Activity::Active).await, pushed, "it has seen it now");
    // What this one remembers is over by then, and another has pushed it.
    world.clock.advance(IDLE - 2 * SECOND);
    let again = world.clock.now().saturating_add(IDLE);
    assert_eq!(deadline(&world.sessions, &cookie, Activity::Active).await, again);
}

#[tokio::test]
async fn a_session_ends_by_either_deadline_to_the_second() {
    let world = World::new();
    let cookie = world.alice().await;
    world.clock.advance(IDLE - SECOND);
    assert!(world.sessions.resume(&cookie, Activity::Active).await.is_ok());
    while world.clock.now().saturating_add(IDLE) < cookie.expires_at() {
        world.clock.advance(IDLE / 2);
        world.sessions.resume(&cookie, Activity::Active).await.unwrap();
    }
    world.clock.advance(cookie.expires_at().saturating_since(world.clock.now()) - SECOND);
    assert!(world.sessions.resume(&cookie, Activity::Active).await.is_ok());
    world.clock.advance(SECOND);
    let over = world.sessions.resume(&cookie, Activity::Active).await.err();
    assert!(matches!(over, Some(SessionError::Ended | SessionError::Expired)), "{over:?}");
}

#[tokio::test]
async fn a_clock_that_is_set_back_moves_no_deadline() {
    let world = World::new();
    let cookie = world.alice().await;
    let end = world.clock.now().saturating_add(IDLE);
    world.clock.set_back(Duration::from_secs(600));
    for sessions in [world.sessions.clone(), world.server()] {
        for activity in [Activity::Passive, Activity::Active] {
            assert_eq!(deadline(&sessions, &cookie, activity).await, end);
        }
    }
}

#[tokio::test]
async fn a_cookie_of_a_server_whose_clock_is_ahead_is_authentic_and_its_session_lives() {
    let world = World::new();
    let issued = world.sessions.start(session_engine::NewSession::of(crate::world::alice()), None).await;
    let cookie = issued.unwrap().cookie;
    world.clock.set_back(Duration::from_secs(3600));
    let cookie = world.sent(&cookie);
    assert!(world.sessions.resume(&cookie, Activity::Active).await.is_ok());
    assert!(world.sessions.authenticate([&b"__Host-session=v1"[..]]).is_err());
}

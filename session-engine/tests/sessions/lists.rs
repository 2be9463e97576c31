//! The sessions of a subject: which are listed, and how many there may be (R27, R29).

use std::num::NonZero;
use std::time::Duration;

use serde_json::json;
use session_core::{AuthenticCookie, SessionId};
use session_engine::{Activity, Client, Clock, NewSession, Renewal, SessionError, Sessions};

use crate::world::{IDLE, World, alice, bob};

const MINUTE: Duration = Duration::from_secs(60);

async fn listed(sessions: &Sessions) -> Vec<SessionId> {
    sessions.list(&alice()).await.unwrap().iter().map(session_engine::ListedSession::id).collect()
}

/// The IDs of these cookies.
fn ids<const N: usize>(cookies: [&AuthenticCookie; N]) -> [SessionId; N] {
    cookies.map(AuthenticCookie::session_id)
}

#[tokio::test]
async fn the_session_that_was_used_last_is_listed_first() {
    let world = World::new();
    let first = world.alice().await;
    world.clock.advance(MINUTE);
    let second = world.alice().await;
    assert_eq!(listed(&world.sessions).await, ids([&second, &first]));
    world.clock.advance(IDLE / 2);
    world.sessions.resume(&first, Activity::Active).await.unwrap();
    assert_eq!(listed(&world.sessions).await, ids([&first, &second]));
}

#[tokio::test]
async fn a_list_tells_when_each_began_until_when_it_lives_and_what_it_began_with() {
    let world = World::new();
    let now = world.clock.now();
    let client = Client::new(Some("192.0.2.7".parse().unwrap()), Some("Phone/1.0"));
    let hour_ago = now.saturating_sub(60 * MINUTE);
    let login = NewSession::of(alice()).client(client.clone()).authenticated_at(hour_ago);
    let issued = world.sessions.start(login, None).await.unwrap();
    let listed = &world.sessions.list(&alice()).await.unwrap()[0];
    assert_eq!((listed.id(), listed.client()), (issued.session.id(), &client));
    assert_eq!((listed.created_at(), listed.authenticated_at()), (now, hour_ago));
    assert_eq!(listed.idle_expires_at(), now.saturating_add(IDLE));
    assert_eq!(listed.absolute_expires_at(), issued.session.record().absolute_expires_at);
    world.clock.advance(MINUTE);
    assert_eq!(world.sessions.last_seen_at(listed), now);
    assert_eq!(world.sessions.password_age(&issued.session), 61 * MINUTE);
}

#[tokio::test]
async fn what_has_ended_or_was_renewed_or_is_somebody_elses_is_not_listed() {
    let world = World::new();
    let (ended, renewed) = (world.alice().await, world.alice().await);
    world.session_of(bob()).await;
    world.guest(json!({})).await;
    world.sessions.revoke(&ended).await.unwrap();
    let successor = world.sessions.renew(&renewed, Renewal::Plain).await.unwrap().session.id();
    assert_eq!(listed(&world.sessions).await, [successor]);
    world.clock.advance(IDLE - Duration::from_secs(1));
    assert_eq!(listed(&world.sessions).await, [successor]);
    world.clock.advance(Duration::from_secs(1));
    assert!(listed(&world.sessions).await.is_empty());
}

#[tokio::test]
async fn with_one_session_more_than_may_be_the_one_that_was_used_least_lately_ends() {
    let world = World::new();
    let sessions = world.server_of(|builder| builder.max_per_subject(NonZero::new(2).unwrap()));
    let start = async || {
        world.clock.advance(MINUTE);
        world.sent(&sessions.start(NewSession::of(alice()), None).await.unwrap().cookie)
    };
    let (first, second) = (start().await, start().await);
    world.clock.advance(10 * MINUTE);
    sessions.resume(&first, Activity::Active).await.unwrap();
    let third = start().await;
    assert_eq!(listed(&sessions).await, ids([&third, &first]));
    let over = sessions.resume(&second, Activity::Active).await;
    assert_eq!(over.err(), Some(SessionError::Ended));
    world.session_of(bob()).await;
    assert_eq!(listed(&sessions).await.len(), 2);
}

/// Within one second nothing tells which was used last.
#[tokio::test]
async fn a_new_session_is_not_the_one_too_many() {
    let world = World::new();
    let sessions = world.server_of(|builder| builder.max_per_subject(NonZero::<usize>::MIN));
    for _ in 0..8 {
        let issued = sessions.start(NewSession::of(alice()), None).await.unwrap();
        assert_eq!(listed(&sessions).await, [issued.session.id()]);
    }
}

/// R25: near its end in any case the idle deadline stands still, and does not tell any more.
#[tokio::test]
async fn the_last_use_is_known_also_when_no_deadline_can_be_pushed_any_more() {
    let world = World::new();
    let cookie = world.alice().await;
    let end = cookie.expires_at();
    while world.clock.now().saturating_add(IDLE) < end {
        world.clock.advance(IDLE / 2);
        world.sessions.resume(&cookie, Activity::Active).await.unwrap();
    }
    for pause in [5, 1, 10] {
        world.clock.advance(pause * MINUTE);
        let updates = world.store.updates_begun();
        world.sessions.resume(&cookie, Activity::Passive).await.unwrap();
        assert_eq!(world.store.updates_begun(), updates, "a look is no use");
        world.sessions.resume(&cookie, Activity::Active).await.unwrap();
        let found = world.sessions.find(cookie.session_id()).await.unwrap().unwrap();
        let unnoted = world.clock.now().saturating_since(found.last_seen_at());
        let listed = &world.sessions.list(&alice()).await.unwrap()[0];
        assert_eq!(world.sessions.last_seen_at(listed), found.last_seen_at());
        let interval = Duration::from_secs(90);
        assert!(unnoted < interval, "{unnoted:?}");
        assert_eq!(world.store.updates_begun() > updates, pause * MINUTE >= interval);
        assert_eq!(found.idle_expires_at(), end);
    }
}

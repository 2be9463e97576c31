//! Sessions that a password began, and what becomes of them with a new one (R67).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use session_core::AuthenticCookie;
use session_engine::{
    Activity, Clock, ListedSession, NewSession, PasswordHash, Renewal, SessionError, Sessions, SessionsOf,
    Subject, User, Users, UsersUnavailable,
};

use crate::world::{World, alice, bob};

/// Which sessions stand, of everybody.
pub(crate) struct Office(Mutex<Result<SessionsOf, UsersUnavailable>>);

impl Office {
    pub(crate) fn saying(which: Result<SessionsOf, UsersUnavailable>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(which)))
    }

    pub(crate) fn say(&self, which: Result<SessionsOf, UsersUnavailable>) {
        *self.0.lock().unwrap() = which;
    }
}

#[async_trait]
impl Users for Office {
    async fn find(&self, _: &str) -> Result<Option<User>, UsersUnavailable> {
        Err(UsersUnavailable)
    }

    async fn replace_hash(
        &self,
        _: &Subject,
        _: &PasswordHash,
        _: PasswordHash,
    ) -> Result<(), UsersUnavailable> {
        Err(UsersUnavailable)
    }

    async fn sessions_of(&self, _: &Subject) -> Result<SessionsOf, UsersUnavailable> {
        *self.0.lock().unwrap()
    }
}

fn office(world: &World) -> (Arc<Office>, Sessions) {
    let office = Office::saying(Ok(SessionsOf::All));
    let sessions = world.server_of(|builder| builder.users(office.clone()));
    (office, sessions)
}

async fn sign_in(world: &World, sessions: &Sessions, subject: Subject) -> AuthenticCookie {
    let issued = sessions.start(NewSession::of(subject).by_password(), None).await.unwrap();
    world.sent(&issued.cookie)
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_began_and_nothing_else() {
    let world = World::new();
    let (office, sessions) = office(&world);
    let (old, otherwise) = (sign_in(&world, &sessions, alice()).await, world.alice().await);
    world.clock.advance(Duration::from_secs(1));
    office.say(Ok(SessionsOf::Since(world.clock.now())));
    let new = sign_in(&world, &sessions, alice()).await;
    let ids: Vec<_> = sessions.list(&alice()).await.unwrap().iter().map(ListedSession::id).collect();
    assert_eq!(ids.len(), 2);
    assert!(!ids.contains(&old.session_id()));
    assert!(sessions.find(old.session_id()).await.unwrap().is_none());
    let ended = sessions.resume(&old, Activity::Active).await;
    assert_eq!(ended.err(), Some(SessionError::Ended));
    // It is gone for whoever knows nothing of passwords too.
    assert_eq!(world.sessions.resume(&old, Activity::Active).await.err(), Some(SessionError::Ended));
    for cookie in [&new, &otherwise] {
        assert!(sessions.resume(cookie, Activity::Active).await.is_ok());
        assert!(sessions.find(cookie.session_id()).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn whoever_enters_the_new_password_goes_on() {
    let world = World::new();
    let (office, sessions) = office(&world);
    let cookie = sign_in(&world, &sessions, alice()).await;
    world.clock.advance(Duration::from_secs(1));
    let plain = world.sent(&sessions.renew(&cookie, Renewal::Plain).await.unwrap().cookie);
    let again = sign_in(&world, &sessions, alice()).await;
    let proved = sessions.renew(&again, Renewal::Reauthenticated).await.unwrap();
    assert_eq!(proved.session.record().authenticated_at, world.clock.now());
    office.say(Ok(SessionsOf::Since(world.clock.now())));
    let looked = sessions.resume(&plain, Activity::Passive).await;
    assert_eq!(looked.err(), Some(SessionError::Ended), "a new ID alone proves nothing");
    assert!(sessions.resume(&world.sent(&proved.cookie), Activity::Passive).await.is_ok());
}

#[tokio::test]
async fn the_sessions_of_a_removed_user_are_ended_at_once_and_counted() {
    let world = World::new();
    let (office, sessions) = office(&world);
    let mut cookies = Vec::new();
    for _ in 0..3 {
        cookies.push(sign_in(&world, &sessions, alice()).await);
    }
    let (otherwise, others) = (world.alice().await, sign_in(&world, &sessions, bob()).await);
    assert_eq!(sessions.end_outdated(&alice()).await, Ok(0));
    office.say(Ok(SessionsOf::None));
    assert_eq!(sessions.end_outdated(&alice()).await, Ok(3));
    office.say(Ok(SessionsOf::All));
    for cookie in &cookies {
        assert_eq!(sessions.resume(cookie, Activity::Active).await.err(), Some(SessionError::Ended));
    }
    for cookie in [&otherwise, &others] {
        assert!(sessions.resume(cookie, Activity::Active).await.is_ok());
    }
}

#[tokio::test]
async fn while_it_cannot_be_said_which_sessions_stand_all_do() {
    let world = World::new();
    let (office, sessions) = office(&world);
    let cookie = sign_in(&world, &sessions, alice()).await;
    office.say(Err(UsersUnavailable));
    assert!(sessions.resume(&cookie, Activity::Active).await.is_ok());
    assert_eq!(sessions.end_outdated(&alice()).await, Ok(0));
}

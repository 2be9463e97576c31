//! Sessions that another library began go on as ours (FORMAT.md §9). With the libraries themselves, and in Redis, it is
//! tried by `server/tests/migration`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;
use session_core::UnixTime;
use session_engine::store::Unavailable;
use session_engine::{
    Activity, Client, ExpressSecrets, Issued, LegacyCookie, LegacyOutcome, LegacySessions, LegacyStore,
    Revocation, SessionError, Sessions, Subject,
};

use crate::world::{World, alice, object};

/// What `sess:ABC` is in a cookie, by cookie-signature 1.2.2 with the secret `hello`.
const COOKIE: &str = "connect.sid=s%3AABC.uHtBc9pXJeH721mkvtuPo3XlzSmX5QbTghMlCLI3Ft4";
const KEY: &str = "sess:ABC";

/// Where Express keeps its sessions.
#[derive(Default)]
struct Shelf {
    documents: Mutex<HashMap<String, Vec<u8>>>,
    barred: Mutex<Vec<Subject>>,
    /// Whoever is asked about next is barred just afterwards.
    bars_next: AtomicBool,
    is_away: AtomicBool,
}

impl Shelf {
    fn answer<T>(&self, answer: impl FnOnce() -> T) -> Result<T, Unavailable> {
        if self.is_away.load(Ordering::SeqCst) { Err(Unavailable) } else { Ok(answer()) }
    }

    fn put(&self, document: impl Into<Vec<u8>>) {
        self.documents.lock().unwrap().insert(KEY.into(), document.into());
    }

    fn is_empty(&self) -> bool {
        self.documents.lock().unwrap().is_empty()
    }
}

#[async_trait]
impl LegacyStore for Shelf {
    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        self.answer(|| self.documents.lock().unwrap().get(key).cloned())
    }

    async fn remove(&self, key: &str) -> Result<(), Unavailable> {
        self.answer(|| drop(self.documents.lock().unwrap().remove(key)))
    }

    async fn bar(&self, subject: &Subject) -> Result<(), Unavailable> {
        self.answer(|| self.barred.lock().unwrap().push(subject.clone()))
    }

    async fn is_barred(&self, subject: &Subject) -> Result<bool, Unavailable> {
        self.answer(|| {
            let is_barred = self.barred.lock().unwrap().contains(subject);
            if self.bars_next.swap(false, Ordering::SeqCst) {
                self.barred.lock().unwrap().push(subject.clone());
            }
            is_barred
        })
    }
}

pub(crate) struct Moving {
    shelf: Arc<Shelf>,
    pub(crate) sessions: Sessions,
    pub(crate) cookie: LegacyCookie,
}

impl Moving {
    /// Alice has signed in with Express.
    pub(crate) fn into(world: &World) -> Self {
        Self::into_server_of(world, |builder| builder)
    }

    fn into_server_of(
        world: &World,
        change: impl FnOnce(session_engine::SessionsBuilder) -> session_engine::SessionsBuilder,
    ) -> Self {
        let shelf = Arc::<Shelf>::default();
        shelf.put(json!({ "passport": { "user": "alice" }, "cart": ["bread"], "other": 1 }).to_string());
        let secrets = ExpressSecrets::new(["hello".to_owned().into()]).unwrap();
        let legacy = LegacySessions::of_express(secrets, shelf.clone());
        let cookie = legacy.find([COOKIE.as_bytes()]).expect("an authentic cookie");
        let sessions = world.server_of(|builder| change(builder.legacy(legacy)));
        Self { shelf, sessions, cookie }
    }

    pub(crate) async fn take_over(&self) -> Result<LegacyOutcome, SessionError> {
        self.sessions.take_over_legacy(&self.cookie, Client::default(), &["cart".to_owned()]).await
    }

    async fn taken_over(&self) -> Issued {
        match self.take_over().await {
            Ok(LegacyOutcome::TakenOver(issued)) => issued,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn put(&self, document: &str) {
        self.shelf.put(document);
    }

    pub(crate) fn be_away(&self) {
        self.shelf.is_away.store(true, Ordering::SeqCst);
    }
}

fn is_over(outcome: &Result<LegacyOutcome, SessionError>) -> bool {
    matches!(outcome, Ok(LegacyOutcome::Over))
}

#[tokio::test]
async fn who_has_a_session_of_another_library_goes_on_with_one_of_ours() {
    let world = World::new();
    let moving = Moving::into(&world);
    assert_eq!(moving.sessions.legacy().map(LegacySessions::cookie), Some("connect.sid"));
    let issued = moving.taken_over().await;
    let record = issued.session.record();
    assert_eq!((issued.session.subject(), &record.data), (&alice(), &object(json!({ "cart": ["bread"] }))));
    assert_eq!((record.authenticated_at, record.by_password), (UnixTime::EPOCH, false));
    assert!(moving.shelf.is_empty(), "nobody has two");
    let cookie = world.sent(&issued.cookie);
    moving.sessions.resume(&cookie, Activity::Active).await.unwrap();
    // Whose answer was lost gets the same.
    let again = moving.taken_over().await;
    assert_eq!((again.session.id(), again.cookie.expose()), (issued.session.id(), issued.cookie.expose()));
    assert_eq!(moving.sessions.list(&alice()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_over_comes_back_neither_from_the_one_nor_from_the_other() {
    let world = World::new();
    let moving = Moving::into(&world);
    let cookie = world.sent(&moving.taken_over().await.cookie);
    moving.sessions.revoke(&cookie).await.unwrap();
    assert!(is_over(&moving.take_over().await));
    // The other application has written its session once more.
    moving.put(&json!({ "passport": { "user": "alice" } }).to_string());
    assert!(is_over(&moving.take_over().await));
    assert!(moving.shelf.is_empty() && moving.sessions.list(&alice()).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_logs_out_has_no_session_left_to_be_taken_over() {
    let world = World::new();
    let moving = Moving::into(&world);
    moving.sessions.end_legacy(&moving.cookie).await.unwrap();
    assert!(moving.shelf.is_empty() && is_over(&moving.take_over().await));
    moving.be_away();
    assert!(moving.sessions.end_legacy(&moving.cookie).await.is_err());
}

#[tokio::test]
async fn what_names_nobody_is_left_as_it_is() {
    let world = World::new();
    let moving = Moving::into(&world);
    for document in ["{}", "garbage", r#"{"passport":{"user":null}}"#] {
        moving.put(document);
        assert!(matches!(moving.take_over().await, Ok(LegacyOutcome::Nobodys)), "{document}");
        assert!(!moving.shelf.is_empty());
    }
    // Where nothing is to be taken over, everything is.
    let outcome = world.sessions.take_over_legacy(&moving.cookie, Client::default(), &[]).await;
    assert!(world.sessions.legacy().is_none() && matches!(outcome, Ok(LegacyOutcome::Nobodys)));
    assert_eq!(world.sessions.end_legacy(&moving.cookie).await, Ok(()));
}

#[tokio::test]
async fn while_the_store_is_away_nothing_is_known() {
    let world = World::new();
    let moving = Moving::into(&world);
    moving.be_away();
    assert!(matches!(moving.take_over().await, Err(SessionError::Unavailable(_))));
}

#[tokio::test]
async fn ending_all_sessions_of_a_subject_ends_what_was_not_taken_over_yet() {
    let world = World::new();
    let moving = Moving::into(&world);
    moving.sessions.revoke_all(&alice(), Revocation::All).await.unwrap();
    assert!(is_over(&moving.take_over().await));
    assert!(moving.shelf.is_empty() && moving.sessions.list(&alice()).await.unwrap().is_empty());
}

/// Whoever ends them may look for them just before this one is there.
#[tokio::test]
async fn what_is_taken_over_while_all_are_ended_does_not_stay() {
    let world = World::new();
    let moving = Moving::into(&world);
    moving.shelf.bars_next.store(true, Ordering::SeqCst);
    assert!(is_over(&moving.take_over().await));
    assert!(moving.sessions.list(&alice()).await.unwrap().is_empty());
}

#[cfg(feature = "passwords")]
mod users {
    use session_engine::{SessionsOf, UsersUnavailable};

    use super::*;
    use crate::passwords::Office;

    fn moving(world: &World, says: Result<SessionsOf, UsersUnavailable>) -> (Arc<Office>, Moving) {
        let office = Office::saying(says);
        let moving = Moving::into_server_of(world, |builder| builder.users(office.clone()));
        (office, moving)
    }

    /// R67: nobody knows whether it was entered before the new one.
    #[tokio::test]
    async fn a_change_of_the_user_ends_what_was_taken_over_and_what_was_not_yet() {
        let world = World::new();
        let (_, moving) = moving(&world, Ok(SessionsOf::All));
        let issued = moving.taken_over().await;
        assert!(issued.session.record().by_password);
        assert_eq!(moving.sessions.end_outdated(&alice()).await, Ok(1));
        let ended = moving.sessions.resume(&world.sent(&issued.cookie), Activity::Active).await;
        assert_eq!(ended.err(), Some(SessionError::Ended));
        moving.put(&json!({ "passport": { "user": "alice" } }).to_string());
        assert!(is_over(&moving.take_over().await));
    }

    /// It is the application's own, and has no password of ours.
    #[tokio::test]
    async fn who_is_no_user_of_ours_goes_on_all_the_same() {
        let world = World::new();
        let (_, moving) = moving(&world, Ok(SessionsOf::None));
        let issued = moving.taken_over().await;
        assert!(!issued.session.record().by_password);
        assert_eq!(moving.sessions.end_outdated(&alice()).await, Ok(0));
        moving.sessions.resume(&world.sent(&issued.cookie), Activity::Active).await.unwrap();
    }

    #[tokio::test]
    async fn while_users_cannot_be_asked_nobody_is_taken_over_and_nothing_is_lost() {
        let world = World::new();
        let (office, moving) = moving(&world, Err(UsersUnavailable));
        assert!(matches!(moving.take_over().await, Err(SessionError::Unavailable(_))));
        office.say(Ok(SessionsOf::All));
        moving.taken_over().await;
    }
}

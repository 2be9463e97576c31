use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use session_core::{SessionId, UnixTime};
use session_engine::Subject;
use session_engine::store::{
    Admission, AttemptCounter, AttemptEnd, AttemptKey, AttemptLimit, Creation, Documents, Entry, Epoch,
    Freshness, Listed, Outcome, RevocationLog, Revocations, Store, Stored, SubjectIndex, Trouble,
    Unavailable,
};

/// A store that can be told to be out of luck.
pub(crate) struct MoodyStore {
    store: Arc<dyn Store>,
    mood: Mutex<Mood>,
    asked_for_revocations: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// It answers nothing.
    Down,
    /// Another server is always faster.
    Contended,
    /// All sessions are revoked at every moment.
    Revoking,
    /// It notes no revocation.
    Noteless,
    /// It may not do everything that it is asked.
    Refusing,
}

impl MoodyStore {
    pub(crate) fn over(store: Arc<dyn Store>) -> Self {
        Self { store, mood: Mutex::new(Mood::Well), asked_for_revocations: AtomicUsize::new(0) }
    }

    pub(crate) fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn times_asked_for_revocations(&self) -> usize {
        self.asked_for_revocations.load(Ordering::SeqCst)
    }

    fn is(&self, mood: Mood) -> bool {
        *self.mood.lock().unwrap() == mood
    }

    fn up(&self) -> Result<&dyn Store, Unavailable> {
        if self.is(Mood::Down) { Err(Unavailable) } else { Ok(&*self.store) }
    }
}

#[async_trait]
impl Documents for MoodyStore {
    async fn create(
        &self,
        entry: &Entry,
        document: &[u8],
        idle_expires_at: UnixTime,
    ) -> Result<Creation, Unavailable> {
        self.up()?.create(entry, document, idle_expires_at).await
    }

    async fn load(
        &self,
        id: SessionId,
        freshness: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Unavailable> {
        self.up()?.load(id, freshness, extend_to).await
    }

    async fn idle_deadline(
        &self,
        id: SessionId,
        freshness: Freshness,
    ) -> Result<Option<UnixTime>, Unavailable> {
        self.up()?.idle_deadline(id, freshness).await
    }

    async fn update(&self, id: SessionId, expected: &[u8], document: &[u8]) -> Result<Outcome, Unavailable> {
        if self.is(Mood::Contended) {
            return Ok(Outcome::Conflict);
        }
        self.up()?.update(id, expected, document).await
    }

    async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable> {
        self.up()?.delete(entry).await
    }

    async fn delete_unchanged(&self, entry: &Entry, expected: &[u8]) -> Result<Outcome, Unavailable> {
        if self.is(Mood::Contended) {
            return Ok(Outcome::Conflict);
        }
        self.up()?.delete_unchanged(entry, expected).await
    }

    fn troubles(&self) -> Vec<Trouble> {
        let trouble = Trouble { asked: "ZADD".into(), reason: "NOPERM".into(), times: 2 };
        if self.is(Mood::Refusing) { vec![trouble] } else { self.store.troubles() }
    }

    fn seconds_ahead(&self) -> i64 {
        self.store.seconds_ahead()
    }

    fn is_available(&self) -> bool {
        self.up().is_ok_and(Documents::is_available)
    }
}

#[async_trait]
impl SubjectIndex for MoodyStore {
    async fn entries(&self, subject: &Subject) -> Result<Vec<Entry>, Unavailable> {
        self.up()?.entries(subject).await
    }

    async fn list(&self, subject: &Subject, freshness: Freshness) -> Result<Vec<Listed>, Unavailable> {
        self.up()?.list(subject, freshness).await
    }

    async fn epoch(&self, subject: &Subject) -> Result<Epoch, Unavailable> {
        if self.is(Mood::Revoking) {
            self.store.change_epoch(subject).await?;
        }
        self.up()?.epoch(subject).await
    }

    async fn change_epoch(&self, subject: &Subject) -> Result<(), Unavailable> {
        self.up()?.change_epoch(subject).await
    }
}

#[async_trait]
impl RevocationLog for MoodyStore {
    async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable> {
        if self.is(Mood::Noteless) {
            return Err(Unavailable);
        }
        self.up()?.note_revocation(id).await
    }

    async fn revocations(&self) -> Result<Revocations, Unavailable> {
        self.asked_for_revocations.fetch_add(1, Ordering::SeqCst);
        self.up()?.revocations().await
    }
}

#[async_trait]
impl AttemptCounter for MoodyStore {
    async fn begin_attempt(&self, key: &AttemptKey, limit: AttemptLimit) -> Result<Admission, Unavailable> {
        self.up()?.begin_attempt(key, limit).await
    }

    async fn end_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
        end: AttemptEnd,
    ) -> Result<(), Unavailable> {
        self.up()?.end_attempt(key, limit, end).await
    }
}

use std::sync::Arc;

use session_core::{SessionId, UnixTime};

#[cfg(feature = "passwords")]
use super::{Admission, AttemptEnd, AttemptKey, AttemptLimit};
use super::{Creation, Entry, Epoch, Freshness, Listed, Outcome, Revocations, Store, Stored, Unavailable};
use crate::budget::in_time;
use crate::subject::Subject;

/// A store that answers in time or not at all: whatever the one below it does, a request has one
/// [budget](crate::REQUEST_BUDGET). Clones are the same.
#[derive(Clone)]
pub(crate) struct BoundedStore(Arc<dyn Store>);

impl BoundedStore {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// The store itself, which takes as long as it takes.
    pub(crate) fn unbounded(&self) -> &Arc<dyn Store> {
        &self.0
    }

    pub(crate) async fn create(
        &self,
        entry: &Entry,
        document: &[u8],
        idle_expires_at: UnixTime,
    ) -> Result<Creation, Unavailable> {
        in_time(self.0.create(entry, document, idle_expires_at)).await
    }

    pub(crate) async fn load(
        &self,
        id: SessionId,
        freshness: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Unavailable> {
        in_time(self.0.load(id, freshness, extend_to)).await
    }

    pub(crate) async fn idle_deadline(
        &self,
        id: SessionId,
        freshness: Freshness,
    ) -> Result<Option<UnixTime>, Unavailable> {
        in_time(self.0.idle_deadline(id, freshness)).await
    }

    pub(crate) async fn update(
        &self,
        id: SessionId,
        expected: &[u8],
        document: &[u8],
    ) -> Result<Outcome, Unavailable> {
        in_time(self.0.update(id, expected, document)).await
    }

    pub(crate) async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable> {
        in_time(self.0.delete(entry)).await
    }

    pub(crate) async fn delete_unchanged(
        &self,
        entry: &Entry,
        expected: &[u8],
    ) -> Result<Outcome, Unavailable> {
        in_time(self.0.delete_unchanged(entry, expected)).await
    }

    pub(crate) fn seconds_ahead(&self) -> i64 {
        self.0.seconds_ahead()
    }

    pub(crate) async fn entries(&self, subject: &Subject) -> Result<Vec<Entry>, Unavailable> {
        in_time(self.0.entries(subject)).await
    }

    pub(crate) async fn list(
        &self,
        subject: &Subject,
        freshness: Freshness,
    ) -> Result<Vec<Listed>, Unavailable> {
        in_time(self.0.list(subject, freshness)).await
    }

    pub(crate) async fn epoch(&self, subject: &Subject) -> Result<Epoch, Unavailable> {
        in_time(self.0.epoch(subject)).await
    }

    pub(crate) async fn change_epoch(&self, subject: &Subject) -> Result<(), Unavailable> {
        in_time(self.0.change_epoch(subject)).await
    }

    pub(crate) async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable> {
        in_time(self.0.note_revocation(id)).await
    }

    pub(crate) async fn revocations(&self) -> Result<Revocations, Unavailable> {
        in_time(self.0.revocations()).await
    }

    #[cfg(feature = "passwords")]
    pub(crate) async fn begin_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
    ) -> Result<Admission, Unavailable> {
        in_time(self.0.begin_attempt(key, limit)).await
    }

    #[cfg(feature = "passwords")]
    pub(crate) async fn end_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
        end: AttemptEnd,
    ) -> Result<(), Unavailable> {
        in_time(self.0.end_attempt(key, limit, end)).await
    }
}

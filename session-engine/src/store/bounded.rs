use std::sync::Arc;

use async_trait::async_trait;
use session_core::{SessionId, UnixTime};

use super::{
    Admission, AttemptCounter, AttemptEnd, AttemptKey, AttemptLimit, Creation, Documents, Entry, Epoch,
    Freshness, Listed, Outcome, RevocationLog, Revocations, Store, Stored, SubjectIndex, Trouble,
    Unavailable,
};
use crate::budget::in_time;
use crate::subject::Subject;

/// A store that answers in time or not at all: whatever the one below it does, a request has one
/// [budget](crate::REQUEST_BUDGET).
pub(crate) struct BoundedStore(pub(crate) Arc<dyn Store>);

#[async_trait]
impl Documents for BoundedStore {
    async fn create(
        &self,
        entry: &Entry,
        document: &[u8],
        idle_expires_at: UnixTime,
    ) -> Result<Creation, Unavailable> {
        in_time(self.0.create(entry, document, idle_expires_at)).await
    }

    async fn load(
        &self,
        id: SessionId,
        freshness: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Unavailable> {
        in_time(self.0.load(id, freshness, extend_to)).await
    }

    async fn idle_deadline(
        &self,
        id: SessionId,
        freshness: Freshness,
    ) -> Result<Option<UnixTime>, Unavailable> {
        in_time(self.0.idle_deadline(id, freshness)).await
    }

    async fn update(&self, id: SessionId, expected: &[u8], document: &[u8]) -> Result<Outcome, Unavailable> {
        in_time(self.0.update(id, expected, document)).await
    }

    async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable> {
        in_time(self.0.delete(entry)).await
    }

    async fn delete_unchanged(&self, entry: &Entry, expected: &[u8]) -> Result<Outcome, Unavailable> {
        in_time(self.0.delete_unchanged(entry, expected)).await
    }

    fn is_available(&self) -> bool {
        self.0.is_available()
    }

    fn seconds_ahead(&self) -> i64 {
        self.0.seconds_ahead()
    }

    fn troubles(&self) -> Vec<Trouble> {
        self.0.troubles()
    }
}

#[async_trait]
impl SubjectIndex for BoundedStore {
    async fn entries(&self, subject: &Subject) -> Result<Vec<Entry>, Unavailable> {
        in_time(self.0.entries(subject)).await
    }

    async fn list(&self, subject: &Subject, freshness: Freshness) -> Result<Vec<Listed>, Unavailable> {
        in_time(self.0.list(subject, freshness)).await
    }

    async fn epoch(&self, subject: &Subject) -> Result<Epoch, Unavailable> {
        in_time(self.0.epoch(subject)).await
    }

    async fn change_epoch(&self, subject: &Subject) -> Result<(), Unavailable> {
        in_time(self.0.change_epoch(subject)).await
    }
}

#[async_trait]
impl RevocationLog for BoundedStore {
    async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable> {
        in_time(self.0.note_revocation(id)).await
    }

    async fn revocations(&self) -> Result<Revocations, Unavailable> {
        in_time(self.0.revocations()).await
    }
}

#[async_trait]
impl AttemptCounter for BoundedStore {
    async fn begin_attempt(&self, key: &AttemptKey, limit: AttemptLimit) -> Result<Admission, Unavailable> {
        in_time(self.0.begin_attempt(key, limit)).await
    }

    async fn end_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
        end: AttemptEnd,
    ) -> Result<(), Unavailable> {
        in_time(self.0.end_attempt(key, limit, end)).await
    }
}

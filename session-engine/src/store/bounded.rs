mod times;

use std::sync::Arc;

use metrics::{describe_gauge, gauge};
use session_core::{SessionId, UnixTime};

#[cfg(feature = "passwords")]
use super::{Admission, AttemptEnd, AttemptKey, AttemptLimit};
use super::{
    ChangeListener, Creation, Entry, Epoch, Freshness, Listed, Outcome, Revocations, Store, Stored,
    Unavailable,
};
use crate::subject::Subject;
use times::StoreTimes;

/// A store that answers in time or not at all: whatever the one below it does, a request has one
/// [budget](crate::REQUEST_BUDGET). How long it takes is measured here. Clones are the same.
#[derive(Clone)]
pub(crate) struct BoundedStore {
    store: Arc<dyn Store>,
    /// Who hears of changes that are made here, at once.
    listener: Option<Arc<dyn ChangeListener>>,
    times: Arc<StoreTimes>,
}

impl BoundedStore {
    pub(crate) fn new(store: Arc<dyn Store>, listener: Option<Arc<dyn ChangeListener>>) -> Self {
        listener.iter().for_each(|listener| store.tell_changes_to(Arc::clone(listener)));
        Self { store, listener, times: Arc::new(StoreTimes::new()) }
    }

    /// The result of a change, whatever it is, once the listener has heard of it.
    async fn changing<T>(&self, id: SessionId, change: impl Future<Output = T>) -> T {
        let result = change.await;
        self.listener.iter().for_each(|listener| listener.changed(id));
        result
    }

    /// The store itself, which takes as long as it takes.
    pub(crate) fn unbounded(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Tells whether it has answered lately.
    pub(crate) fn observe(&self) {
        describe_gauge!("session_store_up", "Whether the store has answered lately: 1, or else 0");
        gauge!("session_store_up").set(if self.store.is_available() { 1.0 } else { 0.0 });
    }

    pub(crate) async fn create(
        &self,
        entry: &Entry,
        document: &[u8],
        idle_expires_at: UnixTime,
    ) -> Result<Creation, Unavailable> {
        self.times.create.of_answer(self.store.create(entry, document, idle_expires_at)).await
    }

    pub(crate) async fn load(
        &self,
        id: SessionId,
        freshness: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Unavailable> {
        self.times.load.of_answer(self.store.load(id, freshness, extend_to)).await
    }

    pub(crate) async fn idle_deadline(
        &self,
        id: SessionId,
        freshness: Freshness,
    ) -> Result<Option<UnixTime>, Unavailable> {
        self.times.deadline.of_answer(self.store.idle_deadline(id, freshness)).await
    }

    pub(crate) async fn update(
        &self,
        id: SessionId,
        expected: &[u8],
        document: &[u8],
    ) -> Result<Outcome, Unavailable> {
        let change = self.times.update.of_answer(self.store.update(id, expected, document));
        self.changing(id, change).await
    }

    pub(crate) async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable> {
        self.changing(entry.id, self.times.delete.of_answer(self.store.delete(entry))).await
    }

    pub(crate) async fn delete_unchanged(
        &self,
        entry: &Entry,
        expected: &[u8],
    ) -> Result<Outcome, Unavailable> {
        let change = self.times.delete.of_answer(self.store.delete_unchanged(entry, expected));
        self.changing(entry.id, change).await
    }

    pub(crate) fn seconds_ahead(&self) -> i64 {
        self.store.seconds_ahead()
    }

    pub(crate) async fn entries(&self, subject: &Subject) -> Result<Vec<Entry>, Unavailable> {
        self.times.list.of_answer(self.store.entries(subject)).await
    }

    pub(crate) async fn list(
        &self,
        subject: &Subject,
        freshness: Freshness,
    ) -> Result<Vec<Listed>, Unavailable> {
        self.times.list.of_answer(self.store.list(subject, freshness)).await
    }

    pub(crate) async fn epoch(&self, subject: &Subject) -> Result<Epoch, Unavailable> {
        self.times.epoch.of_answer(self.store.epoch(subject)).await
    }

    pub(crate) async fn change_epoch(&self, subject: &Subject) -> Result<(), Unavailable> {
        self.times.epoch.of_answer(self.store.change_epoch(subject)).await
    }

    pub(crate) async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable> {
        self.times.note_revocation.of_answer(self.store.note_revocation(id)).await
    }

    pub(crate) async fn revocations(&self) -> Result<Revocations, Unavailable> {
        self.times.revocations.of_answer(self.store.revocations()).await
    }

    #[cfg(feature = "passwords")]
    pub(crate) async fn begin_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
    ) -> Result<Admission, Unavailable> {
        self.times.attempt.of_answer(self.store.begin_attempt(key, limit)).await
    }

    #[cfg(feature = "passwords")]
    pub(crate) async fn end_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
        end: AttemptEnd,
    ) -> Result<(), Unavailable> {
        self.times.attempt.of_answer(self.store.end_attempt(key, limit, end)).await
    }
}

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use session_core::{SessionId, UnixTime};
use session_engine::Subject;
use session_engine::store::{
    Admission, AttemptCounter, AttemptEnd, AttemptKey, AttemptLimit, Creation, Documents, Entry, Epoch,
    Freshness, Listed, Outcome, RevocationLog, Revocations, Store, Stored, SubjectIndex, Unavailable,
};
use tokio::sync::{Notify, RwLock, RwLockWriteGuard};

/// What gets lost of a write on its way to the store.
#[derive(Clone, Copy)]
pub(crate) enum Loss {
    /// It is not done.
    OfTheRequest,
    /// It is done, and nobody hears of it.
    OfTheAnswer,
}

/// A store that notes how fresh each read had to be, and lets a test come in between.
pub(crate) struct WatchedStore {
    store: Arc<dyn Store>,
    reads: Mutex<Vec<Freshness>>,
    before_deletion: Mutex<Option<Vec<u8>>>,
    next_update: Mutex<Option<Loss>>,
    updates_begun: AtomicUsize,
    revocation_noted: Notify,
    deletions: RwLock<()>,
    updates: RwLock<()>,
    before_update: Mutex<Option<Vec<u8>>>,
    is_trusted_in_vain: AtomicBool,
    next_id_is_of: Mutex<Option<Subject>>,
    next_is_too_late: AtomicBool,
}

impl WatchedStore {
    pub(crate) fn over(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            reads: Mutex::default(),
            before_deletion: Mutex::default(),
            next_update: Mutex::default(),
            updates_begun: AtomicUsize::new(0),
            revocation_noted: Notify::new(),
            deletions: RwLock::default(),
            updates: RwLock::default(),
            before_update: Mutex::default(),
            is_trusted_in_vain: AtomicBool::new(false),
            next_id_is_of: Mutex::default(),
            next_is_too_late: AtomicBool::new(false),
        }
    }

    /// From now on it says that it tells of changes, and tells of none: what is read is remembered until it is old.
    pub(crate) fn be_trusted_in_vain(&self) {
        self.is_trusted_in_vain.store(true, Ordering::SeqCst);
    }

    /// The next session that is created has an ID that is another subject's by then.
    pub(crate) fn give_next_id_to(&self, subject: &Subject) {
        *self.next_id_is_of.lock().unwrap() = Some(subject.clone());
    }

    /// While the next session is created, all of its subject are being ended.
    pub(crate) fn end_all_at_next_creation(&self) {
        self.next_is_too_late.store(true, Ordering::SeqCst);
    }

    /// How fresh the reads since the last look had to be.
    pub(crate) fn reads(&self) -> Vec<Freshness> {
        std::mem::take(&mut self.reads.lock().unwrap())
    }

    /// Puts this in the place of a document just before somebody wants to delete it unchanged.
    pub(crate) fn change_before_deletion(&self, document: Vec<u8>) {
        *self.before_deletion.lock().unwrap() = Some(document);
    }

    /// How many updates have begun; each takes a moment.
    pub(crate) fn updates_begun(&self) -> usize {
        self.updates_begun.load(Ordering::SeqCst)
    }

    /// Has the next update fail.
    pub(crate) fn lose_next_update(&self, loss: Loss) {
        *self.next_update.lock().unwrap() = Some(loss);
    }

    /// Comes when a revocation has been noted, and before whoever noted it goes on.
    pub(crate) async fn revocation_noted(&self) {
        self.revocation_noted.notified().await;
    }

    /// Nothing is updated before this is dropped.
    pub(crate) async fn hold_updates(&self) -> RwLockWriteGuard<'_, ()> {
        self.updates.write().await
    }

    /// Puts this in the place of a document just before somebody updates it.
    pub(crate) fn change_before_update(&self, document: Vec<u8>) {
        *self.before_update.lock().unwrap() = Some(document);
    }

    /// Nothing is deleted before this is dropped.
    pub(crate) async fn hold_deletions(&self) -> RwLockWriteGuard<'_, ()> {
        self.deletions.write().await
    }

    fn note(&self, freshness: Freshness) {
        self.reads.lock().unwrap().push(freshness);
    }
}

#[async_trait]
impl Documents for WatchedStore {
    async fn create(
        &self,
        entry: &Entry,
        document: &[u8],
        idle_expires_at: UnixTime,
    ) -> Result<Creation, Unavailable> {
        let subject = self.next_id_is_of.lock().unwrap().take();
        if subject.is_some() {
            let taken = Entry { subject, ..entry.clone() };
            let created = self.store.create(&taken, b"another's", idle_expires_at).await;
            assert_eq!(created, Ok(Creation::Created));
        }
        let created = self.store.create(entry, document, idle_expires_at).await;
        if let (true, Some(subject)) = (self.next_is_too_late.swap(false, Ordering::SeqCst), &entry.subject) {
            self.store.change_epoch(subject).await?;
        }
        created
    }

    async fn load(
        &self,
        id: SessionId,
        freshness: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Unavailable> {
        self.note(freshness);
        let is_told_of = self.is_trusted_in_vain.load(Ordering::SeqCst);
        Ok(self.store.load(id, freshness, extend_to).await?.map(|stored| Stored { is_told_of, ..stored }))
    }

    async fn idle_deadline(
        &self,
        id: SessionId,
        freshness: Freshness,
    ) -> Result<Option<UnixTime>, Unavailable> {
        self.note(freshness);
        self.store.idle_deadline(id, freshness).await
    }

    async fn update(&self, id: SessionId, expected: &[u8], document: &[u8]) -> Result<Outcome, Unavailable> {
        self.updates_begun.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        let _turn = self.updates.read().await;
        let change = self.before_update.lock().unwrap().take();
        if let Some(other) = change {
            assert_eq!(self.store.update(id, expected, &other).await, Ok(Outcome::Done));
        }
        let loss = self.next_update.lock().unwrap().take();
        match loss {
            Some(Loss::OfTheRequest) => Err(Unavailable),
            Some(Loss::OfTheAnswer) => {
                self.store.update(id, expected, document).await?;
                Err(Unavailable)
            }
            None => self.store.update(id, expected, document).await,
        }
    }

    async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable> {
        let _turn = self.deletions.read().await;
        self.store.delete(entry).await
    }

    async fn delete_unchanged(&self, entry: &Entry, expected: &[u8]) -> Result<Outcome, Unavailable> {
        let _turn = self.deletions.read().await;
        let change = self.before_deletion.lock().unwrap().take();
        if let Some(document) = change {
            assert_eq!(self.store.update(entry.id, expected, &document).await, Ok(Outcome::Done));
        }
        self.store.delete_unchanged(entry, expected).await
    }

    fn seconds_ahead(&self) -> i64 {
        self.store.seconds_ahead()
    }

    fn is_available(&self) -> bool {
        self.store.is_available()
    }
}

#[async_trait]
impl SubjectIndex for WatchedStore {
    async fn entries(&self, subject: &Subject) -> Result<Vec<Entry>, Unavailable> {
        self.store.entries(subject).await
    }

    async fn list(&self, subject: &Subject, freshness: Freshness) -> Result<Vec<Listed>, Unavailable> {
        self.note(freshness);
        self.store.list(subject, freshness).await
    }

    async fn epoch(&self, subject: &Subject) -> Result<Epoch, Unavailable> {
        self.store.epoch(subject).await
    }

    async fn change_epoch(&self, subject: &Subject) -> Result<(), Unavailable> {
        self.store.change_epoch(subject).await
    }
}

#[async_trait]
impl RevocationLog for WatchedStore {
    async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable> {
        self.store.note_revocation(id).await?;
        self.revocation_noted.notify_one();
        tokio::task::yield_now().await;
        Ok(())
    }

    async fn revocations(&self) -> Result<Revocations, Unavailable> {
        self.store.revocations().await
    }
}

#[async_trait]
impl AttemptCounter for WatchedStore {
    async fn begin_attempt(&self, key: &AttemptKey, limit: AttemptLimit) -> Result<Admission, Unavailable> {
        self.store.begin_attempt(key, limit).await
    }

    async fn end_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
        end: AttemptEnd,
    ) -> Result<(), Unavailable> {
        self.store.end_attempt(key, limit, end).await
    }
}

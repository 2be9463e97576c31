use std::sync::Arc;

use async_trait::async_trait;
use session_core::{SessionId, UnixTime};

use super::Unavailable;
use super::changes::ChangeListener;
use super::entry::Entry;
use super::freshness::Freshness;
use super::trouble::Trouble;

/// Keeps documents under session IDs, and understands none of them.
#[async_trait]
pub trait Documents: Send + Sync + 'static {
    /// Keeps a new document until `idle_expires_at`, only if nothing is kept under its ID. The
    /// entry in the subject's index, if the session has a subject, is there before the document is,
    /// so that a living session is always in the index (R2, R27).
    async fn create(
        &self,
        entry: &Entry,
        document: &[u8],
        idle_expires_at: UnixTime,
    ) -> Result<Creation, Unavailable>;

    /// Reads a document, and in the same step pushes its idle deadline to `extend_to` if that is
    /// given. When the store can read but not write just then, it reads without extending.
    async fn load(
        &self,
        id: SessionId,
        freshness: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Unavailable>;

    /// When the document will be let go; `None` when it is absent.
    async fn idle_deadline(
        &self,
        id: SessionId,
        freshness: Freshness,
    ) -> Result<Option<UnixTime>, Unavailable>;

    /// Replaces a document by another in one step, only if it is present and still `expected`
    /// (R23, R24). Its idle deadline stays as it is.
    async fn update(&self, id: SessionId, expected: &[u8], document: &[u8]) -> Result<Outcome, Unavailable>;

    /// Lets a document go at once, with its entry in the index. Works when the store is full (F12).
    /// Says whether it was there.
    async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable>;

    /// Like [`delete`](Self::delete), only if the document is still `expected`.
    async fn delete_unchanged(&self, entry: &Entry, expected: &[u8]) -> Result<Outcome, Unavailable>;

    /// Whether the store has answered lately. Asks nothing of it.
    fn is_available(&self) -> bool;

    /// Whether a load balancer should send requests here. A store that several servers share is left out of
    /// it while it is away for a moment: all of them would be, and nobody were there to say so (R58).
    fn is_ready(&self) -> bool {
        self.is_available()
    }

    /// By how many seconds the clock that all servers on the store share is ahead of this server's, as
    /// far as that is known and matters. Asks nothing of the store.
    fn seconds_ahead(&self) -> i64 {
        0
    }

    /// Has somebody told of documents that change, from now on or a little later; of those that were loaded
    /// and are said to be [told of](Stored::is_told_of). Most stores tell nobody.
    fn tell_changes_to(&self, listener: Arc<dyn ChangeListener>) {
        drop(listener);
    }

    /// What the store refused of late, while it answered. Asks nothing of it.
    fn troubles(&self) -> Vec<Trouble> {
        Vec::new()
    }
}

/// A document as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The bytes, for reading and to be named as `expected` in a change.
    pub document: Vec<u8>,
    /// When it will be let go, if that was learnt on the way.
    pub idle_expires_at: Option<UnixTime>,
    /// Whether its next change will be told to the [`ChangeListener`], whoever changes it: to the moment, as
    /// long as nothing is in the way, and what is in the way is told when it is found out.
    pub is_told_of: bool,
}

/// What became of a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// The document is kept.
    Created,
    /// Something was there already, and still is.
    Exists,
}

/// What became of an update or a conditional deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// The document is another one by now; nothing was done.
    Conflict,
    /// There is no document; nothing was made.
    Absent,
}

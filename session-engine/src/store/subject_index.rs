use std::time::Duration;

use async_trait::async_trait;
use session_core::UnixTime;

use super::Unavailable;
use super::entry::Entry;
use super::freshness::Freshness;
use crate::subject::Subject;

/// Finds the sessions of a subject, and knows when all of them are being ended.
#[async_trait]
pub trait SubjectIndex: Send + Sync + 'static {
    /// The entries of a subject, in no particular order, also some whose document is gone. What it
    /// costs goes by how many there are, and not by what is kept in them.
    async fn entries(&self, subject: &Subject) -> Result<Vec<Entry>, Unavailable>;

    /// Every document of a subject, the beginning of each, in no particular order. Entries whose
    /// document is gone are trimmed on the way, but never one so young that its document may still be
    /// on its way (R28).
    async fn list(&self, subject: &Subject, freshness: Freshness) -> Result<Vec<Listed>, Unavailable>;

    /// The subject's epoch, always [confirmed](Freshness::Confirmed): whoever creates a session
    /// reads it before and after, and takes the session back if it changed.
    async fn epoch(&self, subject: &Subject) -> Result<Epoch, Unavailable>;

    /// Changes the subject's epoch to one it never had, before its sessions are listed to be
    /// revoked: so no session slips through that is being created at that moment (R27).
    async fn change_epoch(&self, subject: &Subject) -> Result<(), Unavailable>;
}

/// A document in a subject's index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its place in the index.
    pub entry: Entry,
    /// Its first bytes, at most [`HEAD_LENGTH`].
    pub head: Vec<u8>,
    /// When it will be let go.
    pub idle_expires_at: UnixTime,
}

/// A subject's epoch; only good for telling whether it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch(Option<Vec<u8>>);

impl Epoch {
    /// The epoch that a store keeps as these bytes; `None` while it has never been changed.
    #[must_use]
    pub const fn new(bytes: Option<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

/// How much of a document a list has: what it says of the session comes before what an application
/// keeps in it, which may be large.
pub const HEAD_LENGTH: usize = 4096;

/// How long an epoch must be kept: far longer than any creation takes that might compare it.
pub const EPOCH_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// How old an index entry without a document must be before it is trimmed: longer than any
/// creation may take, and than clocks may differ.
pub const TRIM_AGE: Duration = Duration::from_secs(120);

use std::sync::Arc;

use quick_cache::Weighter;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use session_core::{SessionId, UnixTime};

use super::error::SessionError;
use super::statement::LastStatement;
use crate::record::{DocumentTooLarge, Record};
use crate::store::Entry;
use crate::subject::Subject;

/// A session that the store has just said is there, within both deadlines, for a cookie with the
/// right secret. Of the three answers this is the strongest: it authorises changes.
///
/// It is a subject's, unless its type says that it is a [guest's](GuestSession).
#[derive(Clone, Debug)]
pub struct LiveSession<O = Subject> {
    owner: O,
    kept: Arc<Kept>,
}

/// A session that an application began on purpose before anybody had signed in.
pub type GuestSession = LiveSession<Guest>;

/// Nobody has signed in yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guest;

/// Who a session may belong to: a [`Subject`] or a [`Guest`].
pub trait Owner: sealed::Of + Clone + Send + Sync + 'static {}

impl Owner for Subject {}
impl Owner for Guest {}

pub(super) mod sealed {
    use super::{Guest, Record, SessionError, Subject};

    pub trait Of: Sized {
        fn of(record: &Record) -> Result<Self, SessionError>;
    }

    impl Of for Subject {
        fn of(record: &Record) -> Result<Self, SessionError> {
            record.subject.clone().ok_or(SessionError::NotSignedIn)
        }
    }

    impl Of for Guest {
        fn of(record: &Record) -> Result<Self, SessionError> {
            record.subject.is_none().then_some(Self).ok_or(SessionError::SignedIn)
        }
    }
}

impl<O: Owner> LiveSession<O> {
    pub(super) fn new(kept: impl Into<Arc<Kept>>) -> Result<Self, SessionError> {
        let kept = kept.into();
        Ok(Self { owner: O::of(&kept.record)?, kept })
    }

    /// Its public ID.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.kept.id
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.kept.record
    }

    /// Its data, as a type of the application.
    ///
    /// # Errors
    /// [`SessionError::UnfitData`] when it is not of that shape.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, SessionError> {
        T::deserialize(&self.kept.record.data).map_err(|_| SessionError::UnfitData)
    }

    /// Until when it lives without further use. Another server may have pushed it since.
    #[must_use]
    pub fn idle_expires_at(&self) -> UnixTime {
        self.kept.idle_expires_at
    }

    pub(super) const fn kept(&self) -> &Arc<Kept> {
        &self.kept
    }

    pub(super) fn into_kept(self) -> Arc<Kept> {
        self.kept
    }
}

impl LiveSession {
    /// Who it belongs to.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.owner
    }
}

/// A session as a store keeps it, whoever it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) id: SessionId,
    pub(super) record: Record,
    pub(super) document: Vec<u8>,
    pub(super) idle_expires_at: UnixTime,
    pub(super) last_statement: LastStatement,
}

/// How many sessions a server remembers.
pub(super) const CAPACITY: usize = 100_000;

/// One with much data counts as several that are remembered: one for each begun kibibyte.
#[derive(Clone)]
pub(super) struct ByLength;

impl Weighter<SessionId, Arc<Kept>> for ByLength {
    fn weight(&self, _: &SessionId, kept: &Arc<Kept>) -> u64 {
        1 + (kept.document.len() / 1024) as u64
    }
}

impl Kept {
    pub(super) const fn new(
        id: SessionId,
        record: Record,
        document: Vec<u8>,
        idle_expires_at: UnixTime,
    ) -> Self {
        Self { id, record, document, idle_expires_at, last_statement: LastStatement::none() }
    }

    pub(super) fn entry(&self) -> Entry {
        self.record.entry(self.id)
    }

    /// The same session at its next revision.
    pub(super) fn with_data(&self, data: Map<String, Value>) -> Result<Self, DocumentTooLarge> {
        let mut record = self.record.clone();
        record.data = data;
        record.revision = record.revision.saturating_add(1);
        self.with(record)
    }

    /// The same session with other claims.
    pub(super) fn with_claims(&self, claims: Map<String, Value>) -> Result<Self, DocumentTooLarge> {
        let mut record = self.record.clone();
        record.claims = claims;
        self.with(record)
    }

    fn with(&self, record: Record) -> Result<Self, DocumentTooLarge> {
        let document = record.to_document()?;
        Ok(Self::new(self.id, record, document, self.idle_expires_at))
    }
}

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock};

use quick_cache::Weighter;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use session_core::{SessionId, UnixTime};

use super::error::SessionError;
use super::statement::LastStatement;
use crate::record::{DocumentTooLarge, Record, UnreadableRecord};
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
///
/// Servers remember many, so its document is not in it: the record writes it again where it is needed.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) id: SessionId,
    pub(super) record: Record,
    pub(super) idle_expires_at: UnixTime,
    pub(super) last_statement: LastStatement,
    fingerprint: Fingerprint,
    /// How much memory it takes beside what each takes, in bytes.
    size: u32,
    /// The document, where the record would write another: some other program wrote this one.
    foreign: Option<Box<[u8]>>,
}

/// Tells a document from others. Nobody outside can make two that have the same, since it is keyed for this process,
/// and by chance one change in 2⁶⁴ would not be seen.
type Fingerprint = u64;

/// How many sessions a server remembers.
pub(super) const CAPACITY: usize = 100_000;

/// One with much data counts as several that are remembered: as one more for so many bytes.
#[derive(Clone)]
pub(super) struct BySize;

const ONE_MORE: u32 = 2048;

impl Weighter<SessionId, Arc<Kept>> for BySize {
    fn weight(&self, _: &SessionId, kept: &Arc<Kept>) -> u64 {
        1 + u64::from(kept.size / ONE_MORE)
    }
}

impl Kept {
    /// One that has not been written yet.
    pub(super) fn new(
        id: SessionId,
        record: Record,
        idle_expires_at: UnixTime,
    ) -> Result<Self, DocumentTooLarge> {
        let document = record.to_document()?;
        Ok(Self::of(id, record, &document, idle_expires_at))
    }

    /// One as a store has it.
    pub(super) fn read(
        id: SessionId,
        document: Vec<u8>,
        idle_expires_at: UnixTime,
    ) -> Result<Self, UnreadableRecord> {
        let record = Record::from_document(&document)?;
        let is_own = record.rewrite() == document;
        let kept = Self::of(id, record, &document, idle_expires_at);
        let size = if is_own { kept.size } else { kept.size.saturating_add(as_size(document.len())) };
        Ok(Self { foreign: (!is_own).then(|| document.into()), size, ..kept })
    }

    fn of(id: SessionId, record: Record, document: &[u8], idle_expires_at: UnixTime) -> Self {
        let size = as_size(document.len() + record.size_of_values());
        Self {
            id,
            record,
            idle_expires_at,
            last_statement: LastStatement::none(),
            fingerprint: fingerprint(document),
            size,
            foreign: None,
        }
    }

    /// Whether that is its document.
    pub(super) fn is_of(&self, document: &[u8]) -> bool {
        self.fingerprint == fingerprint(document)
    }

    /// What the store has of it, byte for byte.
    pub(super) fn document(&self) -> Vec<u8> {
        match &self.foreign {
            Some(document) => document.to_vec(),
            None => self.record.rewrite(),
        }
    }

    pub(super) fn entry(&self) -> Entry {
        self.record.entry(self.id)
    }

    /// The same session with another idle deadline.
    pub(super) fn until(&self, idle_expires_at: UnixTime) -> Self {
        Self { idle_expires_at, ..self.clone() }
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
        Self::new(self.id, record, self.idle_expires_at)
    }
}

fn as_size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn fingerprint(document: &[u8]) -> Fingerprint {
    // Each check that asks the store makes one: SHA-256 took as long as all else where processors have no help for it.
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one(document)
}

#[cfg(test)]
mod tests {
    use session_core::SessionSecret;

    use super::*;

    const AT: UnixTime = UnixTime::from_secs(1_800_000_000);

    fn record() -> Record {
        Record::begin(SessionSecret::from_bytes([7; 32]).hash(), AT, AT)
    }

    fn read(document: &[u8]) -> Kept {
        Kept::read(SessionId::from_bytes([1; 16]), document.to_vec(), AT).unwrap()
    }

    /// A change is written over what was read, and over nothing else.
    #[test]
    fn a_document_is_there_byte_for_byte_whoever_wrote_it() {
        let own = record().to_document().unwrap();
        let text = String::from_utf8(own.clone()).unwrap();
        let spaced = text.replacen(':', ": ", 1).into_bytes();
        let newer = text.replacen('{', r#"{"newer":{"b":1,"a":[1.0e1]},"#, 1).into_bytes();
        for document in [&own, &spaced, &newer] {
            assert_eq!(read(document).document(), *document);
        }
        assert!(read(&own).foreign.is_none(), "kept twice");
    }

    /// R59: servers remember by it how many they may.
    #[test]
    fn a_session_weighs_what_it_takes() {
        let mut record = record();
        record.data.insert("a".to_owned(), "-".repeat(5000).into());
        let own = record.to_document().unwrap();
        let spaced = String::from_utf8(own.clone()).unwrap().replacen(':', ": ", 1).into_bytes();
        let values = record.size_of_values();
        // What another program wrote is kept beside the record.
        for (document, size) in [(&own, own.len() + values), (&spaced, 2 * spaced.len() + values)] {
            let kept = read(document);
            assert_eq!(kept.size as usize, size);
            assert_eq!(BySize.weight(&kept.id.clone(), &Arc::new(kept)), 1 + size as u64 / 2048);
        }
        assert_eq!([0, usize::MAX].map(as_size), [0, u32::MAX]);
    }

    #[test]
    fn a_document_is_told_from_any_other() {
        let own = record().to_document().unwrap();
        let kept = read(&own);
        assert!(kept.is_of(&own) && kept.until(UnixTime::MAX).is_of(&own));
        let longer = [own.as_slice(), b" "].concat();
        assert!(!kept.is_of(&longer) && !kept.is_of(b""));
        let changed = kept.with_data(Map::from_iter([("a".to_owned(), Value::Null)])).unwrap();
        assert!(!changed.is_of(&own) && changed.is_of(&changed.document()));
    }
}

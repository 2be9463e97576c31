use serde_json::{Map, Value};
use session_core::{SessionId, UnixTime};

use crate::record::{DocumentTooLarge, Record};
use crate::store::Entry;

/// A session that the store has just said is there, within both deadlines, for a cookie with the
/// right secret. Of the three answers this is the strongest: it authorises changes.
#[derive(Clone, Debug)]
pub struct LiveSession {
    id: SessionId,
    record: Record,
    document: Vec<u8>,
    idle_expires_at: UnixTime,
}

impl LiveSession {
    pub(super) const fn new(
        id: SessionId,
        record: Record,
        document: Vec<u8>,
        idle_expires_at: UnixTime,
    ) -> Self {
        Self { id, record, document, idle_expires_at }
    }

    /// Its public ID.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// What the store keeps of it.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// Until when it lives without further use. Another server may have pushed it since.
    #[must_use]
    pub const fn idle_expires_at(&self) -> UnixTime {
        self.idle_expires_at
    }

    pub(super) fn document(&self) -> &[u8] {
        &self.document
    }

    pub(super) fn entry(&self) -> Entry {
        self.record.entry(self.id)
    }

    pub(super) fn with_id(self, id: SessionId) -> Self {
        Self { id, ..self }
    }

    /// The same session at its next revision.
    pub(super) fn with_data(&self, data: Map<String, Value>) -> Result<Self, DocumentTooLarge> {
        let mut record = self.record.clone();
        record.data = data;
        record.revision = record.revision.saturating_add(1);
        let document = record.to_document()?;
        Ok(Self::new(self.id, record, document, self.idle_expires_at))
    }
}

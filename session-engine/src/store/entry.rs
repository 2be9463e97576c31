use session_core::{SessionId, UnixTime};

use crate::subject::Subject;

/// What a store must know of a session besides its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub id: SessionId,
    /// Whose index it is in; a guest's is in none.
    pub subject: Option<Subject>,
    /// When the ID was issued; an index entry this old may be trimmed.
    pub issued_at: UnixTime,
    /// When the index entry may be forgotten in any case.
    pub absolute_expires_at: UnixTime,
}

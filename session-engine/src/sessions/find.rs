use std::sync::Arc;

use session_core::{SessionId, UnixTime};

use super::live::Kept;
use super::revoke::MAX_PASSES;
use super::{SessionError, Sessions};
use crate::record::Record;
use crate::store::Freshness;

/// A living session that was looked up by its ID, which is public: it authorizes whoever asked to nothing.
#[derive(Clone, Debug)]
pub struct FoundSession {
    kept: Arc<Kept>,
    last_seen_at: UnixTime,
}

impl FoundSession {
    /// Its present ID.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.kept.id
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.kept.record
    }

    /// Until when it lives without further use.
    #[must_use]
    pub fn idle_expires_at(&self) -> UnixTime {
        self.kept.idle_expires_at
    }

    /// When it was last used, as [`Sessions::last_seen_at`] says.
    #[must_use]
    pub const fn last_seen_at(&self) -> UnixTime {
        self.last_seen_at
    }
}

impl Sessions {
    /// The living session of this ID, or of the one that it was renewed as; whoever it belongs to. Looking
    /// extends nothing.
    ///
    /// # Errors
    /// When the store is unavailable, or the session keeps being renewed.
    pub async fn find(&self, id: SessionId) -> Result<Option<FoundSession>, SessionError> {
        let mut id = id;
        for _ in 0..MAX_PASSES {
            let kept = match self.look_up(id, Freshness::Confirmed, None).await {
                Ok(kept) => kept,
                // A marker of a key is no session either.
                Err(SessionError::Ended | SessionError::Expired | SessionError::Unreadable(_)) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            let Record { successor, by_password, .. } = kept.record;
            if let Some(successor) = successor {
                id = successor;
                continue;
            }
            if !self.stands(by_password, kept.record.subject.as_ref(), kept.record.proved_at()).await {
                return Ok(None);
            }
            return Ok(Some(self.found(kept)));
        }
        Err(SessionError::Contended)
    }

    pub(super) fn found(&self, kept: Arc<Kept>) -> FoundSession {
        let Record { issued_at, last_seen_at, .. } = kept.record;
        let last_seen_at = self.seen_at(kept.record.terms(), kept.idle_expires_at, issued_at, last_seen_at);
        FoundSession { kept, last_seen_at }
    }
}

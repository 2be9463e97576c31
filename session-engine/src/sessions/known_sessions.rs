use std::sync::Arc;

use quick_cache::sync::Cache;
use session_core::{SessionId, UnixTime};

use super::live::{BySize, CAPACITY, Kept};

/// Sessions as this server last saw them. None is believed to be so still: what was read of one need not
/// be read again while its document is the same, and its idle deadline can only have been pushed, so that
/// while it says that an extension is not due, checking needs no write (R25).
pub(super) struct KnownSessions(Cache<SessionId, Arc<Kept>, BySize>);

impl KnownSessions {
    /// One whose deadline has passed tells nothing, since another server may have pushed it.
    pub(super) fn of(&self, id: SessionId, now: UnixTime) -> Option<Arc<Kept>> {
        self.0.get(&id).filter(|known| known.idle_expires_at > now)
    }

    pub(super) fn learn(&self, kept: Arc<Kept>) {
        self.0.insert(kept.id, kept);
    }

    pub(super) fn forget(&self, id: SessionId) {
        self.0.remove(&id);
    }
}

impl Default for KnownSessions {
    fn default() -> Self {
        Self(Cache::with_weighter(CAPACITY, CAPACITY as u64, BySize))
    }
}

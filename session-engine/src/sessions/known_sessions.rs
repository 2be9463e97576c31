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

#[cfg(test)]
mod tests {
    use session_core::SessionSecret;

    use super::*;
    use crate::record::Record;

    #[test]
    fn what_is_over_or_forgotten_is_not_known() {
        let (known, id) = (KnownSessions::default(), SessionId::from_bytes([1; 16]));
        let at = UnixTime::from_secs;
        let record = Record::begin(SessionSecret::from_bytes([7; 32]).hash(), at(1), at(9));
        known.learn(Arc::new(Kept::new(id, record, at(5)).unwrap()));
        assert!(known.of(id, at(4)).is_some() && known.of(id, at(5)).is_none());
        known.forget(id);
        assert!(known.of(id, at(4)).is_none());
    }
}

use quick_cache::sync::Cache;
use session_core::{SessionId, UnixTime};

use crate::record::Terms;

/// For so many sessions a server remembers when it last extended them.
const CAPACITY: usize = 100_000;

/// The idle deadlines as this server last learnt them, which can only have been pushed since: while
/// they say that an extension is not due, reading needs no write (R25).
pub(super) struct KnownDeadlines(Cache<SessionId, KnownDeadline>);

#[derive(Clone, Copy)]
pub(super) struct KnownDeadline {
    pub(super) idle_expires_at: UnixTime,
    /// Which timeouts the session has.
    pub(super) terms: Terms,
}

impl KnownDeadlines {
    /// One that has passed tells nothing, since another server may have pushed it.
    pub(super) fn of(&self, id: SessionId, now: UnixTime) -> Option<KnownDeadline> {
        self.0.get(&id).filter(|known| known.idle_expires_at > now)
    }

    pub(super) fn learn(&self, id: SessionId, idle_expires_at: UnixTime, terms: Terms) {
        self.0.insert(id, KnownDeadline { idle_expires_at, terms });
    }

    pub(super) fn forget(&self, id: SessionId) {
        self.0.remove(&id);
    }
}

impl Default for KnownDeadlines {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

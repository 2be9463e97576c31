//! Sessions that need not be asked for again, for a short time: those of a store that tells of every change.
//!
//! A read that is under way is kept only if no change was told meanwhile: what is told takes away the place
//! that the read would have filled. Whoever asks for the same session meanwhile waits for the same answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use session_core::SessionId;

use super::SessionError;
use super::live::{ByLength, Kept};
use crate::budget::in_time;
use crate::store::ChangeListener;

/// How much a server may keep of what others may change, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NearCacheLimits {
    /// How many sessions; one with much data counts as several, one for each begun kibibyte.
    pub entries: usize,
    /// How old a session may be that is not asked for again, where a change was not told in time.
    pub max_age: Duration,
}

impl Default for NearCacheLimits {
    /// 100,000 sessions, for 2 s.
    fn default() -> Self {
        Self { entries: 100_000, max_age: Duration::from_secs(2) }
    }
}

pub(super) struct NearCache {
    sessions: Cache<SessionId, Reading, ByLength>,
    max_age: Duration,
}

/// What the store has answered.
#[derive(Clone)]
struct Reading {
    /// An error is there for whoever waited for it, and for nobody who comes later.
    result: Result<Arc<Kept>, SessionError>,
    asked_at: Instant,
}

impl quick_cache::Weighter<SessionId, Reading> for ByLength {
    fn weight(&self, id: &SessionId, reading: &Reading) -> u64 {
        reading.result.as_ref().map_or(1, |kept| self.weight(id, kept))
    }
}

impl NearCache {
    pub(super) fn new(limits: NearCacheLimits) -> Self {
        let NearCacheLimits { entries, max_age } = limits;
        Self { sessions: Cache::with_weighter(entries, entries as u64, ByLength), max_age }
    }

    /// The session, if it is known and not too old.
    pub(super) fn get(&self, id: SessionId) -> Option<Arc<Kept>> {
        let reading = self.sessions.get(&id)?;
        if reading.asked_at.elapsed() <= self.max_age {
            return reading.result.ok();
        }
        self.sessions.remove_if(&id, |old| old.asked_at == reading.asked_at);
        None
    }

    /// The session as `read` says, which others are reading already, perhaps. What it says is kept if a change
    /// would be told: it says so, too.
    pub(super) async fn get_or_read(
        &self,
        id: SessionId,
        read: impl Future<Output = Result<(Arc<Kept>, bool), SessionError>>,
    ) -> Result<Arc<Kept>, SessionError> {
        let asked = async { Ok(self.sessions.get_value_or_guard_async(&id).await) };
        let place = match in_time(asked).await? {
            Ok(reading) => return reading.result,
            Err(place) => place,
        };
        let asked_at = Instant::now();
        let (result, is_told_of) = match read.await {
            Ok((kept, is_told_of)) => (Ok(kept), is_told_of),
            Err(error) => (Err(error), false),
        };
        let _ = place.insert(Reading { result: result.clone(), asked_at });
        if !is_told_of {
            self.sessions.remove_if(&id, |kept| kept.asked_at == asked_at);
        }
        result
    }
}

impl ChangeListener for NearCache {
    fn changed(&self, id: SessionId) {
        self.sessions.remove(&id);
    }

    fn all_changed(&self) {
        self.sessions.clear();
    }
}

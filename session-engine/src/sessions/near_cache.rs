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
    /// An error is there for whoever waited for it, and for nobody who comes later. Sessions are many, errors are not.
    result: Result<Arc<Kept>, Box<SessionError>>,
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
            Ok(reading) => return reading.result.map_err(|error| *error),
            Err(place) => place,
        };
        let asked_at = Instant::now();
        let (result, is_told_of) = match read.await {
            Ok((kept, is_told_of)) => (Ok(kept), is_told_of),
            Err(error) => (Err(Box::new(error)), false),
        };
        let _ = place.insert(Reading { result: result.clone(), asked_at });
        if !is_told_of {
            self.sessions.remove_if(&id, |kept| kept.asked_at == asked_at);
        }
        result.map_err(|error| *error)
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

#[cfg(test)]
mod tests {
    use session_core::{SessionSecret, UnixTime};
    use tokio::sync::oneshot;

    use super::*;
    use crate::record::Record;

    /// With so many bytes of data.
    fn kept(id: SessionId, length: usize) -> Arc<Kept> {
        let at = UnixTime::from_secs(1_800_000_000);
        let mut record = Record::begin(SessionSecret::from_bytes([7; 32]).hash(), at, at);
        record.data.insert("data".to_owned(), "-".repeat(length).into());
        Arc::new(Kept::new(id, record, at).unwrap())
    }

    fn id(number: u128) -> SessionId {
        SessionId::from_bytes(number.to_be_bytes())
    }

    fn cache(entries: usize) -> NearCache {
        NearCache::new(NearCacheLimits { entries, ..NearCacheLimits::default() })
    }

    /// R59: it may be what was there before.
    #[tokio::test]
    async fn what_changed_while_it_was_read_is_not_kept() {
        for tell in [|cache: &NearCache| cache.changed(id(1)), |cache: &NearCache| cache.all_changed()] {
            let (cache, (answer, answered)) = (cache(10), oneshot::channel());
            let read = cache.get_or_read(id(1), async { answered.await.unwrap() });
            let other = cache.get_or_read(id(1), async { panic!("somebody reads it already") });
            let change = async {
                tell(&cache);
                answer.send(Ok((kept(id(1), 1), true))).unwrap();
            };
            let (read, other, ()) = tokio::join!(read, other, change);
            assert!(read.is_ok() && other.is_ok());
            assert!(cache.get(id(1)).is_none());
        }
    }

    #[tokio::test]
    async fn only_what_would_be_told_of_is_kept_and_no_refusal() {
        let cache = cache(10);
        cache.get_or_read(id(1), async { Ok((kept(id(1), 1), false)) }).await.unwrap();
        cache.get_or_read(id(2), async { Ok((kept(id(2), 1), true)) }).await.unwrap();
        assert!(cache.get_or_read(id(3), async { Err(SessionError::Ended) }).await.is_err());
        assert!(cache.get(id(1)).is_none() && cache.get(id(2)).is_some() && cache.get(id(3)).is_none());
        assert!(cache.get_or_read(id(3), async { Ok((kept(id(3), 1), true)) }).await.is_ok());
    }

    /// `NEAR_CACHE_IDS` says how many sessions are checked.
    #[tokio::test]
    async fn however_many_sessions_are_checked_no_more_are_kept_than_may_be() {
        let count = std::env::var("NEAR_CACHE_IDS").map_or(100_000, |count| count.parse().expect("a number"));
        let cache = cache(1_000);
        for number in 0..count {
            let length = if number % 2 == 0 { 200 } else { 10_000 };
            let read = async { Ok((kept(id(number), length), true)) };
            cache.get_or_read(id(number), read).await.unwrap();
        }
        assert!(cache.sessions.weight() <= 1_000 && cache.sessions.len() <= 1_000);
    }
}

//! Sessions that need not be asked for again, for a short time: those of a store that tells of every change.
//!
//! A read that is under way is kept only if no change was told meanwhile: what is told takes away the place
//! that the read would have filled. Whoever asks for the same session meanwhile waits for the same answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use session_core::SessionId;

use super::SessionError;
use super::live::{BySize, Kept};
use crate::budget::in_time;
use crate::store::ChangeListener;

/// How much a server may keep of what others may change, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NearCacheLimits {
    /// How many sessions; one counts as one more for every 2 KiB of memory that it takes.
    pub entries: usize,
    /// How old a session may be that is not asked for again, where a change was not told in time. For more than the
    /// 2 s unless it is set, a session that has ended elsewhere may live on here while Redis cannot be reached.
    pub max_age: Duration,
}

impl Default for NearCacheLimits {
    /// 100,000 sessions, for 2 s.
    fn default() -> Self {
        Self { entries: 100_000, max_age: Duration::from_secs(2) }
    }
}

pub(super) struct NearCache {
    sessions: Cache<SessionId, Reading, BySize>,
    max_age: Duration,
    /// Whether the store told of the session that was read last: if it does not, nothing is kept and nobody waits for
    /// what another has asked.
    is_of_use: AtomicBool,
}

/// What the store has answered.
#[derive(Clone)]
struct Reading {
    /// An error is there for whoever waited for it, and for nobody who comes later. Sessions are many, errors are not.
    result: Result<Arc<Kept>, Box<SessionError>>,
    asked_at: Instant,
}

impl quick_cache::Weighter<SessionId, Reading> for BySize {
    fn weight(&self, id: &SessionId, reading: &Reading) -> u64 {
        reading.result.as_ref().map_or(1, |kept| self.weight(id, kept))
    }
}

impl NearCache {
    pub(super) fn new(limits: NearCacheLimits) -> Self {
        let NearCacheLimits { entries, max_age } = limits;
        let sessions = Cache::with_weighter(entries, entries as u64, BySize);
        Self { sessions, max_age, is_of_use: AtomicBool::new(false) }
    }

    /// Whether anything is kept here.
    pub(super) fn is_of_use(&self) -> bool {
        self.is_of_use.load(Ordering::Relaxed)
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
        if !self.is_of_use() {
            let (kept, is_told_of) = read.await?;
            self.is_of_use.store(is_told_of, Ordering::Relaxed);
            return Ok(kept);
        }
        let asked = async { Ok(self.sessions.get_value_or_guard_async(&id).await) };
        let place = match in_time(asked).await? {
            Ok(reading) if reading.asked_at.elapsed() <= self.max_age => {
                return reading.result.map_err(|error| *error);
            }
            Ok(_) => return Ok(read.await?.0),
            Err(place) => place,
        };
        let asked_at = Instant::now();
        let (result, is_told_of) = match read.await {
            Ok((kept, is_told_of)) => {
                self.is_of_use.store(is_told_of, Ordering::Relaxed);
                (Ok(kept), is_told_of)
            }
            // Perhaps only this request had no time left: whoever waits asks once more.
            Err(SessionError::Unavailable(unavailable)) => return Err(unavailable.into()),
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
    use crate::store::Unavailable;

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
        let cache = NearCache::new(NearCacheLimits { entries, ..NearCacheLimits::default() });
        cache.is_of_use.store(true, Ordering::Relaxed);
        cache
    }

    /// R59: what another has asked may be older than what was told to who asks now, and nothing takes it away.
    #[tokio::test]
    async fn where_nothing_is_told_each_asks_for_itself() {
        let cache = NearCache::new(NearCacheLimits::default());
        let (answer, answered) = oneshot::channel::<()>();
        let first = cache.get_or_read(id(1), async {
            answered.await.unwrap();
            Ok((kept(id(1), 1), false))
        });
        let second = async {
            let read = cache.get_or_read(id(1), async { Ok((kept(id(1), 2), false)) }).await;
            answer.send(()).unwrap();
            read
        };
        let (first, second) = tokio::join!(first, second);
        assert!(first.is_ok() && second.is_ok());
        assert!(!cache.is_of_use() && cache.get(id(1)).is_none());
        cache.get_or_read(id(1), async { Ok((kept(id(1), 1), true)) }).await.unwrap();
        assert!(cache.is_of_use(), "the store has been told to tell");
    }

    #[tokio::test]
    async fn who_has_no_time_left_takes_it_from_nobody_else() {
        let cache = cache(10);
        let (answer, answered) = oneshot::channel::<()>();
        let late = cache.get_or_read(id(1), async {
            answered.await.unwrap();
            Err(Unavailable.into())
        });
        let other = cache.get_or_read(id(1), async { Ok((kept(id(1), 1), true)) });
        let end = async { answer.send(()).unwrap() };
        let (late, other, ()) = tokio::join!(late, other, end);
        assert!(late.is_err() && other.is_ok());
        assert!(cache.get(id(1)).is_some());
    }

    /// R59: its age counts from when it was asked for.
    #[tokio::test(start_paused = true)]
    async fn an_answer_that_took_too_long_is_not_for_who_has_waited() {
        let limits = NearCacheLimits { entries: 10, max_age: Duration::from_millis(1) };
        let cache = NearCache::new(limits);
        cache.is_of_use.store(true, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel::<()>();
        let slow = cache.get_or_read(id(1), async {
            answered.await.unwrap();
            Ok((kept(id(1), 1), true))
        });
        let other = cache.get_or_read(id(1), async { Ok((kept(id(1), 2), true)) });
        let end = async {
            std::thread::sleep(2 * limits.max_age);
            answer.send(()).unwrap();
        };
        let (slow, other, ()) = tokio::join!(slow, other, end);
        assert_ne!(slow.unwrap().document(), other.unwrap().document());
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

    /// R59: what comes over another connection is not kept.
    #[tokio::test]
    async fn only_what_would_be_told_of_is_kept_and_no_refusal() {
        let cache = cache(10);
        cache.get_or_read(id(1), async { Ok((kept(id(1), 1), false)) }).await.unwrap();
        for _ in 0..2 {
            cache.get_or_read(id(2), async { Ok((kept(id(2), 1), true)) }).await.unwrap();
        }
        assert!(cache.get_or_read(id(3), async { Err(SessionError::Ended) }).await.is_err());
        assert!(cache.get(id(1)).is_none() && cache.get(id(2)).is_some() && cache.get(id(3)).is_none());
        assert!(cache.get_or_read(id(3), async { Ok((kept(id(3), 1), true)) }).await.is_ok());
    }

    /// R59: for as long as it may be, and no longer.
    #[tokio::test]
    async fn what_is_old_is_read_again_and_what_is_not_is_not() {
        for (max_age, is_kept) in [(Duration::ZERO, false), (Duration::from_secs(600), true)] {
            let cache = NearCache { max_age, ..cache(10) };
            let (first, second) = (kept(id(1), 1), kept(id(1), 2));
            cache.get_or_read(id(1), async { Ok((Arc::clone(&first), true)) }).await.unwrap();
            let again = cache.get_or_read(id(1), async { Ok((Arc::clone(&second), true)) }).await.unwrap();
            assert_eq!(again.document(), if is_kept { first.document() } else { second.document() });
            assert_eq!(cache.get(id(1)).is_some(), is_kept);
            assert_eq!(cache.sessions.len(), usize::from(is_kept));
        }
    }

    /// R59: bounded by what they weigh. `NEAR_CACHE_IDS` says how many sessions are checked.
    #[tokio::test]
    async fn however_many_sessions_are_checked_no_more_are_kept_than_may_be() {
        let count = std::env::var("NEAR_CACHE_IDS").map_or(20_000, |count| count.parse().expect("a number"));
        let cache = cache(1_000);
        for number in 0..count {
            let length = if number % 2 == 0 { 200 } else { 10_000 };
            let read = async { Ok((kept(id(number), length), true)) };
            cache.get_or_read(id(number), read).await.unwrap();
        }
        assert!(cache.sessions.weight() <= 1_000 && cache.sessions.len() <= 1_000);
        // One with 10 kB counts as five more.
        let cache = self::cache(1_000);
        cache.get_or_read(id(1), async { Ok((kept(id(1), 10_000), true)) }).await.unwrap();
        assert_eq!(cache.sessions.weight(), 6);
    }
}

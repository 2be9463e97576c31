use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::Instant;

use super::SessionError;

/// Of so many a server remembers how fast they were: who is forgotten begins anew.
const CAPACITY: usize = 10_000;

/// How often one session, or one subject, may do something on each server: so that none takes what is
/// everybody's (R78).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// So often at once.
    pub burst: u32,
    /// And once more after each such time.
    pub interval: Duration,
}

/// Holds many to one pace.
pub(super) struct PaceLimit<K> {
    pace: Pace,
    /// When each would be as rested as ever: the generic cell rate algorithm (ITU-T I.371).
    rested_at: Cache<K, Arc<Mutex<Instant>>>,
}

impl<K: Clone + Eq + Hash> PaceLimit<K> {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, rested_at: Cache::new(CAPACITY) }
    }

    /// # Errors
    /// [`SessionError::TooFast`], with the time until it may be tried again.
    pub(super) fn step(&self, who: &K) -> Result<(), SessionError> {
        let Pace { burst, interval } = self.pace;
        let now = Instant::now();
        let fresh = || Ok::<_, SessionError>(Arc::new(Mutex::new(now)));
        let cell = self.rested_at.get_or_insert_with(who, fresh)?;
        let mut rested_at = cell.lock().unwrap_or_else(PoisonError::into_inner);
        let next = (*rested_at).max(now) + interval;
        let tolerated_at = now + interval.saturating_mul(burst);
        if next > tolerated_at {
            return Err(SessionError::TooFast { retry_after: next - tolerated_at });
        }
        *rested_at = next;
        Ok(())
    }

    /// Whoever is called otherwise from now on is no more rested by it.
    pub(super) fn hand_over(&self, former: &K, new: K) {
        if let Some(cell) = self.rested_at.get(former) {
            self.rested_at.insert(new, cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R78: one who hurries waits, and no other.
    #[tokio::test(start_paused = true)]
    async fn a_burst_is_free_and_then_each_has_its_turn() {
        let limit = PaceLimit::new(Pace { burst: 3, interval: Duration::from_secs(2) });
        for _ in 0..3 {
            assert_eq!(limit.step(&"alice"), Ok(()));
        }
        let retry_after = Duration::from_secs(2);
        assert_eq!(limit.step(&"alice"), Err(SessionError::TooFast { retry_after }));
        assert_eq!(limit.step(&"bob"), Ok(()));
        tokio::time::advance(retry_after).await;
        assert_eq!(limit.step(&"alice"), Ok(()));
        assert!(limit.step(&"alice").is_err());
        tokio::time::advance(Duration::from_secs(60)).await;
        for _ in 0..3 {
            assert_eq!(limit.step(&"alice"), Ok(()));
        }
    }
}

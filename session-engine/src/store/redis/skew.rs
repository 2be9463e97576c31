//! By how much the clock of Redis differs from this server's: all servers go by the one that they
//! share (R71).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use session_core::UnixTime;

use crate::clock::Clock;

/// So much may clocks differ without anybody being told, in seconds.
const TOLERANCE: i64 = 5;

pub(super) struct Skew {
    ours: Arc<dyn Clock>,
    ahead: AtomicI64,
    last: AtomicI64,
    is_known: AtomicBool,
}

impl Skew {
    pub(super) fn new(ours: Arc<dyn Clock>) -> Self {
        Self { ours, ahead: AtomicI64::new(0), last: AtomicI64::new(0), is_known: AtomicBool::new(false) }
    }

    /// By how many seconds Redis is ahead; 0 while it is within what clocks may differ.
    pub(super) fn seconds_ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }

    /// Learns from the clock of Redis as it was just read. A difference must be seen twice: a clock
    /// that is just being set may have been moved between the readings.
    pub(super) fn learn(&self, redis: UnixTime) {
        let ours = self.ours.now();
        let seconds = |time: UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let ahead = seconds(redis).saturating_sub(seconds(ours));
        let last = self.last.swap(ahead, Ordering::Relaxed);
        let is_first = !self.is_known.swap(true, Ordering::Relaxed);
        if !is_first && last.abs_diff(ahead) > 2 {
            return;
        }
        let counted = if ahead.abs() > TOLERANCE { ahead } else { 0 };
        self.ahead.store(counted, Ordering::Relaxed);
        if counted != 0 {
            tracing::warn!(
                redis_is_ahead_s = ahead,
                "clock of this server and clock of redis differ, and sessions go by that of redis: set both by NTP"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    /// R71: five seconds are let pass.
    #[test]
    fn a_difference_counts_once_it_was_seen_twice() {
        let ours = ManualClock::at(UnixTime::from_secs(10_000));
        let skew = |ours: &ManualClock| Skew::new(Arc::new(ours.clone()));
        let at = UnixTime::from_secs;
        let old = skew(&ours);
        old.learn(at(10_005));
        assert_eq!(old.seconds_ahead(), 0, "within what clocks may differ");
        old.learn(at(6_400));
        assert_eq!(old.seconds_ahead(), 0, "not yet");
        old.learn(at(6_401));
        assert_eq!(old.seconds_ahead(), -3_599);
        old.learn(at(10_000));
        old.learn(at(10_001));
        assert_eq!(old.seconds_ahead(), 0);
        let fresh = skew(&ours);
        fresh.learn(at(13_600));
        assert_eq!(fresh.seconds_ahead(), 3_600, "at the start there is nothing to compare with");
    }
    /// R71: from six seconds on, at WARN and with how many.
    #[test]
    fn a_difference_of_more_than_five_seconds_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let log = Arc::new(file.reopen().unwrap());
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log).finish();
        // While there is only one subscriber, `tracing` remembers for all threads what that of one wants.
        let _second = tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(std::io::sink).finish());
        let _guard = tracing::subscriber::set_default(subscriber);
        let told = |redis_at: u64| {
            let skew = Skew::new(Arc::new(ManualClock::at(UnixTime::from_secs(10_000))));
            let before = std::fs::read_to_string(file.path()).unwrap().len();
            skew.learn(UnixTime::from_secs(redis_at));
            std::fs::read_to_string(file.path()).unwrap()[before..].to_owned()
        };
        assert_eq!((told(10_005), told(9_995)), (String::new(), String::new()));
        for (redis_at, ahead) in [(10_006, "6"), (9_994, "-6")] {
            let line = told(redis_at);
            assert!(
                line.contains(" WARN ") && line.ends_with(&format!("redis_is_ahead_s={ahead}\n")),
                "{line}"
            );
        }
    }
}

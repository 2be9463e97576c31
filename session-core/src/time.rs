use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// Whole seconds since the Unix epoch.
///
/// Time is a value here: every function that judges takes `now` as its last argument, and nothing
/// in this crate reads a clock. Arithmetic saturates at [`UnixTime::MAX`], so a hostile number can
/// neither panic nor wrap a deadline round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u64", try_from = "u64")]
pub struct UnixTime(u64);

impl UnixTime {
    /// The start of 1970, UTC.
    pub const EPOCH: Self = Self(0);

    /// The latest time that the cookie's eleven digits can write, in the year 5138.
    pub const MAX: Self = Self(99_999_999_999);

    /// `secs` after the epoch, or [`UnixTime::MAX`] if that is later.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        if secs > Self::MAX.0 { Self::MAX } else { Self(secs) }
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// This time moved forward by the whole seconds of `span`.
    #[must_use]
    pub const fn saturating_add(self, span: Duration) -> Self {
        Self::from_secs(self.0.saturating_add(span.as_secs()))
    }

    /// This time moved back by the whole seconds of `span`.
    #[must_use]
    pub const fn saturating_sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_secs()))
    }

    /// This time moved by whole seconds, forward or back.
    #[must_use]
    pub const fn saturating_add_signed(self, secs: i64) -> Self {
        Self::from_secs(self.0.saturating_add_signed(secs))
    }

    /// How long it is from `earlier` until this time; zero if it is not later.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<UnixTime> for u64 {
    fn from(time: UnixTime) -> Self {
        time.0
    }
}

impl TryFrom<u64> for UnixTime {
    type Error = TimeTooLate;

    fn try_from(secs: u64) -> Result<Self, TimeTooLate> {
        if secs > Self::MAX.0 { Err(TimeTooLate) } else { Ok(Self(secs)) }
    }
}

/// A number of seconds past [`UnixTime::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("time has more than 11 digits of seconds")]
pub struct TimeTooLate;

/// How far the clocks of two honest servers may differ: a value issued up to this long in the
/// future is still accepted (FORMAT.md §1 and §2).
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

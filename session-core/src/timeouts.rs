use core::time::Duration;

use crate::time::UnixTime;

/// How long a session lives: without use (idle) and at all (absolute).
///
/// | NIST SP 800-63B | idle | absolute |
/// |---|---|---|
/// | AAL1 | — | 30 days |
/// | AAL2 | 1 hour | 24 hours |
/// | AAL3 | 15 minutes | 12 hours |
/// | this crate's default | 30 minutes | 12 hours |
///
/// OWASP's Session Management Cheat Sheet asks for an idle timeout of 15 to 30 minutes for
/// low-risk applications and an absolute one of 4 to 8 hours for an office day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    idle: Duration,
    absolute: Duration,
}

impl Timeouts {
    /// The idle timeout unless another is set: OWASP's upper bound for low-risk applications.
    pub const DEFAULT_IDLE: Duration = Duration::from_secs(30 * 60);

    /// The absolute timeout unless another is set: a working day, and NIST's limit for AAL3.
    pub const DEFAULT_ABSOLUTE: Duration = Duration::from_secs(12 * 60 * 60);

    /// The longest absolute timeout: browsers keep no cookie longer (RFC 6265bis §5.5).
    pub const MAX_ABSOLUTE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

    /// The shortest of both: with less, whoever waits for an answer would be out before it comes.
    pub const MIN: Duration = Duration::from_secs(2);

    /// The shortest time between two extensions of one session, so that reading is not writing.
    const MIN_EXTENSION_INTERVAL: Duration = Duration::from_secs(30);

    /// Timeouts of whole seconds.
    ///
    /// # Errors
    /// When `idle` is under two seconds or longer than `absolute`, or `absolute` is longer than
    /// 400 days.
    pub fn new(idle: Duration, absolute: Duration) -> Result<Self, TimeoutsError> {
        if idle < Self::MIN {
            return Err(TimeoutsError::IdleTooShort);
        }
        if idle > absolute {
            return Err(TimeoutsError::IdleLongerThanAbsolute);
        }
        if absolute > Self::MAX_ABSOLUTE {
            return Err(TimeoutsError::AbsoluteTooLong);
        }
        Ok(Self { idle, absolute })
    }

    /// The same, with those of a session's own where they are given. They can only be shorter: what is set for
    /// all sessions is what whoever runs the server answers for.
    #[must_use]
    pub fn shortened(self, idle: Option<Duration>, absolute: Option<Duration>) -> Self {
        let within = |own: Option<Duration>, limit: Duration| {
            own.map_or(limit, |own| Duration::from_secs(own.as_secs()).max(Self::MIN).min(limit))
        };
        let absolute = within(absolute, self.absolute);
        Self { idle: within(idle, self.idle).min(absolute), absolute }
    }

    /// The longest time without use.
    #[must_use]
    pub const fn idle(self) -> Duration {
        self.idle
    }

    /// The longest time from the login.
    #[must_use]
    pub const fn absolute(self) -> Duration {
        self.absolute
    }

    /// The deadlines of a session that starts `now`.
    #[must_use]
    pub fn start(self, now: UnixTime) -> Deadlines {
        let absolute_expires_at = now.saturating_add(self.absolute);
        Deadlines { idle_expires_at: self.idle_deadline(absolute_expires_at, now), absolute_expires_at }
    }

    /// The idle deadline of a session used `now`; never past the absolute one.
    #[must_use]
    pub fn idle_deadline(self, absolute_expires_at: UnixTime, now: UnixTime) -> UnixTime {
        now.saturating_add(self.idle).min(absolute_expires_at)
    }

    /// Judges both deadlines of a session: the one place where a session's age is decided.
    #[must_use]
    pub fn judge(self, deadlines: Deadlines, now: UnixTime) -> Standing {
        let Deadlines { idle_expires_at, absolute_expires_at } = deadlines;
        if now >= absolute_expires_at {
            Standing::AbsolutelyExpired
        } else if now >= idle_expires_at {
            Standing::IdlyExpired
        } else {
            Standing::Unexpired {
                extend_to: self.extension(deadlines, now),
                // After the clock was set back the deadline may be further away than any use put it.
                time_to_live: idle_expires_at.min(absolute_expires_at).saturating_since(now).min(self.idle),
            }
        }
    }

    /// The shortest time between two extensions of one session: `max(30 s, idle / 20)`. A timeout of
    /// under a minute is pushed at its half, or it would never be.
    #[must_use]
    pub fn extension_interval(self) -> Duration {
        let share_of_idle =
            |divisor: u64| Duration::from_secs(self.idle.as_secs().div_euclid(divisor).max(1));
        Self::MIN_EXTENSION_INTERVAL.max(share_of_idle(20)).min(share_of_idle(2))
    }

    /// The new idle deadline, once pushing it is worth a write. The last push, up to the absolute
    /// deadline, is always due.
    fn extension(self, deadlines: Deadlines, now: UnixTime) -> Option<UnixTime> {
        let target = self.idle_deadline(deadlines.absolute_expires_at, now);
        let gain = target.saturating_since(deadlines.idle_expires_at);
        let reaches_absolute = target == deadlines.absolute_expires_at && !gain.is_zero();
        (gain >= self.extension_interval() || reaches_absolute).then_some(target)
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { idle: Self::DEFAULT_IDLE, absolute: Self::DEFAULT_ABSOLUTE }
    }
}

/// Until when a session may live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Without use, until then; pushed by use.
    pub idle_expires_at: UnixTime,
    /// In any case until then; never moves.
    pub absolute_expires_at: UnixTime,
}

/// What [`Timeouts::judge`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Neither deadline has passed.
    Unexpired {
        /// The idle deadline that use should push it to; `None` while that is not worth a write.
        extend_to: Option<UnixTime>,
        /// Until the nearer deadline.
        time_to_live: Duration,
    },
    /// Not used for too long.
    IdlyExpired,
    /// Past the absolute deadline, used or not.
    AbsolutelyExpired,
}

/// Timeouts that make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeoutsError {
    /// The idle timeout is under two seconds.
    #[error("idle timeout is under two seconds")]
    IdleTooShort,
    /// The idle timeout is longer than the absolute one.
    #[error("idle timeout is longer than the absolute timeout")]
    IdleLongerThanAbsolute,
    /// The absolute timeout is longer than [`Timeouts::MAX_ABSOLUTE`].
    #[error("absolute timeout is longer than 400 days")]
    AbsoluteTooLong,
}

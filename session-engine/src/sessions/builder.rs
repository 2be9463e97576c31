use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use session_core::Timeouts;

use super::Sessions;
use super::counts::SessionCounts;
use super::near_cache::{NearCache, NearCacheLimits};
use super::pace::{Pace, PaceLimit};
use crate::audit::Audit;
use crate::clock::{Clock, SystemClock};
use crate::events::Events;
use crate::keys::Keys;
#[cfg(feature = "legacy")]
use crate::legacy::LegacySessions;
#[cfg(feature = "passwords")]
use crate::logins::Users;
use crate::store::{BoundedStore, ChangeListener, Store};

/// Puts [`Sessions`] together.
#[must_use]
pub struct SessionsBuilder {
    keys: Keys,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    issuer: String,
    timeouts: Timeouts,
    guest_timeouts: Option<Timeouts>,
    #[cfg(feature = "passwords")]
    users: Option<Arc<dyn Users>>,
    max_per_subject: NonZero<usize>,
    change_pace: Pace,
    renewal_pace: Pace,
    device_pace: Pace,
    events: Option<Events>,
    near_cache: Option<NearCacheLimits>,
    #[cfg(feature = "legacy")]
    legacy: Option<LegacySessions>,
}

impl Sessions {
    /// Sessions in `store`, with cookies and statements under `keys`; the rest is by default unless
    /// it is set.
    pub fn builder(keys: Keys, store: Arc<dyn Store>) -> SessionsBuilder {
        SessionsBuilder {
            keys,
            store,
            clock: Arc::new(SystemClock),
            issuer: SessionsBuilder::DEFAULT_ISSUER.into(),
            timeouts: Timeouts::default(),
            guest_timeouts: None,
            #[cfg(feature = "passwords")]
            users: None,
            max_per_subject: SessionsBuilder::DEFAULT_MAX_PER_SUBJECT,
            change_pace: SessionsBuilder::DEFAULT_CHANGE_PACE,
            renewal_pace: SessionsBuilder::DEFAULT_RENEWAL_PACE,
            device_pace: SessionsBuilder::DEFAULT_DEVICE_PACE,
            events: None,
            near_cache: Some(NearCacheLimits::default()),
            #[cfg(feature = "legacy")]
            legacy: None,
        }
    }
}

impl SessionsBuilder {
    /// Who statements say that they come from, unless it is set: a server on one's own machine.
    pub const DEFAULT_ISSUER: &str = "http://127.0.0.1:8080";

    /// The absolute timeout of guests, unless it is set: long enough to fill a cart, and nobody
    /// misses it afterwards. Their idle timeout is that of all sessions.
    pub const DEFAULT_GUEST_ABSOLUTE: Duration = Duration::from_secs(2 * 60 * 60);

    /// How many sessions a subject may have, unless it is set.
    pub const DEFAULT_MAX_PER_SUBJECT: NonZero<usize> = NonZero::new(100).unwrap();

    /// How often the data of one session may be changed, unless it is set: 100 times at once, and 20
    /// times a second.
    pub const DEFAULT_CHANGE_PACE: Pace = Pace { burst: 100, interval: Duration::from_millis(50) };

    /// How often the sessions of one subject may be renewed, unless it is set: 30 times at once, and
    /// once a second. Each renewal stands in the revocation feed for six minutes.
    pub const DEFAULT_RENEWAL_PACE: Pace = Pace { burst: 30, interval: Duration::from_secs(1) };

    /// How often one session may list or end the sessions of its subject, unless it is set: 30 times at
    /// once, and once a second. Each time may concern a hundred sessions. Of one session and not of the
    /// subject: a thief who uses it up keeps the owner from nothing.
    pub const DEFAULT_DEVICE_PACE: Pace = Pace { burst: 30, interval: Duration::from_secs(1) };

    /// Who may end sessions that were begun by a password: see
    /// [`Users::sessions_of`](crate::Users::sessions_of).
    #[cfg(feature = "passwords")]
    pub fn users(self, users: Arc<dyn Users>) -> Self {
        Self { users: Some(users), ..self }
    }

    /// How many sessions a subject may have; with one more, the one that was used least lately ends.
    pub fn max_per_subject(self, max_per_subject: NonZero<usize>) -> Self {
        Self { max_per_subject, ..self }
    }

    /// How often the data of one session may be changed, on each server.
    pub fn change_pace(self, change_pace: Pace) -> Self {
        Self { change_pace, ..self }
    }

    /// How often the sessions of one subject may be renewed, on each server.
    pub fn renewal_pace(self, renewal_pace: Pace) -> Self {
        Self { renewal_pace, ..self }
    }

    /// How often one session may list or end the sessions of its subject, on each server.
    pub fn device_pace(self, device_pace: Pace) -> Self {
        Self { device_pace, ..self }
    }

    /// How much is kept of sessions that were just checked, so that the next check need not ask the store; `None`
    /// for nothing. It is so with a store that tells of changes, as one in Redis does, and nothing is kept of any
    /// other. Whatever changes or ends a session never goes by it.
    pub fn near_cache(self, near_cache: Option<NearCacheLimits>) -> Self {
        Self { near_cache, ..self }
    }

    /// What others are told by of what happens to sessions; without it they are told nothing, and it costs nothing.
    pub fn events(self, events: Events) -> Self {
        Self { events: Some(events), ..self }
    }

    /// Sessions of another library in the same Redis, which are [taken over](Sessions::take_over_legacy).
    #[cfg(feature = "legacy")]
    pub fn legacy(self, legacy: LegacySessions) -> Self {
        Self { legacy: Some(legacy), ..self }
    }

    /// Where the time comes from, if not from the operating system. The store must have the same.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The URL of the server as its users know it: statements name it as their issuer.
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), ..self }
    }

    /// How long sessions live.
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// How long guests' sessions live.
    pub fn guest_timeouts(self, timeouts: Timeouts) -> Self {
        Self { guest_timeouts: Some(timeouts), ..self }
    }

    /// The sessions.
    #[must_use]
    pub fn build(self) -> Sessions {
        let near = self.near_cache.map(|limits| Arc::new(NearCache::new(limits)));
        let listener = near.clone().map(|near| near as Arc<dyn ChangeListener>);
        let guest_timeouts = self.guest_timeouts.unwrap_or_else(|| guests(self.timeouts));
        Sessions {
            store: BoundedStore::new(self.store, listener),
            clock: self.clock,
            #[cfg(feature = "passwords")]
            users: self.users,
            keys: Arc::new(ArcSwap::from_pointee(self.keys)),
            issuer: self.issuer.into(),
            timeouts: self.timeouts,
            guest_timeouts,
            max_per_subject: self.max_per_subject,
            known: Arc::default(),
            near,
            changes: Arc::default(),
            change_pace: Arc::new(PaceLimit::new(self.change_pace)),
            renewal_pace: Arc::new(PaceLimit::new(self.renewal_pace)),
            device_pace: Arc::new(PaceLimit::new(self.device_pace)),
            latest_feed: Arc::default(),
            counts: Arc::new(SessionCounts::new()),
            #[cfg(feature = "legacy")]
            legacy: self.legacy.map(Arc::new),
            audit: Audit::new(self.events),
        }
    }
}

fn guests(timeouts: Timeouts) -> Timeouts {
    let absolute = timeouts.absolute().min(SessionsBuilder::DEFAULT_GUEST_ABSOLUTE);
    // A shorter span than that of good timeouts, and no shorter than their idle one, is good too.
    Timeouts::new(timeouts.idle().min(absolute), absolute).unwrap_or(timeouts)
}

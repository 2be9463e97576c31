//! What may happen to a session: every decision between an application above and a store below.

mod builder;
mod change;
mod change_queues;
mod counts;
mod device;
mod error;
mod feed;
mod find;
mod known_sessions;
mod list;
mod live;
mod near_cache;
mod pace;
mod renew;
mod resume;
mod revoke;
mod start;
mod start_once;
mod statement;
#[cfg(feature = "legacy")]
mod take_over;

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use session_core::{KeyRing, SessionId, Timeouts, UnixTime};

use crate::audit::Audit;
use crate::clock::Clock;
use crate::keys::Keys;
#[cfg(feature = "legacy")]
use crate::legacy::LegacySessions;
#[cfg(feature = "passwords")]
use crate::logins::Users;
use crate::record::Terms;
use crate::store::{BoundedStore, Store};
use crate::subject::Subject;
use change_queues::ChangeQueues;
use counts::SessionCounts;
use feed::LatestFeed;
use known_sessions::KnownSessions;
use near_cache::NearCache;
use pace::PaceLimit;

pub use builder::SessionsBuilder;
pub use change::DataChange;
pub use error::SessionError;
pub use find::FoundSession;
pub use list::ListedSession;
pub use live::{Guest, GuestSession, LiveSession, Owner};
pub use near_cache::NearCacheLimits;
pub use pace::Pace;
pub use renew::Renewal;
pub use resume::{Activity, Resumed};
pub use revoke::Revocation;
pub use start::{Issued, NewSession};
pub use start_once::START_KEY_LIFETIME;
#[cfg(feature = "legacy")]
pub use take_over::LegacyOutcome;

/// Starts, resumes, renews and revokes sessions, and reads and changes their data.
///
/// It holds no session: any number of servers work on one store. Clones are the same.
#[derive(Clone)]
pub struct Sessions {
    store: BoundedStore,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "passwords")]
    users: Option<Arc<dyn Users>>,
    keys: Arc<ArcSwap<Keys>>,
    issuer: Arc<str>,
    timeouts: Timeouts,
    guest_timeouts: Timeouts,
    max_per_subject: NonZero<usize>,
    known: Arc<KnownSessions>,
    near: Option<Arc<NearCache>>,
    changes: Arc<ChangeQueues>,
    change_pace: Arc<PaceLimit<SessionId>>,
    renewal_pace: Arc<PaceLimit<Subject>>,
    device_pace: Arc<PaceLimit<SessionId>>,
    latest_feed: Arc<LatestFeed>,
    counts: Arc<SessionCounts>,
    #[cfg(feature = "legacy")]
    legacy: Option<Arc<LegacySessions>>,
    audit: Audit,
}

impl Sessions {
    /// The present keys.
    #[must_use]
    pub fn keys(&self) -> Arc<Keys> {
        self.keys.load_full()
    }

    /// Goes on with the keys of another ring, for the same cookie. Requests that are under way end
    /// with those that they began with. A key for statements that is new signs once it has been published for twice
    /// as long as others may keep what they have fetched, or at once if the one before it is gone.
    pub fn change_keys(&self, ring: &KeyRing) {
        let now = self.now();
        self.keys.rcu(|keys| keys.succeeded_by(ring, now));
    }

    /// Where they are kept. Asked directly, it takes as long as it takes: the
    /// [budget](crate::REQUEST_BUDGET) is kept by the sessions.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        self.store.unbounded()
    }

    /// Brings up to date what is measured of the store and is a state rather than a count: for whoever is
    /// about to read the metrics.
    pub fn observe(&self) {
        self.store.observe();
    }

    /// Who statements say that they come from.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// How long ago the password was entered, or whatever else the subject proved itself with.
    #[must_use]
    pub fn password_age(&self, session: &LiveSession) -> Duration {
        self.now().saturating_since(session.record().authenticated_at)
    }

    /// The time by the clock that all servers share, as far as it is known (R71).
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.clock.now().saturating_add_signed(self.store.seconds_ahead())
    }

    /// Whether a session stands as far as its user goes. While that cannot be said, it does.
    #[cfg_attr(not(feature = "passwords"), expect(unused_variables, reason = "nobody has a password"))]
    async fn stands(&self, by_password: bool, subject: Option<&Subject>, authenticated_at: UnixTime) -> bool {
        #[cfg(feature = "passwords")]
        if let (Some(users), Some(subject), true) = (&self.users, subject, by_password) {
            let sessions = users.sessions_of(subject).await;
            return sessions.map_or(true, |sessions| sessions.includes(authenticated_at));
        }
        true
    }

    /// Which timeouts hold: a guest's are others, and a session may have a shorter one of its own.
    fn timeouts(&self, terms: Terms) -> Timeouts {
        let timeouts = if terms.is_guest { self.guest_timeouts } else { self.timeouts };
        timeouts.shortened(terms.idle_timeout, None)
    }
}

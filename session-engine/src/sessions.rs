//! What may happen to a session: every decision between an application above and a store below.

mod builder;
mod change;
mod change_queues;
mod error;
mod feed;
mod known_deadlines;
mod list;
mod live;
mod renew;
mod resume;
mod revoke;
mod start;
mod statement;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use session_core::{KeyRing, Timeouts};

use crate::clock::Clock;
use crate::keys::Keys;
use crate::store::Store;
use change_queues::ChangeQueues;
use feed::LatestFeed;
use known_deadlines::KnownDeadlines;

pub use builder::SessionsBuilder;
pub use change::DataChange;
pub use error::SessionError;
pub use live::{Guest, GuestSession, LiveSession, Owner};
pub use renew::Renewal;
pub use resume::{Activity, Resumed};
pub use revoke::Revocation;
pub use start::{Issued, NewSession};

/// Starts, resumes, renews and revokes sessions, and reads and changes their data.
///
/// It holds no session: any number of servers work on one store.
pub struct Sessions {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    keys: ArcSwap<Keys>,
    issuer: String,
    timeouts: Timeouts,
    guest_timeouts: Timeouts,
    known_deadlines: KnownDeadlines,
    changes: ChangeQueues,
    latest_feed: LatestFeed,
}

impl Sessions {
    /// The present keys.
    #[must_use]
    pub fn keys(&self) -> Arc<Keys> {
        self.keys.load_full()
    }

    /// Goes on with the keys of another ring, for the same cookie. Requests that are under way end
    /// with those that they began with.
    pub fn change_keys(&self, ring: &KeyRing) {
        let cookie = self.keys.load().cookie_name().clone();
        self.keys.store(Arc::new(Keys::new(ring, cookie)));
    }

    /// Where they are kept.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Who statements say that they come from.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// How long ago the password was entered, or whatever else the subject proved itself with.
    #[must_use]
    pub fn password_age(&self, session: &LiveSession) -> Duration {
        self.clock.now().saturating_since(session.record().authenticated_at)
    }

    fn timeouts(&self, is_guest: bool) -> Timeouts {
        if is_guest { self.guest_timeouts } else { self.timeouts }
    }
}

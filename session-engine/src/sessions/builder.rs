use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use session_core::Timeouts;

use super::Sessions;
use super::change_queues::ChangeQueues;
use super::feed::LatestFeed;
use super::known_deadlines::KnownDeadlines;
use crate::clock::{Clock, SystemClock};
use crate::keys::Keys;
use crate::store::Store;

/// Puts [`Sessions`] together.
#[must_use]
pub struct SessionsBuilder {
    keys: Keys,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    issuer: String,
    timeouts: Timeouts,
    guest_timeouts: Option<Timeouts>,
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
        }
    }
}

impl SessionsBuilder {
    /// Who statements say that they come from, unless it is set: a server on one's own machine.
    pub const DEFAULT_ISSUER: &str = "http://127.0.0.1:8080";

    /// The absolute timeout of guests, unless it is set: long enough to fill a cart, and nobody
    /// misses it afterwards. Their idle timeout is that of all sessions.
    pub const DEFAULT_GUEST_ABSOLUTE: Duration = Duration::from_secs(2 * 60 * 60);

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
        let guest_timeouts = self.guest_timeouts.unwrap_or_else(|| guests(self.timeouts));
        Sessions {
            store: self.store,
            clock: self.clock,
            keys: ArcSwap::from_pointee(self.keys),
            issuer: self.issuer,
            timeouts: self.timeouts,
            guest_timeouts,
            known_deadlines: KnownDeadlines::default(),
            changes: ChangeQueues::default(),
            latest_feed: LatestFeed::default(),
        }
    }
}

fn guests(timeouts: Timeouts) -> Timeouts {
    let absolute = timeouts.absolute().min(SessionsBuilder::DEFAULT_GUEST_ABSOLUTE);
    // A shorter span than that of good timeouts, and no shorter than their idle one, is good too.
    Timeouts::new(timeouts.idle().min(absolute), absolute).unwrap_or(timeouts)
}

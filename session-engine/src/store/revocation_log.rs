use async_trait::async_trait;
use session_core::{SessionId, UnixTime};

use super::Unavailable;

/// Remembers for some minutes which sessions were ended by decision.
#[async_trait]
pub trait RevocationLog: Send + Sync + 'static {
    /// Notes that a session is revoked, for as long as [`REVOCATION_INTEREST`] by the store's clock.
    /// Noting it twice is noting it once, of late. Works when the store is full, as what comes
    /// before a deletion must.
    ///
    /// Only of sessions that are there: so what is noted grows with revocations, and not with what
    /// strangers ask for.
    ///
    /// [`REVOCATION_INTEREST`]: session_core::REVOCATION_INTEREST
    async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable>;

    /// What is noted, complete as of a time by the same clock, so never from a cache; of more than
    /// [`MAX_REVOCATIONS`] the latest. Works when the store cannot write.
    async fn revocations(&self) -> Result<Revocations, Unavailable>;
}

/// How many revocations are told of: more than a feed of 4 MiB holds, nobody reads (FORMAT.md §3).
pub const MAX_REVOCATIONS: usize = 100_000;

/// The revocations that are of interest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocations {
    /// The sessions, each once, in no particular order.
    pub ids: Vec<SessionId>,
    /// When that was so, by the store's clock: the one that all servers share.
    pub as_of: UnixTime,
}

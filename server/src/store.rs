//! Where sessions are kept: the contract that every store fulfils, and the two stores.
//!
//! A store keeps *documents* under session IDs and understands none of them: what a record means,
//! and when it is due to be extended, is decided above it. It lets a document go at its idle
//! deadline, and never later than the clock that it was given says.
//!
//! Every answer is definite or [`Unavailable`]. "Absent" is an answer, not an error, and it is
//! given only when the store positively knows it: whoever asks turns it into a 401, while a doubt
//! becomes a 503 that leaves the cookie alone (R51).

pub mod embedded;
pub mod redis;

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use session_core::{SessionId, UnixTime};
use sha2::{Digest, Sha256};

use crate::Subject;

/// The contract of a store. One suite of tests runs it on every implementation.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Keeps a new document until `idle_expires_at`, only if nothing is kept under its ID. The
    /// entry in the subject's index is there before the document is, so that a living session
    /// is always in the index (R2, R27).
    async fn create(
        &self,
        entry: &Entry,
        document: &[u8],
        idle_expires_at: UnixTime,
    ) -> Result<Creation, Unavailable>;

    /// Reads a document, and in the same step pushes its idle deadline to `extend_to` if that is
    /// given. When the store can read but not write just then, it reads without extending.
    async fn load(&self, id: SessionId, extend_to: Option<UnixTime>) -> Result<Option<Stored>, Unavailable>;

    /// When the document will be let go; `None` when it is absent.
    async fn idle_deadline(&self, id: SessionId) -> Result<Option<UnixTime>, Unavailable>;

    /// Replaces a document by another in one step, only if it is present and still `expected`
    /// (R23, R24). Its idle deadline stays as it is.
    async fn update(&self, id: SessionId, expected: &[u8], document: &[u8]) -> Result<Change, Unavailable>;

    /// Lets a document go at once, with its entry in the index. Works when the store is full (F12).
    /// Says whether it was there.
    async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable>;

    /// Like [`delete`](Self::delete), only if the document is still `expected`.
    async fn delete_unchanged(&self, entry: &Entry, expected: &[u8]) -> Result<Change, Unavailable>;

    /// Every document of a subject, in no particular order. Entries whose document is gone are
    /// trimmed on the way, but never one so young that its document may still be on its way (R28).
    async fn list(&self, subject: &Subject) -> Result<Vec<Listed>, Unavailable>;

    /// The subject's epoch: whoever creates a session reads it before and after, and takes the
    /// session back if it changed.
    async fn epoch(&self, subject: &Subject) -> Result<Epoch, Unavailable>;

    /// Changes the subject's epoch to one it never had, before its sessions are listed to be
    /// revoked: so no session slips through that is being created at that moment (R27).
    async fn change_epoch(&self, subject: &Subject) -> Result<(), Unavailable>;

    /// Notes that a session is revoked, for as long as [`REVOCATION_INTEREST`] by the store's clock.
    /// Noting it twice is noting it once, of late. Works when the store is full, as what comes
    /// before a deletion must.
    ///
    /// Only of sessions that are there: so what is noted grows with revocations, and not with what
    /// strangers ask for.
    ///
    /// [`REVOCATION_INTEREST`]: session_core::REVOCATION_INTEREST
    async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable>;

    /// What is noted, complete as of a time by the same clock. Works when the store cannot write.
    async fn revocations(&self) -> Result<Revocations, Unavailable>;

    /// Counts one more attempt under `key` and says how many there were within `window`, which
    /// starts with the first attempt. Shared by every server on the store (R43).
    async fn count_attempt(&self, key: &AttemptKey, window: Duration) -> Result<Attempts, Unavailable>;

    /// Takes one attempt back, which turned out to be a good one.
    async fn forgive_attempt(&self, key: &AttemptKey) -> Result<(), Unavailable>;

    /// Whether the store has answered lately. Asks nothing of it.
    fn is_available(&self) -> bool;
}

/// What a store must know of a session besides its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub id: SessionId,
    /// Whose index it is in.
    pub subject: Subject,
    /// When the ID was issued; an index entry this old may be trimmed.
    pub issued_at: UnixTime,
    /// When the index entry may be forgotten in any case.
    pub absolute_expires_at: UnixTime,
}

/// A document as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The bytes, for reading and to be named as `expected` in a change.
    pub document: Vec<u8>,
    /// When it will be let go, if that was learnt on the way.
    pub idle_expires_at: Option<UnixTime>,
}

/// A document in a subject's index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its place in the index.
    pub entry: Entry,
    /// The bytes.
    pub document: Vec<u8>,
    /// When it will be let go.
    pub idle_expires_at: UnixTime,
}

/// What became of a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// The document is kept.
    Created,
    /// Something was there already, and still is.
    Exists,
}

/// What became of a change to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is done.
    Done,
    /// The document is another one by now; nothing was changed.
    Conflict,
    /// There is no document; nothing was made.
    Absent,
}

/// The revocations that are of interest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocations {
    /// The sessions, each once, in no particular order.
    pub ids: Vec<SessionId>,
    /// When that was so, by the store's clock: the one that all servers share.
    pub as_of: UnixTime,
}

/// A subject's epoch; only good for telling whether it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch(pub(crate) Option<Vec<u8>>);

/// What attempts are counted by. Only a short, canonical text: it becomes part of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttemptKey(pub(crate) String);

impl AttemptKey {
    /// Counts what is tried for one account name. The name is hashed: it may be of any length and
    /// content, and people type passwords into the wrong field.
    #[must_use]
    pub fn account(name: &str) -> Self {
        let hash = Sha256::digest(name.as_bytes());
        Self(format!("account:{}", URL_SAFE_NO_PAD.encode(&hash[..16])))
    }

    /// Counts what is tried from one address. Of an IPv6 address only the first 64 bits count,
    /// since a customer usually has all addresses that share them.
    #[must_use]
    pub fn address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(format!("address:{address}")),
            IpAddr::V6(address) => {
                let network = Ipv6Addr::from_bits(address.to_bits() >> 64 << 64);
                Self(format!("address:{network}/64"))
            }
        }
    }
}

/// How many attempts there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// With this one.
    pub count: u64,
    /// Until they are forgotten.
    pub forgotten_in: Duration,
}

/// The store did not answer, or not in time, or not definitely: nothing is known, and what was
/// asked for may or may not have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("session store is unavailable")]
pub struct Unavailable;

/// How old an index entry without a document must be before it is trimmed: longer than any
/// creation may take, and than clocks may differ.
pub(crate) const TRIM_AGE: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let key = |text: &str| AttemptKey::address(text.parse().unwrap()).0;
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "address:2001:db8:1:2::/64");
        assert_eq!(key("2001:db8:1:2::"), "address:2001:db8:1:2::/64");
        assert_ne!(key("2001:db8:1:3::"), key("2001:db8:1:2::"));
        assert_eq!(key("::ffff:192.0.2.7"), "address:192.0.2.7");
    }

    #[test]
    fn an_account_counter_does_not_tell_the_name() {
        let AttemptKey(key) = AttemptKey::account("oops, my password");
        assert_eq!(key.len(), "account:".len() + 22);
        assert!(!key.contains("password"));
    }
}

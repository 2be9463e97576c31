use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::Serialize;

use crate::json::{Reader, once};
use crate::jws::UnverifiedJws;
use crate::session_id::SessionId;
use crate::statement::MAX_STATEMENT_LIFETIME;
use crate::statement_keys::StatementKeySet;
use crate::statement_refusal::StatementRefusal;
use crate::statement_signer::StatementSigner;
use crate::time::CLOCK_SKEW;
use crate::time::UnixTime;

const TYPE: &str = "session-revocations+jwt";

/// How long a revocation is of interest. The last statement about the session was made before it,
/// and is believed by nobody after this, even if the clocks of its maker and its reader differ by
/// as much as they may.
pub const REVOCATION_INTEREST: Duration = MAX_STATEMENT_LIFETIME.saturating_add(CLOCK_SKEW);

/// Feeds are dated in steps of so many seconds: within one, every server makes the very same bytes
/// of the same revocations, and what has not changed need not be sent again.
const STEP_SECS: u64 = 5;

/// How long a feed says what is current. A step may have passed when it is made, a second when it
/// leaves the server, and two when it leaves a cache: this leaves as much again to ask for the next.
pub const FEED_LIFETIME: Duration = Duration::from_secs(15);

/// The revocations that a statement may not know of yet: one document for all who hold statements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevocationFeed {
    /// The server that says it.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// When it was made, in steps of 5 s. Of two feeds the one of the later step is the newer.
    #[serde(rename = "iat")]
    pub issued_at: UnixTime,
    /// Until when it tells what is current.
    #[serde(rename = "exp")]
    pub expires_at: UnixTime,
    /// The sessions revoked within [`REVOCATION_INTEREST`], each once, in ascending order of their
    /// bytes.
    pub revoked: Vec<SessionId>,
}

impl RevocationFeed {
    /// The feed of what was revoked as of a time by the clock of the store, which is the same for
    /// every server.
    #[must_use]
    pub fn new(issuer: String, revoked: impl IntoIterator<Item = SessionId>, as_of: UnixTime) -> Self {
        let into_the_step = Duration::from_secs(as_of.as_secs() % STEP_SECS);
        let issued_at = as_of.saturating_sub(into_the_step);
        let mut revoked: Vec<SessionId> = revoked.into_iter().collect();
        revoked.sort_unstable();
        revoked.dedup();
        Self { issuer, issued_at, expires_at: issued_at.saturating_add(FEED_LIFETIME), revoked }
    }

    /// Unknown members are passed over; a known one that comes twice is refused.
    pub(crate) fn read(payload: &str) -> Option<Self> {
        let (mut issuer, mut issued_at, mut expires_at, mut revoked) = (None, None, None, None);
        Reader::new(payload).whole(|reader| {
            reader.object(&mut |name, reader| match name {
                "iss" => once(&mut issuer, reader.text()),
                "iat" => once(&mut issued_at, reader.time()),
                "exp" => once(&mut expires_at, reader.time()),
                "revoked" => once(&mut revoked, read_ids(reader)),
                _ => reader.raw().map(drop),
            })
        })?;
        Some(Self { issuer: issuer?, issued_at: issued_at?, expires_at: expires_at?, revoked: revoked? })
    }

    fn is_lawful(&self) -> bool {
        let is_ascending = self.revoked.is_sorted_by(|one, next| one < next);
        let lifetime = self.expires_at.saturating_since(self.issued_at);
        is_ascending && !lifetime.is_zero() && lifetime <= FEED_LIFETIME
    }
}

impl StatementSigner {
    /// The feed as a JWS in compact form, under the key of statements: whoever can check those can
    /// check it. The same feed has the same text.
    ///
    /// # Errors
    /// When it has no lawful lifetime, or its sessions are not in order.
    pub fn sign_revocations(&self, feed: &RevocationFeed) -> Result<String, UnfitFeed> {
        feed.is_lawful().then(|| self.sign_as(TYPE, feed)).flatten().ok_or(UnfitFeed)
    }
}

fn read_ids(reader: &mut Reader<'_>) -> Option<Vec<SessionId>> {
    let mut ids = Vec::new();
    reader.array(&mut |reader| {
        ids.push(SessionId::read(reader)?);
        Some(())
    })?;
    Some(ids)
}

/// A feed with a good signature of the expected issuer, within its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticFeed(RevocationFeed);

impl AuthenticFeed {
    /// What it says.
    #[must_use]
    pub const fn feed(&self) -> &RevocationFeed {
        &self.0
    }

    pub(crate) fn into_feed(self) -> RevocationFeed {
        self.0
    }
}

impl StatementKeySet {
    /// Judges a feed by FORMAT.md §3: in the order of a statement, and with its reasons.
    ///
    /// # Errors
    /// The first reason that applies.
    pub fn verify_revocations(
        &self,
        feed: &str,
        issuer: &str,
        now: UnixTime,
    ) -> Result<AuthenticFeed, StatementRefusal> {
        let jws = UnverifiedJws::parse(feed, TYPE).ok_or(StatementRefusal::Malformed)?;
        let feed = RevocationFeed::read(&jws.payload).filter(RevocationFeed::is_lawful);
        let feed = feed.ok_or(StatementRefusal::Malformed)?;
        self.verify_signature(&jws, &feed.issuer, issuer)?;
        StatementRefusal::judge_time(feed.issued_at, feed.expires_at, now)?;
        Ok(AuthenticFeed(feed))
    }
}

/// A feed that no reader would take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("revocation feed does not last 1 to 15 seconds, or has its sessions out of order")]
pub struct UnfitFeed;

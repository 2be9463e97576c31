use crate::revocations::{AuthenticFeed, RevocationFeed};
use crate::session_id::SessionId;
use crate::statement::AuthenticStatement;
use crate::statement_refusal::StatementRefusal;
use crate::time::UnixTime;

/// What a verifier has learnt from revocation feeds so far.
#[derive(Clone, Debug, Default)]
pub struct KnownRevocations {
    latest: Option<RevocationFeed>,
}

/// How far a statement has been held against revocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationCheck {
    /// Up to when revocations are known; `None` when no feed was ever seen.
    pub checked_at: Option<UnixTime>,
    /// Whether the feed is still good: only then the statement is *current*. Otherwise it is
    /// *authentic*, and the caller decides what that is worth.
    pub current: bool,
}

impl KnownRevocations {
    /// Learns from a feed (FORMAT.md §3). A newer one takes the place of the one before; of two
    /// with the same time of making, which a cache can hand out in the wrong order, all
    /// revocations count; an older one says nothing new.
    pub fn learn(&mut self, feed: AuthenticFeed) {
        let feed = feed.into_feed();
        match &mut self.latest {
            Some(latest) if latest.issued_at > feed.issued_at => {}
            Some(latest) if latest.issued_at == feed.issued_at => {
                for id in feed.revoked {
                    if let Err(place) = latest.revoked.binary_search(&id) {
                        latest.revoked.insert(place, id);
                    }
                }
            }
            latest => *latest = Some(feed),
        }
    }

    /// Holds an authentic statement against what is known.
    ///
    /// # Errors
    /// [`StatementRefusal::Revoked`], also by a feed that is past its time: nothing un-revokes.
    pub fn check(
        &self,
        statement: &AuthenticStatement,
        now: UnixTime,
    ) -> Result<RevocationCheck, StatementRefusal> {
        self.check_session(statement.claims().session_id, now)
    }

    pub(crate) fn check_session(
        &self,
        id: SessionId,
        now: UnixTime,
    ) -> Result<RevocationCheck, StatementRefusal> {
        let Some(feed) = &self.latest else {
            return Ok(RevocationCheck { checked_at: None, current: false });
        };
        if feed.revoked.binary_search(&id).is_ok() {
            return Err(StatementRefusal::Revoked);
        }
        Ok(RevocationCheck { checked_at: Some(feed.issued_at), current: now < feed.expires_at })
    }
}

use session_core::{
    JsonObject, MAX_STATEMENT_LIFETIME, SignedStatement, StatementClaims, UnfitStatement, UnixTime,
};

use super::live::{Kept, LiveSession};
use super::{SessionError, Sessions};
use crate::subject::Subject;

impl Sessions {
    /// A short-lived statement about a session, for whoever holds only public keys. There is none
    /// about guests: it says who somebody is.
    ///
    /// # Errors
    /// When the session's claims are too long for one.
    pub fn state(&self, session: &LiveSession) -> Result<SignedStatement, SessionError> {
        self.state_of(session.subject(), session.kept())
    }

    /// Whether there can be statements about what is about to be kept.
    pub(super) fn can_be_stated(&self, kept: &Kept) -> Result<(), SessionError> {
        kept.record.subject.as_ref().map_or(Ok(()), |subject| self.state_of(subject, kept).map(drop))
    }

    fn state_of(&self, subject: &Subject, kept: &Kept) -> Result<SignedStatement, SessionError> {
        let (now, record) = (self.now(), &kept.record);
        if now >= record.absolute_expires_at {
            return Err(SessionError::Expired);
        }
        let claims = StatementClaims {
            issuer: self.issuer.to_string(),
            subject: subject.as_str().into(),
            session_id: kept.id,
            issued_at: now,
            expires_at: statement_end(now, record.absolute_expires_at),
            authenticated_at: record.authenticated_at,
            idle_expires_at: kept.idle_expires_at,
            absolute_expires_at: record.absolute_expires_at,
            claims: JsonObject::try_from(&record.claims).map_err(UnfitStatement::from)?,
        };
        Ok(self.keys.load().statements(now).sign(&claims)?)
    }
}

/// No statement outlives its session.
fn statement_end(now: UnixTime, absolute_expires_at: UnixTime) -> UnixTime {
    now.saturating_add(MAX_STATEMENT_LIFETIME).min(absolute_expires_at)
}

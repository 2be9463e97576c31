use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use session_core::{
    JsonObject, KeyId, MAX_STATEMENT_LIFETIME, SignedStatement, StatementClaims, UnfitStatement, UnixTime,
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
        let keys = self.keys.load();
        let signer = keys.statements(now);
        if let Some(statement) = kept.last_statement.by(signer.key_id(), now) {
            return Ok(statement);
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
        let statement = signer.sign(&claims)?;
        kept.last_statement.note(signer.key_id(), &claims, &statement);
        Ok(statement)
    }
}

/// No statement outlives its session.
fn statement_end(now: UnixTime, absolute_expires_at: UnixTime) -> UnixTime {
    now.saturating_add(MAX_STATEMENT_LIFETIME).min(absolute_expires_at)
}

/// The statement that was signed last about a session as it is: another one would say the same, so it is handed
/// out again until half its life is over.
#[derive(Default)]
pub(super) struct LastStatement(ArcSwapOption<Signed>);

struct Signed {
    by: KeyId,
    issued_at: UnixTime,
    old_at: UnixTime,
    statement: SignedStatement,
}

impl LastStatement {
    pub(super) const fn none() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    /// One that was signed with this key. A clock that was set back tells nothing of how old it is.
    fn by(&self, key: KeyId, now: UnixTime) -> Option<SignedStatement> {
        let last = self.0.load();
        let last =
            last.as_ref().filter(|last| last.by == key && (last.issued_at..last.old_at).contains(&now))?;
        Some(last.statement.clone())
    }

    fn note(&self, by: KeyId, claims: &StatementClaims, statement: &SignedStatement) {
        let life = claims.expires_at.saturating_since(claims.issued_at);
        let half = Duration::from_secs(life.as_secs() / 2);
        let old_at = claims.issued_at.saturating_add(half);
        let signed = Signed { by, issued_at: claims.issued_at, old_at, statement: statement.clone() };
        self.0.store(Some(Arc::new(signed)));
    }
}

/// What is changed is another session to tell of.
impl Clone for LastStatement {
    fn clone(&self) -> Self {
        Self::none()
    }
}

impl fmt::Debug for LastStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LastStatement(..)")
    }
}

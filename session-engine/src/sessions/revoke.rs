use futures_util::{StreamExt, TryStreamExt, stream};
use session_core::{AuthenticCookie, SessionId};

use super::{Activity, SessionError, Sessions};
use crate::record::Record;
use crate::store::{Entry, Freshness, Unavailable};
use crate::subject::Subject;

/// How many sessions of a subject are revoked at once.
const CONCURRENT_REVOCATIONS: usize = 64;

/// How often revoking all looks again for sessions that were renewed meanwhile.
const MAX_PASSES: usize = 20;

/// Which of a subject's sessions are revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revocation {
    /// All of them.
    All,
    /// All but this one.
    AllExcept(SessionId),
}

impl Sessions {
    /// Ends the session of a cookie, whoever it belongs to; says whether there was one. This is
    /// logging out.
    ///
    /// # Errors
    /// When the cookie's secret is not the session's, or the store did not confirm it: then the
    /// session may still be alive, and the cookie must be kept so that it can be tried again (R22).
    pub async fn revoke(&self, cookie: &AuthenticCookie) -> Result<bool, SessionError> {
        match self.resume_kept(cookie, Activity::Passive, Freshness::Confirmed).await {
            // If it went meanwhile it may have been renewed, and then its successor lives: that is no
            // confirmation.
            Ok(session) => match self.end(&session.entry()).await? {
                true => Ok(true),
                false => Err(Unavailable.into()),
            },
            Err(SessionError::Ended | SessionError::Expired) => Ok(false),
            // A server of another version may be able to read it, so it has to go. Its entry in the
            // index, of whichever subject, is trimmed later.
            Err(SessionError::Unreadable(_)) => {
                let (issued_at, absolute_expires_at) = (cookie.issued_at(), cookie.expires_at());
                let id = cookie.session_id();
                self.end(&Entry { id, subject: None, issued_at, absolute_expires_at }).await
            }
            Err(error) => Err(error),
        }
    }

    /// Ends one session of a subject; says whether there was one.
    ///
    /// # Errors
    /// When the store did not confirm it.
    pub async fn revoke_one(&self, subject: &Subject, id: SessionId) -> Result<bool, SessionError> {
        let Some(stored) = self.store.load(id, Freshness::Confirmed, None).await? else { return Ok(false) };
        match Record::from_document(&stored.document) {
            Ok(record) if record.subject.as_ref() == Some(subject) => self.end(&record.entry(id)).await,
            // Somebody else's session, or nobody's: to this subject there is none.
            _ => Ok(false),
        }
    }

    /// Ends a subject's sessions, also those that are being started at this moment; says how many.
    ///
    /// # Errors
    /// When the store did not confirm all of it; it may be repeated.
    pub async fn revoke_all(&self, subject: &Subject, which: Revocation) -> Result<usize, SessionError> {
        let mut ended = 0;
        for _ in 0..MAX_PASSES {
            self.store.change_epoch(subject).await?;
            let listed = self.store.list(subject, Freshness::Confirmed).await?;
            let entries = listed.into_iter().map(|listed| listed.entry);
            let entries = entries.filter(|entry| which != Revocation::AllExcept(entry.id));
            let deleted: Vec<bool> = stream::iter(entries)
                .map(|entry| async move { self.end(&entry).await })
                .buffer_unordered(CONCURRENT_REVOCATIONS)
                .try_collect()
                .await?;
            ended += deleted.iter().filter(|&&existed| existed).count();
            // What went by itself may have been renewed: its successor was in the index before it
            // went, so the next pass finds it.
            if deleted.iter().all(|&existed| existed) {
                tracing::info!(subject = subject.as_str(), ended, "sessions revoked");
                return Ok(ended);
            }
        }
        Err(SessionError::Contended)
    }

    /// Ends a living session by decision; says whether it was still there.
    ///
    /// It is noted first: were it deleted first and then could not be noted, edges would go on to
    /// believe its last statement, with nobody left to end it once more.
    async fn end(&self, entry: &Entry) -> Result<bool, SessionError> {
        self.store.note_revocation(entry.id).await?;
        self.delete(entry).await
    }

    pub(super) async fn delete(&self, entry: &Entry) -> Result<bool, SessionError> {
        self.known_deadlines.forget(entry.id);
        Ok(self.store.delete(entry).await?)
    }
}

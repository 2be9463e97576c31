use session_core::{AuthenticCookie, SessionSecret};

use super::change::MAX_TRIES;
use super::live::LiveSession;
use super::{Activity, Issued, SessionError, Sessions};
use crate::store::{Freshness, Outcome};

/// Why an ID is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Renewal {
    /// To change the ID alone.
    Plain,
    /// Because the subject proved itself again, by its password or in the application's own way.
    Reauthenticated,
}

impl Sessions {
    /// Gives a session a new ID and secret: same data, same absolute deadline. The old ID is dead
    /// once this returns.
    ///
    /// # Errors
    /// As [`resume`](Self::resume); the old ID stands then, unless the store was unavailable.
    pub async fn renew(&self, cookie: &AuthenticCookie, renewal: Renewal) -> Result<Issued, SessionError> {
        // Against changes of its data on other servers: the old document goes only if it is still
        // the one that was copied.
        for _ in 0..MAX_TRIES {
            let old: LiveSession = self.resume_confirmed(cookie, Activity::Passive).await?;
            let now = self.clock.now();
            let secret = SessionSecret::generate()?;
            let mut record = old.record().clone();
            record.secret_hash = secret.hash();
            record.issued_at = now;
            if renewal == Renewal::Reauthenticated {
                record.authenticated_at = now;
            }
            // The new document exists before the old one goes, so that a crash in between logs
            // nobody out.
            let issued = self.issue(record, &secret, now).await?;
            // A statement about the old ID is not to look current. Should the old one live on after
            // all, its statements look as if it did not, for some minutes: an error on the safe side.
            if let Err(unavailable) = self.store.note_revocation(old.id()).await {
                self.take_back(issued.session.kept()).await;
                return Err(unavailable.into());
            }
            let deleted = self.store.delete_unchanged(&old.kept().entry(), &old.kept().document).await;
            self.known_deadlines.forget(old.id());
            match deleted {
                Ok(Outcome::Done) => return Ok(issued),
                Ok(Outcome::Conflict) => self.take_back(issued.session.kept()).await,
                Ok(Outcome::Absent) => {
                    self.take_back(issued.session.kept()).await;
                    return Err(SessionError::Ended);
                }
                // Nobody knows whether the old one is gone. If it is, the new one must stay; if it
                // is not, or may not be, the new one idles out with no one able to use it.
                Err(unavailable) => match self.store.load(old.id(), Freshness::Confirmed, None).await {
                    Ok(None) => return Ok(issued),
                    _ => return Err(unavailable.into()),
                },
            }
        }
        Err(SessionError::Contended)
    }
}

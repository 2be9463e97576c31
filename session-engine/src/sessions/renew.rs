use std::sync::Arc;
use std::time::Duration;

use session_core::{AuthenticCookie, SessionSecret, UnixTime};
use tokio::sync::oneshot;
use tracing::Instrument;

use super::live::{Kept, LiveSession};
use super::{Activity, Issued, SessionError, Sessions};
use crate::budget::in_time;
use crate::store::{Freshness, Outcome, Unavailable};

/// For so long whoever still comes with the old cookie hears that there is a newer one: another tab, or
/// a request that was sent before the answer arrived (R72).
pub(super) const RENEWAL_GRACE: Duration = Duration::from_secs(60);

/// How often a renewal begins anew after the data was changed in between. Each time it makes a session.
const MAX_TRIES: u32 = 20;

/// How often, and after what pauses, a store in trouble is asked what became of a renewal.
const UNDO_TRIES: u32 = 60;
const UNDO_PAUSE: Duration = Duration::from_secs(1);

/// Why an ID is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Renewal {
    /// To change the ID alone.
    Plain,
    /// Because the subject proved itself again, by its password or in the application's own way.
    Reauthenticated,
}

/// A renewal that is done, and what takes it back.
struct Renewed {
    issued: Issued,
    old: Arc<Kept>,
    /// What stands in the place of the old document.
    marker: Vec<u8>,
}

impl Sessions {
    /// Gives a session a new ID and secret: same data, same absolute deadline. The old ID opens nothing
    /// any more once this returns.
    ///
    /// It runs to its end when nobody waits any more, and is then taken back: whoever has not received
    /// the new cookie goes on with the old one.
    ///
    /// # Errors
    /// [`SessionError::TooFast`] when the subject does it too often, and as [`resume`](Self::resume);
    /// the old ID stands then.
    pub async fn renew(&self, cookie: &AuthenticCookie, renewal: Renewal) -> Result<Issued, SessionError> {
        let (answer, answered) = oneshot::channel();
        let (sessions, cookie) = (self.clone(), cookie.clone());
        let work = async move {
            let result = sessions.try_to_renew(&cookie, renewal).await;
            let (issued, undo) = match result {
                Ok(Renewed { issued, old, marker }) => {
                    let new = issued.session.clone();
                    (Ok(issued), Some((old, marker, new)))
                }
                Err(error) => (Err(error), None),
            };
            match (answer.send(issued), undo) {
                (Err(_), Some((old, marker, new))) => sessions.undo_renewal(&old, &marker, new.kept()).await,
                (Ok(()), Some((old, _, new))) => {
                    sessions.audit.renewed(&old.entry(), &new, renewal == Renewal::Reauthenticated);
                }
                _ => {}
            }
        };
        tokio::spawn(work.in_current_span());
        in_time(async { answered.await.map_err(|_| Unavailable) }).await?
    }

    async fn try_to_renew(
        &self,
        cookie: &AuthenticCookie,
        renewal: Renewal,
    ) -> Result<Renewed, SessionError> {
        // Against changes of its data on other servers: the old document goes only if it is still
        // the one that was copied.
        for _ in 0..MAX_TRIES {
            let old: LiveSession = self.resume_confirmed(cookie, Activity::Passive).await?;
            if renewal == Renewal::Plain {
                self.renewal_pace.step(old.subject())?;
            }
            let now = self.now();
            let secret = SessionSecret::generate()?;
            let mut record = old.record().clone();
            record.secret_hash = secret.hash();
            record.issued_at = now;
            record.predecessor = Some(old.id());
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
            let old = Arc::clone(old.kept());
            let marker = old.record.renewed_as(issued.session.id(), now).to_document()?;
            let replaced = self.store.update(old.id, &old.document(), &marker).await;
            self.known.forget(old.id);
            match replaced {
                Ok(Outcome::Done) => {
                    self.change_pace.hand_over(&old.id, issued.session.id());
                    self.device_pace.hand_over(&old.id, issued.session.id());
                    self.end_soon(&old, now).await;
                    return Ok(Renewed { issued, old, marker });
                }
                Ok(Outcome::Conflict) => self.take_back(issued.session.kept()).await,
                Ok(Outcome::Absent) => {
                    self.take_back(issued.session.kept()).await;
                    return Err(SessionError::Ended);
                }
                // Nobody knows whether the old one is gone. Whoever asked is told so and goes on with
                // the old cookie, so that is what must stand in the end.
                Err(unavailable) => {
                    let (sessions, new) = (self.clone(), Arc::clone(issued.session.kept()));
                    let undo = async move { sessions.undo_renewal(&old, &marker, &new).await };
                    tokio::spawn(undo.in_current_span());
                    return Err(unavailable.into());
                }
            }
        }
        Err(SessionError::Contended)
    }

    /// What is left of the old session need not stay longer than somebody may come with its cookie.
    async fn end_soon(&self, old: &Kept, now: UnixTime) {
        let end = now.saturating_add(RENEWAL_GRACE).min(old.idle_expires_at);
        if self.store.load(old.id, Freshness::Confirmed, Some(end)).await.is_err() {
            tracing::debug!(session_id = %old.id, "renewed session's old document stays until it idles out");
        }
    }

    /// Puts the old document back, if it went, and deletes the new one, whose cookie nobody has.
    async fn undo_renewal(&self, old: &Kept, marker: &[u8], new: &Kept) {
        for _ in 0..UNDO_TRIES {
            let Ok(outcome) = self.store.update(old.id, marker, &old.document()).await else {
                tokio::time::sleep(UNDO_PAUSE).await;
                continue;
            };
            if outcome == Outcome::Done {
                let _ = self.store.load(old.id, Freshness::Confirmed, Some(old.idle_expires_at)).await;
                tracing::info!(session_id = %old.id, "renewal taken back: nobody received the new cookie");
            }
            self.take_back(new).await;
            return;
        }
        tracing::warn!(session_id = %old.id, "unknown whether a session was renewed, since the store does not answer; who has the former cookie asks again");
    }
}

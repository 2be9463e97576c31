use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use session_core::{AuthenticCookie, SessionId, UnixTime};

use super::change::MAX_TRIES;
use super::renew::RENEWAL_GRACE;
use super::{Activity, LiveSession, SessionError, Sessions};
use crate::audit::End;
use crate::budget::to_its_end;
use crate::record::{NOBODY_KNOWS, Record, RecordHead};
use crate::store::{Entry, Freshness, Outcome, Unavailable};
use crate::subject::Subject;

/// How many sessions of a subject are revoked at once.
const CONCURRENT_REVOCATIONS: usize = 64;

/// How often whoever looks for sessions looks again for those that were renewed meanwhile.
pub(super) const MAX_PASSES: usize = 20;

/// How long a document that is on its way may take.
const MOMENT: Duration = Duration::from_millis(10);

/// Which of a subject's sessions are revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revocation {
    /// All of them.
    All,
    /// All but this one.
    AllExcept(SessionId),
}

/// Whose session an ID has to be of to be ended by it.
#[derive(Clone, Copy)]
enum Meant<'s> {
    Anybodys,
    Of(&'s Subject),
    /// One that does not stand any more as far as its user goes, or may not.
    Outdated,
}

/// What is known of a subject's entries while they are ended.
struct Sorting {
    began_at: UnixTime,
    kept: Vec<SessionId>,
    gone: Vec<SessionId>,
    missed: Vec<SessionId>,
}

enum Sorted {
    Ends,
    Stays,
    Undecided,
}

impl Sorting {
    fn of(which: Revocation, began_at: UnixTime) -> Self {
        let kept = match which {
            Revocation::AllExcept(id) => vec![id],
            Revocation::All => Vec::new(),
        };
        Self { began_at, kept, gone: Vec::new(), missed: Vec::new() }
    }

    /// The session that is kept may be renewed at this very moment, in another tab: then it is its
    /// successor that must stay. Only a young entry can be that, and its document says so.
    fn sort(&mut self, entry: &Entry, heads: &HashMap<SessionId, Option<RecordHead>>) -> Sorted {
        if self.kept.contains(&entry.id) || self.gone.contains(&entry.id) {
            return Sorted::Stays;
        }
        let is_young = entry.issued_at.saturating_add(RENEWAL_GRACE) >= self.began_at;
        if self.kept.is_empty() || !is_young {
            return Sorted::Ends;
        }
        let Some(head) = heads.get(&entry.id) else {
            // Its document is on its way, or is not: the next look tells.
            if self.missed.contains(&entry.id) {
                self.gone.push(entry.id);
            }
            self.missed.push(entry.id);
            return Sorted::Undecided;
        };
        let predecessor = head.as_ref().and_then(|head| head.predecessor);
        if predecessor.is_some_and(|predecessor| self.kept.contains(&predecessor)) {
            self.kept.push(entry.id);
            return Sorted::Stays;
        }
        Sorted::Ends
    }
}

impl Sessions {
    /// Ends the session of a cookie, whoever it belongs to; says whether there was one. This is
    /// logging out.
    ///
    /// # Errors
    /// When the cookie's secret is not the session's, or the store did not confirm it: then the
    /// session may still be alive, and the cookie must be kept so that it can be tried again (R22).
    pub async fn revoke(&self, cookie: &AuthenticCookie) -> Result<bool, SessionError> {
        Box::pin(self.revoke_as(cookie, End::LogOut)).await
    }

    pub(super) async fn revoke_as(&self, cookie: &AuthenticCookie, end: End) -> Result<bool, SessionError> {
        for _ in 0..MAX_PASSES {
            match self.resume_kept(cookie, Activity::Passive, Freshness::Confirmed).await {
                Ok(session) => {
                    match self.end_unless_renewed(&session.entry(), &session.document(), end).await? {
                        Outcome::Done => return Ok(true),
                        // If it went meanwhile it may have been renewed, and then its successor lives: that is no
                        // confirmation.
                        Outcome::Absent => return Err(SessionError::EndedMeanwhile),
                        Outcome::Conflict => {}
                    }
                }
                Err(SessionError::Ended | SessionError::Expired) => return Ok(false),
                // A server of another version may be able to read it, so it has to go. Its entry in the
                // index, of whichever subject, is trimmed later.
                Err(SessionError::Unreadable(_)) => {
                    let (issued_at, absolute_expires_at) = (cookie.issued_at(), cookie.expires_at());
                    let id = cookie.session_id();
                    return self.end(&Entry { id, subject: None, issued_at, absolute_expires_at }, end).await;
                }
                Err(error) => return Err(error),
            }
        }
        Err(SessionError::EndedMeanwhile)
    }

    /// Ends one session of whoever has this one, which must not have ended itself, at a pace; says whether there was
    /// one.
    ///
    /// # Errors
    /// [`SessionError::TooFast`], as [`confirm`](Self::confirm), and as [`revoke_one`](Self::revoke_one).
    pub async fn revoke_own_one(&self, session: &LiveSession, id: SessionId) -> Result<bool, SessionError> {
        self.device_pace.step(&session.id())?;
        let session = self.confirm(session).await?;
        Box::pin(self.end_if_meant(id, Meant::Of(session.subject()), End::Owner { by: session.id() })).await
    }

    /// Ends the sessions of whoever has this one, which must not have ended itself, at a pace; says how many.
    ///
    /// # Errors
    /// [`SessionError::TooFast`], as [`confirm`](Self::confirm), and as [`revoke_all`](Self::revoke_all).
    pub async fn revoke_own(&self, session: &LiveSession, which: Revocation) -> Result<usize, SessionError> {
        self.device_pace.step(&session.id())?;
        let session = self.confirm(session).await?;
        Box::pin(self.end_all(session.subject(), which, End::Owner { by: session.id() })).await
    }

    /// Ends one session of a subject, also if it has another ID by now; says whether there was one.
    ///
    /// # Errors
    /// When the store did not confirm it.
    pub async fn revoke_one(&self, subject: &Subject, id: SessionId) -> Result<bool, SessionError> {
        self.end_if_meant(id, Meant::Of(subject), End::Administrator).await
    }

    /// Ends the session of this ID, whoever it belongs to, also if it has another ID by now; says whether
    /// there was one.
    ///
    /// # Errors
    /// When the store did not confirm it.
    pub async fn revoke_by_id(&self, id: SessionId) -> Result<bool, SessionError> {
        self.end_if_meant(id, Meant::Anybodys, End::Administrator).await
    }

    async fn end_if_meant(&self, id: SessionId, meant: Meant<'_>, end: End) -> Result<bool, SessionError> {
        let mut id = id;
        for _ in 0..MAX_PASSES {
            let Some(stored) = self.store.load(id, Freshness::Confirmed, None).await? else {
                return Ok(false);
            };
            let record = match Record::from_document(&stored.document) {
                Ok(record) if self.is_meant(meant, &record).await => record,
                // Somebody else's session, or nobody's: there is none.
                _ => return Ok(false),
            };
            match record.successor {
                // It was renewed since it was listed, and it is the session that is meant, and not its ID.
                Some(successor) => id = successor,
                None => match self.end_unless_renewed(&record.entry(id), &stored.document, end).await? {
                    Outcome::Done => return Ok(true),
                    // It may have been renewed at this moment: the next look tells.
                    Outcome::Conflict | Outcome::Absent => {}
                },
            }
        }
        Err(SessionError::Contended)
    }

    async fn is_meant(&self, meant: Meant<'_>, record: &Record) -> bool {
        match meant {
            Meant::Anybodys => true,
            Meant::Of(subject) => record.subject.as_ref() == Some(subject),
            Meant::Outdated => {
                let of_unknown_age = record.authenticated_at == NOBODY_KNOWS;
                let subject = record.subject.as_ref();
                self.is_outdated(record.by_password, subject, of_unknown_age, record.proved_at()).await
            }
        }
    }

    /// Ends a subject's sessions, also those that are being started at this moment; says how many.
    ///
    /// # Errors
    /// When the store did not confirm all of it; it may be repeated.
    pub async fn revoke_all(&self, subject: &Subject, which: Revocation) -> Result<usize, SessionError> {
        self.end_all(subject, which, End::Administrator).await
    }

    async fn end_all(&self, subject: &Subject, which: Revocation, end: End) -> Result<usize, SessionError> {
        let (sessions, subject) = (self.clone(), subject.clone());
        to_its_end(async move { sessions.try_to_end_all(&subject, which, end).await }).await?
    }

    async fn try_to_end_all(
        &self,
        subject: &Subject,
        which: Revocation,
        end: End,
    ) -> Result<usize, SessionError> {
        #[cfg(feature = "legacy")]
        self.bar_legacy(subject).await?;
        let mut sorting = Sorting::of(which, self.now());
        let mut ended = 0;
        for _ in 0..MAX_PASSES {
            self.store.change_epoch(subject).await?;
            let mut entries = self.store.entries(subject).await?;
            entries.sort_by_key(|entry| entry.issued_at);
            let heads = self.heads(subject).await?;
            let mut ending = Vec::new();
            let mut is_decided = true;
            for entry in entries {
                match sorting.sort(&entry, &heads) {
                    Sorted::Ends => {
                        let head = heads.get(&entry.id).and_then(Option::as_ref);
                        ending.push((head.is_some_and(|head| head.successor.is_some()), entry));
                    }
                    Sorted::Stays => {}
                    Sorted::Undecided => is_decided = false,
                }
            }
            if ending.is_empty() && is_decided {
                tracing::info!(subject = subject.as_str(), ended, "sessions revoked");
                return Ok(ended);
            }
            let results: Vec<_> = stream::iter(ending)
                .map(|(is_former, entry)| async move {
                    let was_there = match is_former {
                        true => self.delete_former(&entry).await.map(|()| false)?,
                        false => self.end_if_there(&entry, end).await?,
                    };
                    Ok::<_, SessionError>((entry.id, was_there))
                })
                .buffer_unordered(CONCURRENT_REVOCATIONS)
                .collect()
                .await;
            // All of them have come to an end before it is said that one has failed.
            let results = results.into_iter().collect::<Result<Vec<_>, _>>()?;
            // Once more, since what was just being renewed has a successor, which is in the index before
            // the old one goes.
            ended += results.iter().filter(|(_, existed)| *existed).count();
            sorting.gone.extend(results.into_iter().map(|(id, _)| id));
            if !is_decided {
                tokio::time::sleep(MOMENT).await;
            }
        }
        Err(SessionError::Contended)
    }

    /// What a subject's documents begin with, as far as it can be read. It reads no more of them than a list
    /// does (R78).
    async fn heads(&self, subject: &Subject) -> Result<HashMap<SessionId, Option<RecordHead>>, SessionError> {
        let listed = self.store.list(subject, Freshness::Confirmed).await?;
        Ok(listed.iter().map(|listed| (listed.entry.id, RecordHead::of(&listed.head))).collect())
    }

    /// Ends those sessions of a subject that do not stand any more as far as its user goes, because of a
    /// new password or because the user was removed; says how many.
    ///
    /// # Errors
    /// When the store did not confirm it; it may be repeated.
    pub async fn end_outdated(&self, subject: &Subject) -> Result<usize, SessionError> {
        #[cfg(feature = "legacy")]
        self.bar_legacy(subject).await?;
        let mut ended = 0;
        for listed in self.store.list(subject, Freshness::Confirmed).await? {
            let Some(head) = RecordHead::of(&listed.head) else { continue };
            let of_unknown_age = head.authenticated_at == NOBODY_KNOWS;
            let is_outdated =
                self.is_outdated(head.by_password, Some(subject), of_unknown_age, head.proved_at());
            if is_outdated.await {
                ended +=
                    usize::from(self.end_if_meant(listed.entry.id, Meant::Outdated, End::Password).await?);
            }
        }
        Ok(ended)
    }

    /// Whether a session ends with a change of its user: it does not stand any more, or nobody knows whether its
    /// password was entered before that.
    async fn is_outdated(
        &self,
        by_password: bool,
        subject: Option<&Subject>,
        of_unknown_age: bool,
        proved_at: UnixTime,
    ) -> bool {
        (by_password && of_unknown_age) || !self.stands(by_password, subject, proved_at).await
    }

    /// Ends a session of which only the entry in the index is known; says whether it was there. What
    /// is not there is not noted, so that the feed does not grow with it.
    async fn end_if_there(&self, entry: &Entry, end: End) -> Result<bool, SessionError> {
        match self.store.idle_deadline(entry.id, Freshness::Confirmed).await? {
            Some(_) => self.end(entry, end).await,
            None => Ok(false),
        }
    }

    /// Ends a living session by decision; says whether it was still there.
    ///
    /// It is noted first: were it deleted first and then could not be noted, edges would go on to
    /// believe its last statement, with nobody left to end it once more. Once noted it is deleted, also
    /// when whoever asked has hung up: else it would be over at the edges, and alive here.
    pub(super) async fn end(&self, entry: &Entry, end: End) -> Result<bool, SessionError> {
        let (sessions, entry) = (self.clone(), entry.clone());
        let ending = async move {
            sessions.store.note_revocation(entry.id).await?;
            let was_there = sessions.delete(&entry).await?;
            if was_there {
                sessions.audit.ended(&entry, end);
            }
            Ok(was_there)
        };
        to_its_end(ending).await?
    }

    /// The same of a session that was read as `document`, unless it has been renewed since: it is not ended by what
    /// becomes of its former ID, and then this is a conflict.
    async fn end_unless_renewed(
        &self,
        entry: &Entry,
        document: &[u8],
        end: End,
    ) -> Result<Outcome, SessionError> {
        let (sessions, entry, mut document) = (self.clone(), entry.clone(), document.to_owned());
        let ending = async move {
            sessions.store.note_revocation(entry.id).await?;
            for _ in 0..MAX_TRIES {
                let outcome = sessions.store.delete_unchanged(&entry, &document).await?;
                if outcome != Outcome::Conflict {
                    sessions.known.forget(entry.id);
                }
                match outcome {
                    Outcome::Done => {
                        sessions.audit.ended(&entry, end);
                        return Ok(outcome);
                    }
                    Outcome::Absent => return Ok(outcome),
                    Outcome::Conflict => {}
                }
                let Some(stored) = sessions.store.load(entry.id, Freshness::Confirmed, None).await? else {
                    return Ok(Outcome::Absent);
                };
                if RecordHead::of(&stored.document).is_some_and(|head| head.successor.is_some()) {
                    return Ok(Outcome::Conflict);
                }
                // Others change its data, and have not to be waited for.
                document = stored.document;
            }
            Err(Unavailable.into())
        };
        to_its_end(ending).await?
    }

    /// Deletes what stands under the former ID of a session that was renewed, which ends no session.
    async fn delete_former(&self, entry: &Entry) -> Result<(), SessionError> {
        let (sessions, entry) = (self.clone(), entry.clone());
        to_its_end(async move { sessions.delete(&entry).await.map(|_| ()) }).await?
    }

    pub(super) async fn delete(&self, entry: &Entry) -> Result<bool, SessionError> {
        self.known.forget(entry.id);
        Ok(self.store.delete(entry).await?)
    }
}

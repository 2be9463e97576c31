use std::sync::Arc;
use std::time::Duration;

use session_core::{AuthenticCookie, CookieRefusal, Deadlines, HeaderRefusal, SessionId, Standing, UnixTime};

use super::live::{GuestSession, Kept, LiveSession, Owner};
use super::near_cache::NearCache;
use super::renew::RENEWAL_GRACE;
use super::{SessionError, Sessions};
use crate::audit::End;
use crate::store::{ChangeListener, Freshness};

const SECOND: Duration = Duration::from_secs(1);

/// Whether a request counts as use of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Somebody is there: the idle deadline is pushed.
    Active,
    /// A page is polling: the session is only looked at.
    Passive,
}

/// A living session, and whose it is.
#[derive(Clone, Debug)]
pub enum Resumed {
    /// Somebody is signed in.
    Subject(LiveSession),
    /// Nobody is, and the application has begun a session all the same.
    Guest(GuestSession),
}

impl Sessions {
    /// The session cookie among a request's `Cookie` header lines. Costs no store command.
    ///
    /// # Errors
    /// When there is none, or none that is authentic.
    pub fn authenticate<'h>(
        &self,
        lines: impl IntoIterator<Item = &'h [u8]>,
    ) -> Result<AuthenticCookie, HeaderRefusal> {
        let (keys, now) = (self.keys.load(), self.now());
        let lines: Vec<&[u8]> = lines.into_iter().collect();
        let verdict = match keys.cookie().verify_header(lines.iter().copied(), now) {
            // Its tag is right, so one of our servers made it, whose clock is ahead of this one's, or was
            // before this one was set back. Whether the session lives, the store says (R71).
            Err(HeaderRefusal::Cookie(CookieRefusal::NotYetValid { issued_at, .. })) => {
                keys.cookie().verify_header(lines, issued_at)
            }
            verdict => verdict,
        };
        match &verdict {
            Ok(cookie) => keys.count(cookie),
            Err(refusal) => self.counts.refused_cookies.count(refusal.code()),
        }
        verdict
    }

    /// The live session of a cookie, of somebody who is signed in. By activity its idle deadline is
    /// pushed, when that is due.
    ///
    /// # Errors
    /// When the session has ended or is a guest's, the cookie's secret is not its secret, its record
    /// is unreadable, or the store is unavailable.
    pub async fn resume(
        &self,
        cookie: &AuthenticCookie,
        activity: Activity,
    ) -> Result<LiveSession, SessionError> {
        LiveSession::new(self.resume_kept(cookie, activity, Freshness::MayBeCached).await?)
    }

    /// Like [`resume`](Self::resume), whoever the session belongs to.
    ///
    /// # Errors
    /// As there, but for guests.
    pub async fn resume_any(
        &self,
        cookie: &AuthenticCookie,
        activity: Activity,
    ) -> Result<Resumed, SessionError> {
        let kept = self.resume_kept(cookie, activity, Freshness::MayBeCached).await?;
        if kept.record.subject.is_some() {
            LiveSession::new(kept).map(Resumed::Subject)
        } else {
            LiveSession::new(kept).map(Resumed::Guest)
        }
    }

    /// Like [`resume`](Self::resume), as the store has it now and not as this server remembers it: for whoever is going
    /// to change it.
    ///
    /// # Errors
    /// As there.
    pub async fn resume_confirmed<O: Owner>(
        &self,
        cookie: &AuthenticCookie,
        activity: Activity,
    ) -> Result<LiveSession<O>, SessionError> {
        LiveSession::new(self.resume_kept(cookie, activity, Freshness::Confirmed).await?)
    }

    pub(super) async fn resume_kept(
        &self,
        cookie: &AuthenticCookie,
        activity: Activity,
        freshness: Freshness,
    ) -> Result<Arc<Kept>, SessionError> {
        let kept = self.try_to_resume(cookie, activity, freshness).await;
        self.counts.note_check(&kept);
        kept
    }

    async fn try_to_resume(
        &self,
        cookie: &AuthenticCookie,
        activity: Activity,
        freshness: Freshness,
    ) -> Result<Arc<Kept>, SessionError> {
        let (id, now) = (cookie.session_id(), self.now());
        let near = self.near(freshness).and_then(|near| near.get(id));
        if self.near(freshness).is_some_and(NearCache::is_of_use) {
            self.counts.note_near(near.is_some());
        }
        let known = near.clone().or_else(|| self.known.of(id, now));
        let extend_to = match activity {
            Activity::Active => self.due_extension(cookie, known.as_deref(), now),
            Activity::Passive => None,
        };
        let kept = match near {
            Some(near) if extend_to.is_none() && self.is_unexpired(&near, now) => near,
            near => {
                near.and_then(|_| self.near(freshness)).into_iter().for_each(|near| near.changed(id));
                // Whoever is known need not carry what only others wait in.
                Box::pin(self.look_up(id, freshness, extend_to)).await?
            }
        };
        // In constant time.
        if !kept.record.secret_hash.matches(cookie.secret()) {
            return Err(SessionError::WrongSecret);
        }
        self.require_standing(&kept).await?;
        if activity == Activity::Active && self.is_last_use_to_be_noted(&kept) {
            Box::pin(self.note_last_use(&kept)).await;
        }
        Ok(kept)
    }

    /// The same session as the store has it now, whatever this server remembers of it: for what may not be done with
    /// one that has just been ended elsewhere (R31).
    ///
    /// # Errors
    /// When it has ended or was renewed meanwhile, its record is unreadable, or the store is unavailable.
    pub async fn confirm<O: Owner>(&self, session: &LiveSession<O>) -> Result<LiveSession<O>, SessionError> {
        let kept = Box::pin(self.look_up(session.id(), Freshness::Confirmed, None)).await?;
        self.require_standing(&kept).await?;
        LiveSession::new(kept)
    }

    /// Refuses what is left of a session that was renewed, and one that its user's password does not hold any more.
    async fn require_standing(&self, kept: &Kept) -> Result<(), SessionError> {
        if kept.record.successor.is_some() {
            let is_recent = self.now() < kept.record.issued_at.saturating_add(RENEWAL_GRACE);
            return Err(if is_recent { SessionError::Renewed } else { SessionError::Ended });
        }
        let record = &kept.record;
        if !self.stands(record.by_password, record.subject.as_ref(), record.proved_at()).await {
            // So that edges hear of it too, and nobody has to look again.
            Box::pin(self.end(&kept.entry(), End::Password)).await?;
            return Err(SessionError::Ended);
        }
        Ok(())
    }

    /// Once the idle deadline can be pushed no further, it does not tell any more when the session was
    /// last used, so the record does.
    fn is_last_use_to_be_noted(&self, kept: &Kept) -> bool {
        let record = &kept.record;
        let timeouts = self.timeouts(record.terms());
        let noted_at =
            record.last_seen_at.unwrap_or(record.absolute_expires_at.saturating_sub(timeouts.idle()));
        // A store may keep a deadline some hundred milliseconds early, and tell it in whole seconds.
        let is_at_its_end = kept.idle_expires_at.saturating_add(SECOND) >= record.absolute_expires_at;
        is_at_its_end && self.now() >= noted_at.saturating_add(timeouts.extension_interval())
    }

    /// Where that cannot be written, the session is good all the same.
    async fn note_last_use(&self, kept: &Kept) {
        let mut seen = kept.record.clone();
        seen.last_seen_at = Some(self.now());
        if let Ok(document) = seen.to_document() {
            let _ = self.store.update(kept.id, &kept.document(), &document).await;
        }
    }

    /// The living session of this ID, whoever asks for it; extended if a new deadline is given.
    pub(super) async fn look_up(
        &self,
        id: SessionId,
        freshness: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Arc<Kept>, SessionError> {
        let read = self.read(id, freshness, extend_to);
        match (self.near(freshness), extend_to) {
            (Some(near), None) => near.get_or_read(id, read).await,
            _ => {
                let read = read.await;
                // It is newer than what is near, and the next who asks is not to be told less.
                self.near.iter().for_each(|near| near.changed(id));
                Ok(read?.0)
            }
        }
    }

    /// As the store has it, and whether it tells when that changes.
    async fn read(
        &self,
        id: SessionId,
        freshness: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<(Arc<Kept>, bool), SessionError> {
        let now = self.now();
        let Some(stored) = self.store.load(id, freshness, extend_to).await? else {
            self.known.forget(id);
            return Err(SessionError::Ended);
        };
        let known = self.known.of(id, now);
        let known_deadline = known.as_ref().map(|known| known.idle_expires_at);
        let mut idle_expires_at = match stored.idle_expires_at.or(known_deadline) {
            Some(deadline) => deadline,
            None => self.store.idle_deadline(id, freshness).await?.ok_or(SessionError::Ended)?,
        };
        let kept = match known {
            // It need not be read again, nor signed.
            Some(known) if known.is_of(&stored.document) => known,
            _ => Arc::new(Kept::read(id, stored.document, idle_expires_at)?),
        };
        let absolute_expires_at = kept.record.absolute_expires_at;
        let timeouts = self.timeouts(kept.record.terms());
        let latest = timeouts.idle_deadline(absolute_expires_at, now);
        if timeouts != self.timeouts && extend_to.is_some() && idle_expires_at > latest {
            // Only the record tells whose timeouts are others, and by then the deadline has been pushed.
            self.store.load(id, freshness, Some(latest)).await?;
            idle_expires_at = latest;
        }
        match timeouts.judge(Deadlines { idle_expires_at, absolute_expires_at }, now) {
            Standing::Unexpired { .. } => {
                let kept = match kept.idle_expires_at == idle_expires_at {
                    true => kept,
                    false => Arc::new(kept.until(idle_expires_at)),
                };
                self.known.learn(Arc::clone(&kept));
                Ok((kept, stored.is_told_of))
            }
            Standing::IdlyExpired => Err(SessionError::Ended),
            Standing::AbsolutelyExpired => Err(SessionError::Expired),
        }
    }

    /// Where a check looks first.
    fn near(&self, freshness: Freshness) -> Option<&NearCache> {
        self.near.as_deref().filter(|_| freshness == Freshness::MayBeCached)
    }

    /// Whether it is within both deadlines as far as is known: if it is not, the store is asked.
    fn is_unexpired(&self, kept: &Kept, now: UnixTime) -> bool {
        let deadlines = Deadlines {
            idle_expires_at: kept.idle_expires_at,
            absolute_expires_at: kept.record.absolute_expires_at,
        };
        matches!(self.timeouts(kept.record.terms()).judge(deadlines, now), Standing::Unexpired { .. })
    }

    /// The extension that use makes now, if it is due. Without knowledge of the deadline it is.
    fn due_extension(
        &self,
        cookie: &AuthenticCookie,
        known: Option<&Kept>,
        now: UnixTime,
    ) -> Option<UnixTime> {
        let absolute_expires_at = cookie.expires_at();
        self.counts.note_deadline(known.is_some());
        let Some(known) = known else {
            return Some(self.timeouts.idle_deadline(absolute_expires_at, now));
        };
        let deadlines = Deadlines { idle_expires_at: known.idle_expires_at, absolute_expires_at };
        match self.timeouts(known.record.terms()).judge(deadlines, now) {
            Standing::Unexpired { extend_to, .. } => extend_to,
            Standing::IdlyExpired | Standing::AbsolutelyExpired => None,
        }
    }
}

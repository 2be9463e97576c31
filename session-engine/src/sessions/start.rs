use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use session_core::{
    AuthenticCookie, CLOCK_SKEW, CookieValue, Deadlines, EndsBeforeItStarts, SessionId, SessionSecret,
    UnixTime,
};
use sha2::{Digest, Sha256};

use super::change::MAX_TRIES;
use super::live::{Guest, GuestSession, Kept, LiveSession, Owner};
use super::statement::LastStatement;
use super::{Activity, SessionError, Sessions};
use crate::audit::End;
use crate::budget::to_its_end;
use crate::record::{Client, Record, Terms};
use crate::store::{Creation, Outcome};
use crate::subject::Subject;

/// How often an ID is drawn before the generator is given up; a second time is a sensation.
const MAX_DRAWS: usize = 3;

/// What a session is begun with. The subject has been authenticated by the caller.
#[derive(Clone, Debug)]
#[must_use]
pub struct NewSession {
    pub(super) subject: Subject,
    claims: Map<String, Value>,
    pub(super) client: Client,
    carried_over: Vec<String>,
    by_password: bool,
    authenticated_at: Option<UnixTime>,
    idle_timeout: Option<Duration>,
    absolute_timeout: Option<Duration>,
}

impl NewSession {
    /// A session of this subject, who has just proved to be that.
    pub fn of(subject: Subject) -> Self {
        Self {
            subject,
            claims: Map::new(),
            client: Client::default(),
            carried_over: Vec::new(),
            by_password: false,
            authenticated_at: None,
            idle_timeout: None,
            absolute_timeout: None,
        }
    }

    /// It was a password that proved who this is: a new one, or the removal of the user, ends the
    /// session.
    pub fn by_password(self) -> Self {
        Self { by_password: true, ..self }
    }

    /// What the application says of the subject; part of every statement.
    pub fn claims(self, claims: Map<String, Value>) -> Self {
        Self { claims, ..self }
    }

    /// The browser or program.
    pub fn client(self, client: Client) -> Self {
        Self { client, ..self }
    }

    /// The subject has proved itself then, and not just now.
    pub fn authenticated_at(self, time: UnixTime) -> Self {
        Self { authenticated_at: Some(time), ..self }
    }

    /// Without use it ends so soon. A longer timeout than the server's is the server's, here and now and
    /// whenever that is changed.
    pub fn idle_timeout(self, timeout: Duration) -> Self {
        Self { idle_timeout: Some(timeout), ..self }
    }

    /// It ends so soon in any case; no later than by the server's timeout.
    pub fn absolute_timeout(self, timeout: Duration) -> Self {
        Self { absolute_timeout: Some(timeout), ..self }
    }

    /// Members of the data that a [guest's](super::GuestSession) session had in the same browser:
    /// these go over into the new one, and no others.
    pub fn carry_over<M: Into<String>>(self, members: impl IntoIterator<Item = M>) -> Self {
        Self { carried_over: members.into_iter().map(Into::into).collect(), ..self }
    }

    /// Tells what is asked for from what else might be.
    pub(super) fn fingerprint(&self) -> String {
        let Self { subject, claims, client, carried_over, by_password, .. } = self;
        let times = (self.authenticated_at, self.idle_timeout, self.absolute_timeout);
        let asked = serde_json::to_vec(&(subject, claims, client, carried_over, by_password, times));
        URL_SAFE_NO_PAD.encode(Sha256::digest(asked.unwrap_or_default()))
    }

    /// Clocks differ a little; what lies further ahead is no time of a clock.
    fn authenticated_by(&self, now: UnixTime) -> Result<UnixTime, SessionError> {
        match self.authenticated_at {
            Some(time) if time > now.saturating_add(CLOCK_SKEW) => Err(SessionError::NotYetAuthenticated),
            Some(time) => Ok(time.min(now)),
            None => Ok(now),
        }
    }

    pub(super) fn carried(&self, former: &Map<String, Value>) -> Map<String, Value> {
        let named = |member: &String| Some((member.clone(), former.get(member)?.clone()));
        self.carried_over.iter().filter_map(named).collect()
    }
}

/// A session with the cookie that was just made for it.
#[derive(Debug)]
pub struct Issued<O = Subject> {
    /// The session.
    pub session: LiveSession<O>,
    /// Its credential, for `Set-Cookie`.
    pub cookie: CookieValue,
}

impl Sessions {
    /// Starts a session for a subject that has just been authenticated. The session that the
    /// browser had before, if any, is ended: an ID from before a login is worth nothing after it (R20).
    ///
    /// # Errors
    /// When the subject's sessions are being revoked at this moment, or the store is unavailable;
    /// then there is no new session.
    pub async fn start(
        &self,
        login: NewSession,
        replaces: Option<&AuthenticCookie>,
    ) -> Result<Issued, SessionError> {
        let Some(former) = replaces.cloned() else {
            let issued = Box::pin(self.begin_for(&login, Map::new())).await;
            return issued.inspect(|issued| self.audit.signed_in(issued));
        };
        let sessions = self.clone();
        let starting = async move {
            let issued = sessions.start_in_place_of(&former, &login).await;
            issued.inspect(|issued| sessions.audit.signed_in(issued))
        };
        Box::pin(to_its_end(starting)).await?
    }

    async fn start_in_place_of(
        &self,
        former: &AuthenticCookie,
        login: &NewSession,
    ) -> Result<Issued, SessionError> {
        match self.resume_confirmed::<Guest>(former, Activity::Passive).await {
            Ok(guest) => return self.take_over(login, former, guest).await,
            Err(SessionError::Unavailable(unavailable)) => return Err(unavailable.into()),
            Err(_) => {}
        }
        let issued = self.begin_for(login, Map::new()).await?;
        match self.revoke_as(former, End::Replaced).await {
            // Another login in the same browser was faster (a double click), or another tab has just
            // renewed it: that session is not what was brought along, and stands by itself.
            Ok(_) | Err(SessionError::EndedMeanwhile | SessionError::Renewed) => Ok(issued),
            Err(SessionError::Unavailable(unavailable)) => {
                self.take_back(issued.session.kept()).await;
                Err(unavailable.into())
            }
            Err(_) => Ok(issued),
        }
    }

    /// In place of a guest's session, with what is to be carried over as it is at the end: a change
    /// that comes in between makes this begin again. Nobody holds a statement about a guest, so the
    /// feed need not tell of it.
    async fn take_over(
        &self,
        login: &NewSession,
        cookie: &AuthenticCookie,
        mut guest: GuestSession,
    ) -> Result<Issued, SessionError> {
        for _ in 0..MAX_TRIES {
            let issued = self.begin_for(login, login.carried(&guest.record().data)).await?;
            let deleted = self.store.delete_unchanged(&guest.kept().entry(), &guest.kept().document()).await;
            self.known.forget(guest.id());
            match deleted {
                Ok(Outcome::Done) => {
                    self.audit.left(&guest.kept().entry(), End::Replaced);
                    return Ok(issued);
                }
                Ok(Outcome::Absent) => return Ok(issued),
                Ok(Outcome::Conflict) => self.take_back(issued.session.kept()).await,
                Err(unavailable) => {
                    self.take_back(issued.session.kept()).await;
                    return Err(unavailable.into());
                }
            }
            guest = match self.resume_confirmed(cookie, Activity::Passive).await {
                Ok(guest) => guest,
                Err(SessionError::Unavailable(unavailable)) => return Err(unavailable.into()),
                Err(_) => return self.begin_for(login, Map::new()).await,
            };
        }
        Err(SessionError::Contended)
    }

    async fn begin_for(&self, login: &NewSession, data: Map<String, Value>) -> Result<Issued, SessionError> {
        let issued = self.begin(Some(login), &login.client, data, &SessionSecret::generate()?).await?;
        self.end_surplus(&login.subject, issued.session.id()).await;
        Ok(issued)
    }

    /// Of a subject with too many sessions, those end that were used least lately, but not the new one, however it
    /// stands beside others of the same second: so that who looks last leaves no more than may be. Where that cannot be
    /// done now, it will be at the next login.
    pub(super) async fn end_surplus(&self, subject: &Subject, new: SessionId) {
        let max = self.max_per_subject.get();
        let is_over = self.store.entries(subject).await.is_ok_and(|entries| entries.len() > max);
        if !is_over {
            return;
        }
        let Ok(listed) = self.list(subject).await else { return };
        let (news, others): (Vec<_>, Vec<_>) = listed.iter().partition(|session| session.id() == new);
        for surplus in others.into_iter().skip(max - news.len()) {
            if self.end(surplus.entry(), End::Surplus).await.is_err() {
                tracing::info!(session_id = %surplus.id(), "surplus session of a subject could not be ended");
            }
        }
    }

    /// Starts a session for somebody who has not signed in: only because an application wants to
    /// keep something for a stranger, a cart or the state of a sign-in elsewhere. No request makes
    /// one by itself (R26).
    ///
    /// # Errors
    /// When the store is unavailable, or `data` is too large; then there is none.
    pub async fn start_guest(
        &self,
        client: &Client,
        data: Map<String, Value>,
    ) -> Result<Issued<Guest>, SessionError> {
        let issued = Box::pin(self.begin(None, client, data, &SessionSecret::generate()?)).await;
        issued.inspect(|issued| self.audit.began(issued))
    }

    pub(super) async fn begin<O: Owner>(
        &self,
        login: Option<&NewSession>,
        client: &Client,
        data: Map<String, Value>,
        secret: &SessionSecret,
    ) -> Result<Issued<O>, SessionError> {
        let now = self.now();
        let idle_timeout = login.and_then(|login| login.idle_timeout).map(|timeout| timeout.as_secs());
        let timeouts = self.timeouts(Terms::of(login.map(|login| &login.subject), idle_timeout));
        let timeouts = timeouts.shortened(None, login.and_then(|login| login.absolute_timeout));
        let Deadlines { absolute_expires_at, .. } = timeouts.start(now);
        let mut record = Record::begin(secret.hash(), now, absolute_expires_at);
        if let Some(login) = login {
            record.subject = Some(login.subject.clone());
            record.claims = login.claims.clone();
            record.by_password = login.by_password;
            record.authenticated_at = login.authenticated_by(now)?;
        }
        record.idle_timeout = idle_timeout;
        record.client = client.clone();
        record.data = data;
        let issued = self.issue(record, secret, now).await?;
        self.counts.note_start(login.is_none());
        Ok(issued)
    }

    /// Puts a record into the store under a fresh ID and makes its cookie.
    pub(super) async fn issue<O: Owner>(
        &self,
        record: Record,
        secret: &SessionSecret,
        now: UnixTime,
    ) -> Result<Issued<O>, SessionError> {
        let (issued_at, expires_at) = (record.issued_at, record.absolute_expires_at);
        if issued_at >= expires_at {
            return Err(EndsBeforeItStarts { issued_at, expires_at }.into());
        }
        let idle_expires_at = self.timeouts(record.terms()).idle_deadline(expires_at, now);
        let kept = match record.subject.clone() {
            Some(subject) => self.put_unless_revoked(&subject, record, idle_expires_at).await?,
            None => self.put_under_fresh_id(record, idle_expires_at).await?,
        };
        let cookie = self.keys.load().cookie().sign(kept.id, secret, issued_at, expires_at)?;
        let kept = Arc::new(kept);
        self.known.learn(Arc::clone(&kept));
        Ok(Issued { session: LiveSession::new(kept)?, cookie })
    }

    /// Takes it back when all sessions of the subject were revoked at the same moment.
    async fn put_unless_revoked(
        &self,
        subject: &Subject,
        record: Record,
        idle_expires_at: UnixTime,
    ) -> Result<Kept, SessionError> {
        let epoch = self.store.epoch(subject).await?;
        let kept = self.put_under_fresh_id(record, idle_expires_at).await?;
        match self.store.epoch(subject).await {
            Ok(unchanged) if unchanged == epoch => Ok(kept),
            changed => {
                self.take_back(&kept).await;
                Err(changed.map_or_else(Into::into, |_| SessionError::RevokedMeanwhile))
            }
        }
    }

    async fn put_under_fresh_id(
        &self,
        record: Record,
        idle_expires_at: UnixTime,
    ) -> Result<Kept, SessionError> {
        let mut kept = Kept::new(SessionId::generate()?, record, idle_expires_at)?;
        let document = kept.document();
        // Claims that fit into no statement must not become a session that nobody can be shown.
        self.can_be_stated(&kept)?;
        for _ in 0..MAX_DRAWS {
            let creation = self.store.create(&kept.entry(), &document, idle_expires_at).await?;
            if creation == Creation::Created {
                return Ok(kept);
            }
            kept.id = SessionId::generate()?;
            kept.last_statement = LastStatement::none();
        }
        tracing::error!(
            "new session IDs are taken again and again, so the random number generator repeats: stop this server"
        );
        Err(SessionError::Entropy)
    }

    /// Deletes a session whose cookie nobody has received: no statement tells of it, so neither need
    /// the feed. It is tried also when the request has no time left for it. If the store fails once more
    /// the session idles out, with no one able to use it.
    pub(super) async fn take_back(&self, session: &Kept) {
        let (sessions, entry) = (self.clone(), session.entry());
        let take_back = async move {
            if sessions.delete(&entry).await.is_err() {
                tracing::warn!(session_id = %entry.id, "unused session could not be deleted; it will idle out, and nobody has its cookie");
            }
        };
        let _ = to_its_end(take_back).await;
    }
}

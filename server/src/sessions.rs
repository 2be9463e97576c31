//! What may happen to a session: every decision between HTTP above and a store below.

mod data;
mod error;
mod live;
mod revocations;

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use quick_cache::sync::Cache;
use session_core::{
    AuthenticCookie, CookieKeyRing, CookieValue, Deadlines, EndsBeforeItStarts, HeaderRefusal, JsonObject,
    MAX_STATEMENT_LIFETIME, SessionId, SessionSecret, Standing, StatementClaims, StatementSigner, Timeouts,
    UnfitStatement, UnixTime,
};

use crate::record::{NewSession, Record};
use crate::store::{Change, Creation, Entry, Listed, Store, Unavailable};
use crate::{Clock, Subject};

pub use data::DataChange;
pub use error::SessionError;
pub use live::LiveSession;

/// For so many sessions a server remembers when it last extended them.
const REMEMBERED_DEADLINES: usize = 100_000;

/// How many sessions of a subject are revoked at once.
const CONCURRENT_REVOCATIONS: usize = 64;

/// How often revoking all looks again for sessions that were renewed meanwhile.
const MAX_PASSES: usize = 20;

/// How often an ID is drawn before the generator is given up; a second time is a sensation.
const MAX_DRAWS: usize = 3;

/// Starts, resumes, renews and revokes sessions, and reads and changes their data.
///
/// It holds no session: any number of servers work on one store.
pub struct Sessions {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    cookie_keys: CookieKeyRing,
    statement_signer: StatementSigner,
    issuer: String,
    timeouts: Timeouts,
    // The idle deadline that this server last learnt, which can only have been pushed since: while
    // it says that an extension is not due, reading needs no write (R25).
    known_deadlines: Cache<SessionId, UnixTime>,
    changes: data::ChangeQueues,
    latest_feed: revocations::LatestFeed,
}

/// Whether a request counts as use of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Somebody is there: the idle deadline is pushed.
    Active,
    /// A page is polling: the session is only looked at.
    Passive,
}

/// A session with the cookie that was just made for it.
#[derive(Debug)]
pub struct Issued {
    /// The session.
    pub session: LiveSession,
    /// Its credential, for `Set-Cookie`.
    pub cookie: CookieValue,
}

/// Why an ID is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// To change the ID alone.
    Plain,
    /// Because the password was entered again.
    Reauthenticated,
}

/// Which of a subject's sessions are revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// All of them.
    All,
    /// All but this one.
    AllExcept(SessionId),
}

impl Sessions {
    /// Sessions in `store`, with cookies and statements under these keys.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        cookie_keys: CookieKeyRing,
        statement_signer: StatementSigner,
        issuer: String,
        timeouts: Timeouts,
    ) -> Self {
        Self {
            store,
            clock,
            cookie_keys,
            statement_signer,
            issuer,
            timeouts,
            known_deadlines: Cache::new(REMEMBERED_DEADLINES),
            changes: data::ChangeQueues::default(),
            latest_feed: revocations::LatestFeed::default(),
        }
    }

    /// The keys of the session cookie.
    #[must_use]
    pub const fn cookie_keys(&self) -> &CookieKeyRing {
        &self.cookie_keys
    }

    /// The session cookie among a request's `Cookie` header lines. Costs no store command.
    ///
    /// # Errors
    /// When there is none, or none that is authentic.
    pub fn authenticate<'h>(
        &self,
        lines: impl IntoIterator<Item = &'h [u8]>,
    ) -> Result<AuthenticCookie, HeaderRefusal> {
        self.cookie_keys.verify_header(lines, self.clock.now())
    }

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
        let now = self.clock.now();
        let Deadlines { absolute_expires_at, .. } = self.timeouts.start(now);
        let secret = SessionSecret::generate()?;
        let record = Record::begin(login, secret.hash(), now, absolute_expires_at);
        let issued = self.issue(record, &secret, now).await?;
        if let Some(former) = replaces
            && let Err(SessionError::Unavailable(unavailable)) = self.revoke(former).await
        {
            self.take_back(&issued.session).await;
            return Err(unavailable.into());
        }
        Ok(issued)
    }

    /// The live session of a cookie. By activity its idle deadline is pushed, when that is due.
    ///
    /// # Errors
    /// When the session has ended, the cookie's secret is not its secret, its record is unreadable,
    /// or the store is unavailable.
    pub async fn resume(
        &self,
        cookie: &AuthenticCookie,
        activity: Activity,
    ) -> Result<LiveSession, SessionError> {
        let extend_to = match activity {
            Activity::Active => self.due_extension(cookie),
            Activity::Passive => None,
        };
        let session = self.look_up(cookie.session_id(), extend_to).await?;
        // In constant time.
        if session.record().secret_hash.matches(cookie.secret()) {
            Ok(session)
        } else {
            Err(SessionError::WrongSecret)
        }
    }

    /// Gives a session a new ID and secret: same data, same absolute deadline. The old ID is dead
    /// once this returns.
    ///
    /// # Errors
    /// As [`resume`](Self::resume); the old ID stands then, unless the store was unavailable.
    pub async fn renew(&self, cookie: &AuthenticCookie, renewal: Renewal) -> Result<Issued, SessionError> {
        // Against changes of its data on other servers: the old document goes only if it is still
        // the one that was copied.
        for _ in 0..data::MAX_TRIES {
            let old = self.resume(cookie, Activity::Passive).await?;
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
                self.take_back(&issued.session).await;
                return Err(unavailable.into());
            }
            let change = self.store.delete_unchanged(&old.entry(), old.document()).await;
            self.known_deadlines.remove(&old.id());
            match change {
                Ok(Change::Done) => return Ok(issued),
                Ok(Change::Conflict) => self.take_back(&issued.session).await,
                Ok(Change::Absent) => {
                    self.take_back(&issued.session).await;
                    return Err(SessionError::Ended);
                }
                // Nobody knows whether the old one is gone. If it is, the new one must stay; if it
                // is not, or may not be, the new one idles out with no one able to use it.
                Err(unavailable) => match self.store.load(old.id(), None).await {
                    Ok(None) => return Ok(issued),
                    _ => return Err(unavailable.into()),
                },
            }
        }
        Err(SessionError::Contended)
    }

    /// Ends the session of a cookie; says whether there was one. This is logging out.
    ///
    /// # Errors
    /// When the cookie's secret is not the session's, or the store did not confirm it: then the
    /// session may still be alive, and the cookie must be kept so that it can be tried again (R22).
    pub async fn revoke(&self, cookie: &AuthenticCookie) -> Result<bool, SessionError> {
        match self.resume(cookie, Activity::Passive).await {
            // If it went meanwhile it may have been renewed, and then its successor lives: that is no
            // confirmation.
            Ok(session) => match self.end(&session.entry()).await? {
                true => Ok(true),
                false => Err(Unavailable.into()),
            },
            Err(SessionError::Ended | SessionError::Expired) => Ok(false),
            // A server of another version may be able to read it, so it has to go.
            Err(SessionError::Unreadable(_)) => {
                let (issued_at, absolute_expires_at) = (cookie.issued_at(), cookie.expires_at());
                let subject = Subject::unknown();
                self.end(&Entry { id: cookie.session_id(), subject, issued_at, absolute_expires_at }).await
            }
            Err(error) => Err(error),
        }
    }

    /// Ends one session of a subject; says whether there was one.
    ///
    /// # Errors
    /// When the store did not confirm it.
    pub async fn revoke_one(&self, subject: &Subject, id: SessionId) -> Result<bool, SessionError> {
        let Some(stored) = self.store.load(id, None).await? else { return Ok(false) };
        match Record::from_document(&stored.document) {
            Ok(record) if record.subject == *subject => self.end(&record.entry(id)).await,
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
            let listed = self.store.list(subject).await?.into_iter().map(|listed| listed.entry);
            let entries = listed.filter(|entry| which != Revocation::AllExcept(entry.id));
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

    /// A subject's living sessions, the one used last first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn list(&self, subject: &Subject) -> Result<Vec<LiveSession>, SessionError> {
        let now = self.clock.now();
        let listed = self.store.list(subject).await?;
        let mut sessions: Vec<_> =
            listed.into_iter().filter_map(|listed| self.living(listed, subject, now)).collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.idle_expires_at()));
        Ok(sessions)
    }

    /// When a session with this idle deadline was last used: at most that long ago, since an
    /// extension is made only when it is due.
    #[must_use]
    pub fn last_seen_at(&self, session: &LiveSession) -> UnixTime {
        session.idle_expires_at().saturating_sub(self.timeouts.idle()).max(session.record().issued_at)
    }

    /// How long ago the password was entered.
    #[must_use]
    pub fn password_age(&self, session: &LiveSession) -> Duration {
        self.clock.now().saturating_since(session.record().authenticated_at)
    }

    /// A short-lived statement about a session, for whoever holds only public keys.
    ///
    /// # Errors
    /// When the session's claims are too long for one.
    pub fn state(&self, session: &LiveSession) -> Result<String, SessionError> {
        let now = self.clock.now();
        let record = session.record();
        if now >= record.absolute_expires_at {
            return Err(SessionError::Expired);
        }
        let claims = StatementClaims {
            issuer: self.issuer.clone(),
            subject: record.subject.as_str().into(),
            session_id: session.id(),
            issued_at: now,
            // No statement outlives its session.
            expires_at: now.saturating_add(MAX_STATEMENT_LIFETIME).min(record.absolute_expires_at),
            authenticated_at: record.authenticated_at,
            idle_expires_at: session.idle_expires_at(),
            absolute_expires_at: record.absolute_expires_at,
            claims: JsonObject::try_from(&record.claims).map_err(UnfitStatement::from)?,
        };
        Ok(self.statement_signer.sign(&claims)?)
    }

    /// The living session of this ID, whoever asks for it; extended if a new deadline is given.
    async fn look_up(&self, id: SessionId, extend_to: Option<UnixTime>) -> Result<LiveSession, SessionError> {
        let now = self.clock.now();
        let Some(stored) = self.store.load(id, extend_to).await? else {
            self.known_deadlines.remove(&id);
            return Err(SessionError::Ended);
        };
        let record = Record::from_document(&stored.document)?;
        let idle_expires_at = match stored.idle_expires_at.or(self.known_deadline(id, now)) {
            Some(deadline) => deadline,
            None => self.store.idle_deadline(id).await?.ok_or(SessionError::Ended)?,
        };
        let deadlines = Deadlines { idle_expires_at, absolute_expires_at: record.absolute_expires_at };
        match self.timeouts.judge(deadlines, now) {
            Standing::Unexpired { .. } => {
                self.known_deadlines.insert(id, idle_expires_at);
                Ok(LiveSession::new(id, record, stored.document, idle_expires_at))
            }
            Standing::IdlyExpired => Err(SessionError::Ended),
            Standing::AbsolutelyExpired => Err(SessionError::Expired),
        }
    }

    /// The extension that use makes now, if it is due. Without knowledge of the deadline it is.
    fn due_extension(&self, cookie: &AuthenticCookie) -> Option<UnixTime> {
        let (now, absolute_expires_at) = (self.clock.now(), cookie.expires_at());
        let Some(idle_expires_at) = self.known_deadline(cookie.session_id(), now) else {
            return Some(self.timeouts.idle_deadline(absolute_expires_at, now));
        };
        match self.timeouts.judge(Deadlines { idle_expires_at, absolute_expires_at }, now) {
            Standing::Unexpired { extend_to, .. } => extend_to,
            Standing::IdlyExpired | Standing::AbsolutelyExpired => None,
        }
    }

    /// The idle deadline as this server last learnt it; one that has passed tells nothing, since
    /// another server may have pushed it.
    fn known_deadline(&self, id: SessionId, now: UnixTime) -> Option<UnixTime> {
        self.known_deadlines.get(&id).filter(|&deadline| deadline > now)
    }

    /// Puts a record into the store under a fresh ID and makes its cookie.
    async fn issue(
        &self,
        record: Record,
        secret: &SessionSecret,
        now: UnixTime,
    ) -> Result<Issued, SessionError> {
        let (issued_at, expires_at) = (record.issued_at, record.absolute_expires_at);
        if issued_at >= expires_at {
            return Err(EndsBeforeItStarts { issued_at, expires_at }.into());
        }
        let epoch = self.store.epoch(&record.subject).await?;
        let idle_expires_at = self.timeouts.idle_deadline(record.absolute_expires_at, now);
        let document = record.to_document()?;
        let session = self.put_under_fresh_id(record, document, idle_expires_at).await?;
        let record = session.record();
        match self.store.epoch(&record.subject).await {
            Ok(unchanged) if unchanged == epoch => {}
            changed => {
                self.take_back(&session).await;
                return Err(changed.map_or_else(Into::into, |_| SessionError::RevokedMeanwhile));
            }
        }
        let id = session.id();
        let cookie = self.cookie_keys.sign(id, secret, issued_at, expires_at)?;
        self.known_deadlines.insert(id, idle_expires_at);
        Ok(Issued { session, cookie })
    }

    async fn put_under_fresh_id(
        &self,
        record: Record,
        document: Vec<u8>,
        idle_expires_at: UnixTime,
    ) -> Result<LiveSession, SessionError> {
        let mut session = LiveSession::new(SessionId::generate()?, record, document, idle_expires_at);
        // Claims that fit into no statement must not become a session that nobody can be shown.
        self.state(&session)?;
        for _ in 0..MAX_DRAWS {
            let creation = self.store.create(&session.entry(), session.document(), idle_expires_at).await?;
            if creation == Creation::Created {
                return Ok(session);
            }
            session = session.with_id(SessionId::generate()?);
        }
        tracing::error!("new session IDs are taken again and again: the random number generator repeats");
        Err(SessionError::Entropy)
    }

    /// Deletes a session whose cookie nobody has received: no statement tells of it, so neither need
    /// the feed. If the store fails once more it idles out, with no one able to use it.
    async fn take_back(&self, session: &LiveSession) {
        if self.delete(&session.entry()).await.is_err() {
            tracing::warn!(session_id = %session.id(), "unused session could not be deleted, it will idle out");
        }
    }

    async fn delete(&self, entry: &Entry) -> Result<bool, SessionError> {
        self.known_deadlines.remove(&entry.id);
        Ok(self.store.delete(entry).await?)
    }

    fn living(&self, listed: Listed, subject: &Subject, now: UnixTime) -> Option<LiveSession> {
        let record = Record::from_document(&listed.document).ok()?;
        let Listed { entry: Entry { id, .. }, document, idle_expires_at } = listed;
        let deadlines = Deadlines { idle_expires_at, absolute_expires_at: record.absolute_expires_at };
        let lives = matches!(self.timeouts.judge(deadlines, now), Standing::Unexpired { .. });
        (lives && record.subject == *subject).then(|| LiveSession::new(id, record, document, idle_expires_at))
    }
}

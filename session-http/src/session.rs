use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use session_core::{AuthenticCookie, SessionId};
use session_engine::{
    Activity, DataChange, Issued, ListedSession, LiveSession, Owner, Record, Renewal, Revocation,
    SessionError, Subject,
};

use crate::app::App;
use crate::problem::Problem;
use crate::session_answer::SessionAnswer;

/// The live session of a request, and what may be done to it.
#[derive(Debug)]
pub struct Session<O = Subject> {
    app: App,
    cookie: AuthenticCookie,
    activity: Activity,
    live: LiveSession<O>,
}

impl<O: Owner> Session<O> {
    pub(crate) const fn new(
        app: App,
        cookie: AuthenticCookie,
        activity: Activity,
        live: LiveSession<O>,
    ) -> Self {
        Self { app, cookie, activity, live }
    }

    /// Its public ID.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.live.id()
    }

    /// What the store keeps of it.
    #[must_use]
    pub fn record(&self) -> &Record {
        self.live.record()
    }

    /// The session itself, as the store had it.
    #[must_use]
    pub const fn live(&self) -> &LiveSession<O> {
        &self.live
    }

    /// Its data, as a type of the application.
    ///
    /// # Errors
    /// When it is not of that shape.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.live.data().map_err(|error| self.problem(error))
    }

    /// Has `edit` change the data as a type of the application, and keeps the result if nobody else
    /// changed the data meanwhile; otherwise `edit` is called again with what there is by then.
    /// What the type does not have is not kept: give it a `#[serde(flatten)]` member for the rest if
    /// others keep something there too.
    ///
    /// # Errors
    /// When the data is not of that shape, or too large afterwards, or the session has ended, or the
    /// store is in trouble.
    pub async fn edit_data<T: DeserializeOwned + Serialize, R>(
        &mut self,
        edit: impl FnMut(&mut T) -> R,
    ) -> Result<R, Problem> {
        let edited = self.app.sessions().edit_data(&self.cookie, self.activity, edit).await;
        let (live, result) = edited.map_err(|error| self.problem(error))?;
        self.live = live;
        Ok(result)
    }

    /// Changes the data in one step, and only if it is still at revision `expected`, where that is
    /// given.
    ///
    /// # Errors
    /// When it is at another revision, and as [`edit_data`](Self::edit_data).
    pub async fn change_data(&mut self, expected: Option<u64>, change: DataChange) -> Result<(), Problem> {
        let changed = self.app.sessions().change_data(&self.cookie, self.activity, expected, change).await;
        self.live = changed.map_err(|error| self.problem(error))?;
        Ok(())
    }

    /// Ends it and takes the cookies away.
    ///
    /// # Errors
    /// When the store did not confirm it; then the cookies stay.
    pub async fn log_out(self) -> Result<SessionAnswer, Problem> {
        self.app.sessions().revoke(&self.cookie).await.map_err(|error| self.problem(error))?;
        Ok(SessionAnswer::ended(&self.app))
    }

    fn problem(&self, error: SessionError) -> Problem {
        Problem::from_session_error(error, Some(self.id()))
    }
}

impl Session {
    /// The session of a cookie, changed without having been looked at before.
    pub(crate) async fn changed(
        app: &App,
        cookie: AuthenticCookie,
        activity: Activity,
        expected: Option<u64>,
        change: DataChange,
    ) -> Result<Self, Problem> {
        let changed = app.sessions().change_data(&cookie, activity, expected, change).await;
        let live = changed.map_err(|error| Problem::from_session_error(error, Some(cookie.session_id())))?;
        Ok(Self::new(app.clone(), cookie, activity, live))
    }

    /// Who is signed in.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        self.live.subject()
    }

    /// The session as its owner sees it, with a fresh statement.
    ///
    /// # Errors
    /// When the claims have become too long for one.
    pub fn view(&self) -> Result<SessionAnswer, Problem> {
        SessionAnswer::of(&self.app, &self.live, None)
    }

    /// Says something else of the subject from now on. The answer has a statement that says so.
    ///
    /// # Errors
    /// When the claims are too long for a statement, the session has ended, or the store is in
    /// trouble.
    pub async fn change_claims(&mut self, claims: Map<String, Value>) -> Result<SessionAnswer, Problem> {
        let changed = self.app.sessions().change_claims(&self.cookie, claims).await;
        self.live = changed.map_err(|error| self.problem(error))?;
        self.view()
    }

    /// Gives the session a new ID and cookie, as after every change of what it may do.
    ///
    /// # Errors
    /// When it has ended, or the store is in trouble.
    pub async fn renew(self) -> Result<SessionAnswer, Problem> {
        Self::renewed(&self.app, &self.cookie, Renewal::Plain).await
    }

    /// The same, because the subject has just proved itself again, in whatever way: the session may
    /// do for a while what needs that.
    ///
    /// # Errors
    /// As [`renew`](Self::renew).
    pub async fn reauthenticated(self) -> Result<SessionAnswer, Problem> {
        Self::renewed(&self.app, &self.cookie, Renewal::Reauthenticated).await
    }

    /// The same of a cookie whose session has not been looked at before.
    pub(crate) async fn renewed(
        app: &App,
        cookie: &AuthenticCookie,
        renewal: Renewal,
    ) -> Result<SessionAnswer, Problem> {
        let renewed = app.sessions().renew(cookie, renewal).await;
        let Issued { session, cookie } =
            renewed.map_err(|error| Problem::from_session_error(error, Some(cookie.session_id())))?;
        SessionAnswer::of(app, &session, Some(&cookie))
    }

    /// All sessions of the subject, the one used last first.
    ///
    /// # Errors
    /// When it is asked for too often, the session has ended meanwhile, or the store is in trouble.
    pub async fn list(&self) -> Result<Vec<ListedSession>, Problem> {
        let listed = self.app.sessions().list_own(&self.live).await;
        listed.map_err(|error| self.problem(error))
    }

    /// Refuses unless the session is there still and the subject has proved itself lately: to end other devices is
    /// what a thief of a session does first (ASVS 5.0 V7.5.2, R31). The store is asked, whatever this server
    /// remembers.
    ///
    /// # Errors
    /// The 403 that asks for the password once more; the 401 of a session that has ended meanwhile, or the 503 of a
    /// store in trouble.
    pub async fn require_recent_password(&self) -> Result<(), Problem> {
        let confirmed = self.app.sessions().confirm(&self.live).await;
        self.require_recent(&confirmed.map_err(|error| self.problem(error))?)
    }

    /// The same of what is looked at once more when it is used.
    fn require_recent(&self, live: &LiveSession) -> Result<(), Problem> {
        if self.app.sessions().password_age(live) <= self.app.reauthenticate_within() {
            Ok(())
        } else {
            Err(Problem::reauthentication_required())
        }
    }

    /// Ends one session of the subject. To end another than this one takes a recent password.
    ///
    /// # Errors
    /// The 404 when there is none of this ID, or it is somebody else's; the 403 of a password that was
    /// entered too long ago; the 429 of too many tries; or when the store did not confirm it.
    pub async fn end(&self, id: SessionId) -> Result<SessionAnswer, Problem> {
        if id != self.id() {
            self.require_recent(&self.live)?;
        }
        let ended = self.app.sessions().revoke_own_one(&self.live, id).await;
        if !ended.map_err(|error| Problem::from_session_error(error, Some(id)))? {
            return Err(Problem::no_such_session());
        }
        Ok(self.after_ending(id == self.id()))
    }

    /// Ends all sessions of the subject, or all others. It takes a recent password.
    ///
    /// # Errors
    /// The 403 of a password that was entered too long ago; the 429 of too many tries; or when the store
    /// did not confirm it.
    pub async fn end_all(&self, keep_this: bool) -> Result<SessionAnswer, Problem> {
        self.require_recent(&self.live)?;
        let which = if keep_this { Revocation::AllExcept(self.id()) } else { Revocation::All };
        let ended = self.app.sessions().revoke_own(&self.live, which).await;
        ended.map_err(|error| self.problem(error))?;
        Ok(self.after_ending(!keep_this))
    }

    fn after_ending(&self, this: bool) -> SessionAnswer {
        if this { SessionAnswer::ended(&self.app) } else { SessionAnswer::unchanged() }
    }
}

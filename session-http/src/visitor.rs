use std::net::{IpAddr, SocketAddr};

use http::header::{COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use session_core::{AuthenticCookie, HeaderRefusal};
use session_engine::{Activity, Client, Issued, LiveSession, NewSession, Resumed, SessionError};

use crate::anyone::Anyone;
use crate::app::App;
use crate::headers::single_value;
#[cfg(feature = "legacy")]
use crate::legacy;
use crate::problem::Problem;
use crate::same_site;
use crate::session::Session;
use crate::session_answer::SessionAnswer;

const SESSION_ACTIVITY: HeaderName = HeaderName::from_static("session-activity");

/// Whoever sent a request, before anybody has looked whether they have a session.
#[derive(Clone, Debug)]
pub struct Visitor {
    app: App,
    headers: HeaderMap,
    peer: Option<IpAddr>,
    is_passive: bool,
}

impl App {
    /// Whoever sent a request with these headers, over a connection from `peer`.
    #[must_use]
    pub fn visitor(&self, headers: HeaderMap, peer: Option<SocketAddr>) -> Visitor {
        Visitor { app: self.clone(), headers, peer: peer.map(|peer| peer.ip()), is_passive: false }
    }
}

impl Visitor {
    /// The session of somebody who is signed in. It is extended, unless the request says
    /// `Session-Activity: passive`.
    ///
    /// # Errors
    /// The 401 of who is not signed in, or the 503 of a store in trouble.
    pub async fn session(&self) -> Result<Session, Problem> {
        let cookie = self.cookie()?;
        let live = self.app.sessions().resume(&cookie, self.activity()).await;
        self.session_of(cookie, live)
    }

    /// The same as the store has it now, and not as this server remembers it.
    ///
    /// # Errors
    /// As [`session`](Self::session).
    pub async fn confirmed_session(&self) -> Result<Session, Problem> {
        let cookie = self.cookie()?;
        let live = self.app.sessions().resume_confirmed(&cookie, self.activity()).await;
        self.session_of(cookie, live)
    }

    fn session_of(
        &self,
        cookie: AuthenticCookie,
        live: Result<LiveSession, SessionError>,
    ) -> Result<Session, Problem> {
        let live = live.map_err(|error| Problem::from_session_error(error, Some(cookie.session_id())))?;
        Ok(Session::new(self.app.clone(), cookie, self.activity(), live))
    }

    /// Like [`session`](Self::session), for what is shown to strangers too.
    ///
    /// # Errors
    /// The 503 of a store in trouble.
    pub async fn session_if_any(&self) -> Result<Option<Session>, Problem> {
        Problem::none_if_no_session(self.session().await)
    }

    /// Whoever has a session here: somebody who is signed in, or a guest; `None` of a stranger.
    ///
    /// # Errors
    /// The 503 of a store in trouble.
    pub async fn anyone(&self) -> Result<Option<Anyone>, Problem> {
        Problem::none_if_no_session(self.resume_any().await)
    }

    async fn resume_any(&self) -> Result<Anyone, Problem> {
        let (cookie, activity) = (self.cookie()?, self.activity());
        let resumed = self.app.sessions().resume_any(&cookie, activity).await;
        let resumed =
            resumed.map_err(|error| Problem::from_session_error(error, Some(cookie.session_id())))?;
        Ok(match resumed {
            Resumed::Subject(live) => {
                Anyone::SignedIn(Session::new(self.app.clone(), cookie, activity, live))
            }
            Resumed::Guest(live) => Anyone::Guest(Session::new(self.app.clone(), cookie, activity, live)),
        })
    }

    /// Starts a session for somebody whom the application has authenticated itself, by whatever way,
    /// and ends the one that the browser had before. The answer has both cookies.
    ///
    /// # Errors
    /// When the store is in trouble, or the subject's sessions are being ended at this moment.
    pub async fn sign_in(&self, session: NewSession) -> Result<SessionAnswer, Problem> {
        #[cfg(feature = "legacy")]
        let removal = Box::pin(legacy::end(self)).await?;
        let former = self.cookie().ok();
        let started = self.app.sessions().start(session.client(self.client()), former.as_ref()).await;
        let Issued { session, cookie } = started.map_err(|error| Problem::from_session_error(error, None))?;
        let answer = SessionAnswer::of(&self.app, &session, Some(&cookie));
        #[cfg(feature = "legacy")]
        let answer = answer.map(|answer| answer.with(removal));
        answer
    }

    /// Takes over the session that another library began, if the request brought one and none of ours: from then on
    /// [`session`](Self::session) has it. The answer has its cookie, and has to reach the browser. Our own routes do
    /// so by themselves.
    ///
    /// # Errors
    /// The 503 of a store in trouble.
    #[cfg(feature = "legacy")]
    pub async fn take_over_legacy(&mut self) -> Result<SessionAnswer, Problem> {
        let arrival = Box::pin(legacy::receive(&self.app, &mut self.headers, self.peer)).await?;
        Ok(SessionAnswer::unchanged().with(arrival.into_cookies()))
    }

    /// Starts a session for a stranger, with this to begin with: a JSON object. The answer has its
    /// cookie.
    ///
    /// # Errors
    /// When the store is in trouble, or `data` is no JSON object.
    pub async fn start_guest(&self, data: &impl Serialize) -> Result<SessionAnswer, Problem> {
        let Ok(Value::Object(data)) = serde_json::to_value(data) else {
            return Err(Problem::from_session_error(SessionError::UnfitData, None));
        };
        let started = self.app.sessions().start_guest(&self.client(), data).await;
        let Issued { session, cookie } = started.map_err(|error| Problem::from_session_error(error, None))?;
        tracing::info!(session_id = %session.id(), "guest session begun");
        Ok(SessionAnswer::of_guest(&self.app, &cookie))
    }

    /// What is kept for whoever this is, as a type of the application: of a stranger its default.
    ///
    /// # Errors
    /// When it is not of that shape, or the store is in trouble.
    pub async fn data_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        self.anyone().await?.map_or_else(|| Ok(T::default()), |anyone| anyone.data())
    }

    /// Has `edit` change what is kept for whoever this is, as [`Session::edit_data`] does, and starts
    /// a session for a stranger to keep it in. What `edit` returned comes with the answer, which has
    /// the guest's cookie if there is a new one.
    ///
    /// # Errors
    /// As [`Session::edit_data`] and [`start_guest`](Self::start_guest).
    pub async fn edit_or_start_guest<T: DeserializeOwned + Serialize + Default, R>(
        &self,
        mut edit: impl FnMut(&mut T) -> R,
    ) -> Result<(R, SessionAnswer), Problem> {
        if let Some(mut anyone) = self.anyone().await? {
            // A session that ends at this moment leaves a stranger behind.
            let edited = Problem::none_if_no_session(anyone.edit_data(&mut edit).await)?;
            if let Some(result) = edited {
                return Ok((result, SessionAnswer::unchanged()));
            }
        }
        let mut data = T::default();
        let result = edit(&mut data);
        Ok((result, self.start_guest(&data).await?))
    }

    /// Ends the session, a guest's too, and takes the cookies away. Who has none is logged out
    /// already. Only what the store confirmed is told to the browser (R22).
    ///
    /// # Errors
    /// When the store did not confirm it; then the cookies stay.
    pub async fn log_out(&self) -> Result<SessionAnswer, Problem> {
        let cookie = self.authenticate();
        if let Some(problem) = cookie.as_ref().err().copied().and_then(Problem::unjudged) {
            return Err(problem);
        }
        // Else it would be taken over next.
        #[cfg(feature = "legacy")]
        let removal = Box::pin(legacy::end(self)).await?;
        if let Ok(cookie) = cookie {
            let session_id = cookie.session_id();
            match self.app.sessions().revoke(&cookie).await {
                Ok(_) | Err(SessionError::WrongSecret | SessionError::Unreadable(_)) => {}
                Err(error) => return Err(Problem::from_session_error(error, Some(session_id))),
            }
        }
        let answer = SessionAnswer::ended(&self.app);
        #[cfg(feature = "legacy")]
        let answer = answer.with(removal);
        Ok(answer)
    }

    /// Refuses what a browser sent on behalf of another site (R34). For whatever changes something.
    ///
    /// # Errors
    /// The 403 of such a request.
    pub fn require_same_site(&self) -> Result<(), Problem> {
        same_site::check(&self.headers, self.app.origins())
    }

    /// Who asks, for attempt limits and the list of devices; never for authentication (R37).
    #[must_use]
    pub fn client(&self) -> Client {
        client(&self.app, self.peer, &self.headers)
    }

    /// The same, of whose request no session is extended: for what pages ask for while nobody is there.
    #[must_use]
    pub fn passive(self) -> Self {
        Self { is_passive: true, ..self }
    }

    /// A client can make a request count as less activity than it is, never as more.
    #[must_use]
    pub fn activity(&self) -> Activity {
        match self.headers.get(&SESSION_ACTIVITY).map(HeaderValue::as_bytes) {
            Some(b"passive") => Activity::Passive,
            _ if self.is_passive => Activity::Passive,
            _ => Activity::Active,
        }
    }

    /// The application that was visited.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    pub(crate) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn authenticate(&self) -> Result<AuthenticCookie, HeaderRefusal> {
        self.app.sessions().authenticate(self.cookie_lines())
    }

    pub(crate) fn cookie_lines(&self) -> impl Iterator<Item = &[u8]> {
        cookie_lines(&self.headers)
    }

    /// The authentic session cookie. Costs no store command.
    pub(crate) fn cookie(&self) -> Result<AuthenticCookie, Problem> {
        self.authenticate().map_err(|refusal| {
            if refusal != HeaderRefusal::Absent {
                tracing::info!(reason = refusal.code(), "session cookie refused");
            }
            let problem = Problem::from_refusal(refusal);
            // Of two good ones nobody can say which was meant: an end to it (R14).
            if refusal == HeaderRefusal::Ambiguous {
                problem.with_cookies(self.app.removals())
            } else {
                problem
            }
        })
    }
}

pub(crate) fn client(app: &App, peer: Option<IpAddr>, headers: &HeaderMap) -> Client {
    let address = peer.map(|peer| app.trusted_proxies().client_address(peer, headers));
    Client::new(address, single_value(headers, &USER_AGENT))
}

pub(crate) fn cookie_lines(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes)
}

#[cfg(test)]
#[cfg(all(feature = "embedded", feature = "users-file"))]
mod tests {
    use std::sync::Arc;

    use http::Method;
    use serde_json::{Map, json};
    use session_core::{CookieName, KeyRing};
    use session_engine::store::embedded::EmbeddedStore;
    use session_engine::{DataChange, Keys, Renewal, Subject, SystemClock};

    use super::*;
    use crate::request::Request;
    use crate::routes::table;

    /// In bytes: of what each request waits in, and of what few do.
    const OFTEN: usize = 384;
    const SELDOM: usize = 1_024;

    /// A filter or service holds as much as the largest of its futures and moves that about, whatever a request asks
    /// for: what few ask for must not make it large for all.
    #[tokio::test]
    async fn what_is_awaited_is_small() {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(EmbeddedStore::open(directory.path(), Arc::new(SystemClock)).unwrap());
        let keys = Keys::new(&KeyRing::generate().unwrap(), CookieName::default());
        let app = App::builder(keys, store).build().unwrap();
        let (sessions, table) = (app.sessions(), table(&app));
        let alice = || NewSession::of(Subject::new("alice").unwrap());
        let issued = sessions.start(alice(), None).await.unwrap();
        let header = format!("__Host-session={}", issued.cookie.expose());
        let cookie = &sessions.authenticate([header.as_bytes()]).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::try_from(header).unwrap());
        let request = Request {
            method: Method::GET,
            headers: headers.clone(),
            peer: None,
            query: String::new(),
            body: Request::no_body(),
            parameters: Vec::new(),
        };
        let place = table.find("/session").unwrap();
        let visitor = app.visitor(headers, None);
        let mut session = visitor.session().await.unwrap();
        let nothing = || DataChange::Replace(Map::new());
        let check = |name: &str, size: usize, limit: usize| {
            assert!(size <= limit, "{name} takes {size} bytes, expected at most {limit}");
        };
        check("an answer of ours", size_of_val(&table.answer(app.clone(), place, request)), OFTEN);
        check("Sessions::resume", size_of_val(&sessions.resume(cookie, Activity::Active)), OFTEN);
        check("Visitor::session", size_of_val(&visitor.session()), OFTEN);
        check("Visitor::anyone", size_of_val(&visitor.anyone()), OFTEN);
        check("Visitor::sign_in", size_of_val(&visitor.sign_in(alice())), SELDOM);
        check("Visitor::start_guest", size_of_val(&visitor.start_guest(&json!({}))), SELDOM);
        check("Visitor::log_out", size_of_val(&visitor.log_out()), SELDOM);
        check("Session::change_data", size_of_val(&session.change_data(None, nothing())), SELDOM);
        check("Session::edit_data", size_of_val(&session.edit_data(|_: &mut Map<_, _>| ())), SELDOM);
        check("Session::change_claims", size_of_val(&session.change_claims(Map::new())), SELDOM);
        check("Session::list", size_of_val(&session.list()), SELDOM);
        check("Session::end", size_of_val(&session.end(session.id())), SELDOM);
        check("Session::end_all", size_of_val(&session.end_all(true)), SELDOM);
        check("Session::renewed", size_of_val(&Session::renewed(&app, cookie, Renewal::Plain)), SELDOM);
    }
}

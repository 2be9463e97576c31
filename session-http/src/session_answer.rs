#[cfg(feature = "legacy")]
use http::HeaderValue;
use http::{HeaderMap, Response, StatusCode};
use serde::Serialize;
#[cfg(feature = "management")]
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use session_core::{CookieValue, SessionId, SignedStatement};
use session_engine::LiveSession;

use crate::answer::{self, Answer};
use crate::app::App;
use crate::cookies::Cookies;
use crate::problem::Problem;
use crate::security_headers::keep_from_caches;

/// What became of a session, with the cookies that tell the browser. As an answer it is the view of
/// the session, or empty when there is nothing to show; or its cookies go with what the application
/// has to say instead.
#[derive(Debug)]
#[must_use = "the browser learns of it by its cookies"]
pub struct SessionAnswer {
    answer: Answer,
    cookies: Cookies,
}

#[derive(Serialize)]
struct SessionView<'a> {
    session_id: SessionId,
    subject: &'a str,
    claims: &'a Map<String, Value>,
    created_at: u64,
    authenticated_at: u64,
    idle_expires_at: u64,
    absolute_expires_at: u64,
}

impl SessionView<'_> {
    /// With the statement as its last member. It is by far the longest, and of letters that JSON has no need to
    /// escape: to look at each of them for that would take longer than all the others together.
    fn with(&self, statement: &SignedStatement) -> Answer {
        let mut text = Vec::with_capacity(1024);
        let written = serde_json::to_writer(&mut text, self).is_ok() && text.pop() == Some(b'}');
        debug_assert!(written, "a view is an object with members");
        for part in [r#","statement":""#, statement.as_str(), r#""}"#] {
            text.extend_from_slice(part.as_bytes());
        }
        answer::json_text(text)
    }
}

#[cfg(feature = "management")]
#[derive(Serialize)]
struct HandedOver<'a> {
    session: &'a RawValue,
    set_cookies: Vec<&'a str>,
}

impl SessionAnswer {
    /// The session as its owner sees it, with a statement, and its cookie if that was just made.
    pub(crate) fn of(
        app: &App,
        session: &LiveSession,
        cookie: Option<&CookieValue>,
    ) -> Result<Self, Problem> {
        let statement = state(app, session)?;
        let record = session.record();
        let view = SessionView {
            session_id: session.id(),
            subject: session.subject().as_str(),
            claims: &record.claims,
            created_at: record.created_at.as_secs(),
            authenticated_at: record.authenticated_at.as_secs(),
            idle_expires_at: session.idle_expires_at().as_secs(),
            absolute_expires_at: record.absolute_expires_at.as_secs(),
        };
        let view = view.with(&statement);
        let mut cookies = Cookies::default();
        if let Some(value) = cookie {
            cookies.give(value, app.sessions(), app.cookie_settings());
        }
        cookies.state(&statement, app.sessions(), app.cookie_settings());
        Ok(Self { answer: view, cookies })
    }

    /// Nothing to show, and a statement for somebody else; the browser gets it as its cookie.
    pub(crate) fn with_statement(
        app: &App,
        session: &LiveSession,
    ) -> Result<(Answer, Option<SignedStatement>), Problem> {
        let statement = state(app, session)?;
        let mut cookies = Cookies::default();
        cookies.state(&statement, app.sessions(), app.cookie_settings());
        let answer = Self { answer: answer::empty(StatusCode::OK), cookies }.into_answer();
        Ok((answer, Some(statement)))
    }

    /// The same, and the device is known again by this name.
    #[cfg(feature = "passwords")]
    pub(crate) fn remember_device(mut self, app: &App, name: &str) -> Result<Self, Problem> {
        let device = app.sessions().remember_device(name);
        self.cookies.remember(&device.map_err(|error| Problem::from_session_error(error, None))?);
        Ok(self)
    }

    /// A guest's session, of which there is no more to say.
    pub(crate) fn of_guest(app: &App, cookie: &CookieValue) -> Self {
        let mut cookies = Cookies::default();
        cookies.give(cookie, app.sessions(), app.cookie_settings());
        Self { answer: answer::no_content(), cookies }
    }

    /// The session is over: both cookies go.
    pub(crate) fn ended(app: &App) -> Self {
        Self { answer: answer::no_content(), cookies: app.removals() }
    }

    /// It is done, and the browser's own session is as it was.
    pub(crate) fn unchanged() -> Self {
        Self { answer: answer::no_content(), cookies: Cookies::default() }
    }

    /// With these cookies, of whatever else becomes of the browser.
    #[cfg(feature = "legacy")]
    pub(crate) fn with(self, others: impl IntoIterator<Item = HeaderValue>) -> Self {
        Self { cookies: self.cookies.and(others), ..self }
    }

    /// As an answer of its own.
    #[must_use]
    pub fn into_answer(self) -> Answer {
        let Self { answer, cookies } = self;
        Self { answer: Answer::default(), cookies }.on(answer)
    }

    /// For a back end that is to hand it on: the view and the values of `Set-Cookie` as members of one object,
    /// and not as headers, which belong to whoever receives them.
    #[cfg(feature = "management")]
    pub(crate) fn into_handed_over(self) -> Answer {
        let Self { answer, cookies } = self;
        let set_cookies: Vec<_> = cookies.into_iter().collect();
        let session: &RawValue = serde_json::from_slice(answer.body()).unwrap_or(RawValue::NULL);
        answer::json(&HandedOver {
            session,
            set_cookies: set_cookies.iter().filter_map(|cookie| cookie.to_str().ok()).collect(),
        })
    }

    /// The cookies on an answer of the application's own, which is then not to be kept by caches
    /// unless it says otherwise itself.
    pub fn on<B>(self, mut response: Response<B>) -> Response<B> {
        self.add_to(response.headers_mut());
        response
    }

    /// The cookies with this to say, as JSON.
    pub fn json(self, body: &impl Serialize) -> Self {
        Self { answer: answer::json(body), ..self }
    }

    /// The cookies on the way to another page (303).
    pub fn redirect(self, path: &str) -> Self {
        Self { answer: answer::see_other(path), ..self }
    }

    pub(crate) fn add_to(self, headers: &mut HeaderMap) {
        self.cookies.apply_to(headers);
        keep_from_caches(headers);
    }
}

fn state(app: &App, session: &LiveSession) -> Result<SignedStatement, Problem> {
    let statement = app.sessions().state(session);
    statement.map_err(|error| Problem::from_session_error(error, Some(session.id())))
}

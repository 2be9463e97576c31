use std::net::IpAddr;
use std::time::Duration;

use http::header::LOCATION;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Number, Value};
use session_core::{StartKey, TimeTooLate, Timeouts, UnixTime};
use session_engine::{Client, Issued, NewSession, Subject};

use super::tokens::bearer;
use super::{Management, problem, subject_of};
use crate::answer::Answer;
use crate::headers::single_value;
use crate::media_type::JSON;
use crate::problem::Problem;
use crate::request::Request;
use crate::session_answer::SessionAnswer;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const EXPECTED: &str = "an object of `claims`, `idle_timeout`, `absolute_timeout` (2 to 34560000 s), \
    `authenticated_at` and `client`, each of its kind";

/// What a back end says of who has signed in with it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    #[serde(default)]
    claims: Map<String, Value>,
    idle_timeout: Option<Timeout>,
    absolute_timeout: Option<Timeout>,
    authenticated_at: Option<Time>,
    client: Option<Described>,
}

/// The browser or program, as the back end saw it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    ip: Option<IpAddr>,
    user_agent: Option<String>,
}

/// A whole number of seconds. To JSON Schema `600.0` is one, too.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "Number")]
struct Seconds(u64);

impl TryFrom<Number> for Seconds {
    type Error = &'static str;

    fn try_from(number: Number) -> Result<Self, &'static str> {
        let whole = number.as_f64().filter(|value| value.fract() == 0.0).map(|value| format!("{value:.0}"));
        let seconds = number.as_u64().or_else(|| whole?.parse().ok());
        seconds.map(Self).ok_or("seconds are not a whole number")
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "Seconds")]
struct Timeout(Duration);

impl TryFrom<Seconds> for Timeout {
    type Error = &'static str;

    fn try_from(Seconds(seconds): Seconds) -> Result<Self, &'static str> {
        let timeout = Duration::from_secs(seconds);
        let range = Timeouts::MIN..=Timeouts::MAX_ABSOLUTE;
        if range.contains(&timeout) { Ok(Self(timeout)) } else { Err("timeout is out of range") }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "Seconds")]
struct Time(UnixTime);

impl TryFrom<Seconds> for Time {
    type Error = TimeTooLate;

    fn try_from(Seconds(seconds): Seconds) -> Result<Self, TimeTooLate> {
        UnixTime::try_from(seconds).map(Self)
    }
}

/// `POST /subjects/{subject}/sessions`: starts a session of a subject that the caller has authenticated. What
/// the browser is to be given is part of the answer, since it is the caller who answers the browser.
pub(super) async fn start(management: Management, mut request: Request) -> Result<Answer, Problem> {
    let subject = subject_of(&request)?;
    let key = start_key(&request)?;
    let members = request.read_body().await?.kept_object(&[JSON])?;
    let start: Start = serde_json::from_value(members.into()).map_err(|_| unexpected())?;
    let (app, session) = (management.app(), start.session_of(subject));
    let started = match key {
        Some(key) => app.sessions().start_once(session, key).await,
        None => app.sessions().start(session, None).await,
    };
    let Issued { session, cookie } = started.map_err(problem)?;
    tracing::info!(session_id = %session.id(), subject = session.subject().as_str(), "started by a caller");
    let mut answer = SessionAnswer::of(app, &session, Some(&cookie))?.into_handed_over();
    *answer.status_mut() = StatusCode::CREATED;
    let location = HeaderValue::try_from(format!("/sessions/{}", session.id()));
    answer.headers_mut().extend(location.ok().map(|location| (LOCATION, location)));
    Ok(answer)
}

impl Start {
    fn session_of(self, subject: Subject) -> NewSession {
        let client = self.client.map(|client| Client::new(client.ip, client.user_agent.as_deref()));
        let mut session = NewSession::of(subject).claims(self.claims).client(client.unwrap_or_default());
        if let Some(Timeout(timeout)) = self.idle_timeout {
            session = session.idle_timeout(timeout);
        }
        if let Some(Timeout(timeout)) = self.absolute_timeout {
            session = session.absolute_timeout(timeout);
        }
        match self.authenticated_at {
            Some(Time(time)) => session.authenticated_at(time),
            None => session,
        }
    }
}

/// By which the caller may ask again (draft-ietf-httpapi-idempotency-key-header), if there is one.
fn start_key(request: &Request) -> Result<Option<StartKey>, Problem> {
    if !request.headers.contains_key(&IDEMPOTENCY_KEY) {
        return Ok(None);
    }
    let text = single_value(&request.headers, &IDEMPOTENCY_KEY).unwrap_or_default();
    // Whoever has come here has one.
    let token = bearer(&request.headers).unwrap_or_default();
    StartKey::new(token.as_bytes(), text)
        .map(Some)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "invalid_idempotency_key", error.to_string()))
}

fn unexpected() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "unexpected_body", format!("body is not {EXPECTED}"))
}

use std::time::Duration;

use serde::Serialize;
use session_core::{CookieRefusal, HeaderRefusal, SessionId};
use warp::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use warp::http::{HeaderValue, StatusCode};
use warp::reply::Response;

use super::{App, reply};
use crate::logins::LoginError;
use crate::sessions::SessionError;

/// When a store that did not answer may be asked again: it heals within a second of its return.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// When a login that found every hashing thread busy may be tried again.
const HASHING_RETRY: Duration = Duration::from_secs(2);

/// An answer that is not what was asked for: problem details by RFC 9457, with a stable `code`.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    code: &'static str,
    detail: String,
    reason: Option<Reason>,
    retry_after: Option<Duration>,
    set_cookies: Vec<String>,
    allow: Option<&'static str>,
}

impl warp::reject::Reject for Problem {}

/// Why a request has no session; all that a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Reason {
    /// It brought no session cookie.
    Absent,
    /// The cookie, or what the store holds for it, is none of ours.
    Invalid,
    /// The session is past its absolute deadline.
    Expired,
    /// The session idled out or was revoked.
    Ended,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            reason: None,
            retry_after: None,
            set_cookies: Vec::new(),
            allow: None,
        }
    }

    pub(super) fn from_refusal(app: &App, refusal: HeaderRefusal) -> Self {
        match refusal {
            HeaderRefusal::Absent => Self::no_session(Reason::Absent),
            HeaderRefusal::Cookie(CookieRefusal::Expired { .. }) => Self::no_session(Reason::Expired),
            HeaderRefusal::Cookie(_) => Self::no_session(Reason::Invalid),
            // Of two good ones nobody can say which was meant: an end to it (R14).
            HeaderRefusal::Ambiguous => {
                Self { set_cookies: reply::removals(app).collect(), ..Self::no_session(Reason::Invalid) }
            }
        }
    }

    /// The answer when something could not be done to a session. Only what the store positively
    /// knows becomes a 401; any doubt is a 503 that leaves the cookie alone (R51).
    pub(super) fn from_session_error(error: SessionError, id: Option<SessionId>) -> Self {
        let session_id = id.map(tracing::field::display);
        tracing::info!(session_id, %error, "request refused");
        let detail = error.to_string();
        match error {
            SessionError::Ended => Self::no_session(Reason::Ended),
            SessionError::Expired => Self::no_session(Reason::Expired),
            SessionError::WrongSecret | SessionError::Unreadable(_) => Self::no_session(Reason::Invalid),
            SessionError::OtherRevision { .. } => {
                Self::new(StatusCode::PRECONDITION_FAILED, "other_revision", detail)
            }
            SessionError::Contended => Self::new(StatusCode::CONFLICT, "contended", detail),
            SessionError::RevokedMeanwhile => Self::new(StatusCode::CONFLICT, "revoked_meanwhile", detail),
            SessionError::TooLarge(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "data_too_large", detail),
            SessionError::Unavailable(_) => Self::unavailable("store_unavailable", detail, STORE_RETRY),
            SessionError::UnfitStatement(_) | SessionError::Clock(_) | SessionError::Entropy => {
                tracing::error!(%error, "no session can be made or stated");
                Self::unavailable("unable", detail, STORE_RETRY)
            }
        }
    }

    pub(super) fn from_login_error(error: LoginError) -> Self {
        let detail = error.to_string();
        match error {
            LoginError::Refused => Self::new(StatusCode::UNAUTHORIZED, "login_refused", detail),
            LoginError::TooManyAttempts { retry_after } => Self {
                retry_after: Some(retry_after),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail)
            },
            LoginError::Busy(_) => Self::unavailable("busy", detail, HASHING_RETRY),
            LoginError::Users(_) => Self::unavailable("users_unavailable", detail, STORE_RETRY),
            LoginError::Store(_) => Self::unavailable("store_unavailable", detail, STORE_RETRY),
        }
    }

    /// The path is there, for other methods (RFC 9110 §15.5.6).
    pub(super) fn method_not_allowed(allow: Option<&'static str>) -> Self {
        let detail = "this path has other methods";
        Self { allow, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail) }
    }

    pub(super) fn draining() -> Self {
        Self::unavailable("draining", "this server is about to stop".into(), STORE_RETRY)
    }

    pub(super) fn store_unavailable() -> Self {
        Self::unavailable("store_unavailable", "session store is unavailable".into(), STORE_RETRY)
    }

    fn unavailable(code: &'static str, detail: String, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail) }
    }

    fn no_session(reason: Reason) -> Self {
        let detail = match reason {
            Reason::Absent => "this needs a session, and the request has no session cookie",
            Reason::Invalid => "the session cookie is not valid",
            Reason::Expired => "the session is past its absolute deadline",
            Reason::Ended => "the session has ended",
        };
        // The cookie stays, useless as it may be: the answer may meet a browser that has just received
        // a new one, and another server may have the key or the clock that this one lacks.
        Self { reason: Some(reason), ..Self::new(StatusCode::UNAUTHORIZED, "no_session", detail) }
    }

    pub(super) fn into_response(self) -> Response {
        let body = Document {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            reason: self.reason,
        };
        let mut response = Response::new(serde_json::to_string(&body).unwrap_or_default().into());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(methods) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(methods));
        }
        if let Some(span) = self.retry_after {
            headers.insert(RETRY_AFTER, span.as_secs().max(1).into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // Required by RFC 9110 §11.6.1; no browser reacts to this scheme.
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Cookie realm=\"session\""));
        }
        for value in self.set_cookies.into_iter().flat_map(HeaderValue::try_from) {
            headers.append(SET_COOKIE, value);
        }
        response
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    code: &'static str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
}

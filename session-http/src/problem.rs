use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use session_core::{CookieRefusal, HeaderRefusal, SessionId};
#[cfg(feature = "passwords")]
use session_engine::LoginError;
use session_engine::SessionError;

use crate::answer::Answer;
use crate::cookies::Cookies;
use crate::security_headers::keep_from_caches;

/// When a store that did not answer may be asked again: it heals within a second of its return.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// When a login that found every hashing thread busy may be tried again.
#[cfg(feature = "passwords")]
const HASHING_RETRY: Duration = Duration::from_secs(2);

/// An answer that is not what was asked for: problem details by RFC 9457, with a stable `code`.
#[derive(Clone, Debug)]
#[must_use]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    reason: Option<Reason>,
    /// Where its text is, if it always says the same: whoever is refused in great number must not cost much.
    written: Option<&'static OnceLock<Bytes>>,
    /// What the answer has beside those of every problem.
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Why a request has no session; all that a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reason {
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
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), reason: None, written: None, headers: Vec::new() }
    }

    /// The same, which says the same each time that it is made here.
    const fn written_at(mut self, place: &'static OnceLock<Bytes>) -> Self {
        self.written = Some(place);
        self
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code, as `openapi.json` lists them.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// Why there is no session, if that is what it says.
    #[cfg(feature = "page")]
    pub(crate) const fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// Of a request that may do without a session: that it has none is no problem.
    pub(crate) fn none_if_no_session<T>(result: Result<T, Self>) -> Result<Option<T>, Self> {
        match result {
            Ok(session) => Ok(Some(session)),
            Err(problem) if problem.reason.is_some() => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    pub(crate) fn with_cookies(self, cookies: Cookies) -> Self {
        let headers = cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)).collect();
        Self { headers, ..self }
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// What a log-out answers to a cookie that this server cannot judge: its session may live, so the
    /// cookie must stay (R80).
    pub(crate) fn unjudged(refusal: HeaderRefusal) -> Option<Self> {
        match refusal {
            HeaderRefusal::Ambiguous => {
                let detail = "the request has good cookies of two sessions, and ends neither";
                Some(Self::new(StatusCode::CONFLICT, "ambiguous", detail))
            }
            HeaderRefusal::Cookie(CookieRefusal::UnknownKey) => {
                let detail = "this server does not have the key of the session cookie; another may";
                Some(Self::unavailable("unknown_key", detail, STORE_RETRY))
            }
            _ => None,
        }
    }

    pub(crate) fn from_refusal(refusal: HeaderRefusal) -> Self {
        Self::no_session(match refusal {
            HeaderRefusal::Absent => Reason::Absent,
            HeaderRefusal::Cookie(CookieRefusal::Expired { .. }) => Reason::Expired,
            _ => Reason::Invalid,
        })
    }

    /// The answer when something could not be done to a session. Only what the store positively
    /// knows becomes a 401; any doubt is a 503 that leaves the cookie alone (R51).
    pub(crate) fn from_session_error(error: SessionError, id: Option<SessionId>) -> Self {
        let session_id = id.map(tracing::field::display);
        tracing::info!(session_id, %error, "request refused");
        match error {
            SessionError::Ended => return Self::no_session(Reason::Ended),
            SessionError::NotSignedIn => return Self::no_session(Reason::Absent),
            SessionError::Expired => return Self::no_session(Reason::Expired),
            SessionError::WrongSecret | SessionError::Unreadable(_) => {
                return Self::no_session(Reason::Invalid);
            }
            SessionError::Unavailable(_) => return Self::store_unavailable(),
            _ => {}
        }
        let detail = error.to_string();
        match error {
            SessionError::OtherRevision { .. } => {
                Self::new(StatusCode::PRECONDITION_FAILED, "other_revision", detail)
            }
            // Another request has the newer cookie, or is about to bring it: nobody is logged out (R72).
            SessionError::Renewed | SessionError::EndedMeanwhile => {
                Self::new(StatusCode::CONFLICT, "session_renewed", detail).after(STORE_RETRY)
            }
            SessionError::TooFast { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_fast", detail).after(retry_after)
            }
            SessionError::Contended => Self::new(StatusCode::CONFLICT, "contended", detail),
            SessionError::RevokedMeanwhile => Self::new(StatusCode::CONFLICT, "revoked_meanwhile", detail),
            SessionError::TooLarge(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "data_too_large", detail),
            SessionError::SignedIn => Self::new(StatusCode::CONFLICT, "signed_in", detail),
            SessionError::UnfitData => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unfit_data", detail),
            // No session can be made or stated.
            _ => {
                tracing::error!(%error, "no session can be made or stated: mend what the error names");
                Self::unavailable("unable", detail, STORE_RETRY)
            }
        }
    }

    #[cfg(feature = "passwords")]
    pub(crate) fn from_login_error(error: LoginError) -> Self {
        let detail = error.to_string();
        match error {
            LoginError::Refused => Self::new(StatusCode::UNAUTHORIZED, "login_refused", detail),
            LoginError::TooManyAttempts { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail).after(retry_after)
            }
            LoginError::Busy(_) | LoginError::Crowded => Self::unavailable("busy", detail, HASHING_RETRY),
            LoginError::Users(_) => Self::unavailable("users_unavailable", detail, STORE_RETRY),
            _ => Self::unavailable("store_unavailable", detail, STORE_RETRY),
        }
    }

    /// The path is there, for other methods (RFC 9110 §15.5.6).
    pub(crate) fn method_not_allowed(allow: HeaderValue) -> Self {
        let detail = "this path has other methods";
        Self {
            headers: vec![(ALLOW, allow)],
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        }
    }

    pub(crate) fn draining() -> Self {
        Self::unavailable("draining", "this server is about to stop", STORE_RETRY)
    }

    pub(crate) fn store_unavailable() -> Self {
        static TEXT: OnceLock<Bytes> = OnceLock::new();
        let problem = Self::unavailable("store_unavailable", "session store is unavailable", STORE_RETRY);
        problem.written_at(&TEXT)
    }

    pub(crate) fn not_found() -> Self {
        static TEXT: OnceLock<Bytes> = OnceLock::new();
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path").written_at(&TEXT)
    }

    /// A mistake of the application's, which its first request shows: a route asks for a session, and no
    /// `SessionLayer` is in front of it.
    #[cfg(feature = "axum")]
    pub(crate) fn no_layer() -> Self {
        tracing::error!(
            "session is asked for, and no `SessionLayer` is in front of the route: put one there"
        );
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "no_layer", "this server is not set up for sessions")
    }

    /// The page that this server was built with is not what it needs; the log says why.
    #[cfg(feature = "page")]
    pub(crate) fn no_page() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "no_page", "the page cannot be shown")
    }

    pub(crate) fn no_such_session() -> Self {
        static TEXT: OnceLock<Bytes> = OnceLock::new();
        let problem = Self::new(StatusCode::NOT_FOUND, "no_such_session", "you have no session of this ID");
        problem.written_at(&TEXT)
    }

    pub(crate) fn cross_site() -> Self {
        static TEXT: OnceLock<Bytes> = OnceLock::new();
        Self::new(StatusCode::FORBIDDEN, "cross_site", "this request was made by another site")
            .written_at(&TEXT)
    }

    pub(crate) fn reauthentication_required() -> Self {
        static TEXT: OnceLock<Bytes> = OnceLock::new();
        let detail = "this needs the password once more: `POST /session/reauthenticate`";
        Self::new(StatusCode::FORBIDDEN, "reauthentication_required", detail).written_at(&TEXT)
    }

    pub(crate) fn other_tag() -> Self {
        let detail = "the `ETag` of this session's data is none of `If-Match`, or one of `If-None-Match`";
        Self::new(StatusCode::PRECONDITION_FAILED, "other_revision", detail)
    }

    /// What was in the way is gone by now: of `/challenge`, for whom `/auth` would not refuse any more.
    pub(crate) fn try_again() -> Self {
        Self::unavailable("try_again", "the request can be sent again", STORE_RETRY)
    }

    pub(crate) fn unavailable(
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
        retry_after: Duration,
    ) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).after(retry_after)
    }

    /// It may be tried again then.
    pub(crate) fn after(self, span: Duration) -> Self {
        Self { headers: vec![(RETRY_AFTER, whole_seconds(span).into())], ..self }
    }

    fn no_session(reason: Reason) -> Self {
        static TEXTS: [OnceLock<Bytes>; 4] = [const { OnceLock::new() }; 4];
        let detail = match reason {
            Reason::Absent => "this needs a session, and the request has no session cookie",
            Reason::Invalid => "the session cookie is not valid",
            Reason::Expired => "the session is past its absolute deadline",
            Reason::Ended => "the session has ended",
        };
        // The cookie stays, useless as it may be: the answer may meet a browser that has just received
        // a new one, and another server may have the key or the clock that this one lacks.
        let problem = Self::new(StatusCode::UNAUTHORIZED, "no_session", detail);
        Self { reason: Some(reason), ..problem }.written_at(&TEXTS[reason as usize])
    }

    /// The answer.
    #[must_use]
    pub fn into_answer(self) -> Answer {
        let text = match self.written {
            Some(place) => place.get_or_init(|| self.text()).clone(),
            None => self.text(),
        };
        let mut answer = Answer::new(text);
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let has_challenge = self.headers.iter().any(|(name, _)| *name == WWW_AUTHENTICATE);
        if self.status == StatusCode::UNAUTHORIZED && !has_challenge {
            // Required by RFC 9110 §11.6.1; no browser reacts to this scheme.
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Cookie realm=\"session\""));
        }
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        keep_from_caches(headers);
        answer
    }

    fn text(&self) -> Bytes {
        let document = Document {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            reason: self.reason,
        };
        serde_json::to_vec(&document).unwrap_or_default().into()
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

/// Rounded up, since a second too early is too early.
fn whole_seconds(span: Duration) -> u64 {
    let rest = u64::from(span.subsec_nanos() > 0);
    span.as_secs().saturating_add(rest).max(1)
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

use serde::Serialize;
use session_core::{CookieValue, remove_cookie, remove_statement_cookie, set_cookie, set_statement_cookie};
use warp::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LOCATION, REFERRER_POLICY, SET_COOKIE,
    STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use warp::http::{HeaderName, HeaderValue, StatusCode};
use warp::reply::Response;

use super::App;
use super::problem::Problem;
use crate::sessions::{LiveSession, SessionError};

/// Nothing but our own files; WebAssembly may be compiled, and no script may be made from text.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; \
    frame-ancestors 'none'";

/// An answer that is no page needs nothing at all.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Who may embed an answer (Fetch Standard, `Cross-Origin-Resource-Policy`).
pub(super) const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

const SECURITY_HEADERS: [(HeaderName, &str); 4] = [
    (REFERRER_POLICY, "no-referrer"),
    // Two years, heeded over https only. Not for subdomains: they are not ours to decide on.
    (STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (RESOURCE_POLICY, "same-origin"),
];

#[derive(Serialize)]
struct SessionView<'a> {
    session_id: session_core::SessionId,
    subject: &'a str,
    claims: &'a serde_json::Map<String, serde_json::Value>,
    created_at: u64,
    authenticated_at: u64,
    idle_expires_at: u64,
    absolute_expires_at: u64,
    statement: &'a str,
}

/// The session as its owner sees it, with a statement cookie, and the session cookie if one was just
/// made.
pub(super) fn session(
    app: &App,
    session: &LiveSession,
    cookie: Option<&CookieValue>,
) -> Result<Response, Problem> {
    let statement = &state(app, session)?;
    let record = session.record();
    let mut response = json(&SessionView {
        session_id: session.id(),
        subject: record.subject.as_str(),
        claims: &record.claims,
        created_at: record.created_at.as_secs(),
        authenticated_at: record.authenticated_at.as_secs(),
        idle_expires_at: session.idle_expires_at().as_secs(),
        absolute_expires_at: record.absolute_expires_at.as_secs(),
        statement,
    });
    if let Some(value) = cookie {
        give_cookie(app, &mut response, value);
    }
    give_statement(app, &mut response, statement);
    Ok(response)
}

/// A statement about the session.
pub(super) fn state(app: &App, session: &LiveSession) -> Result<String, Problem> {
    let stated = app.sessions.state(session);
    stated.map_err(|error: SessionError| Problem::from_session_error(error, Some(session.id())))
}

/// The session's data, with its revision as `ETag`.
pub(super) fn data(session: &LiveSession) -> Response {
    let mut response = json(&session.record().data);
    let tag = format!("\"{}\"", session.record().revision);
    response.headers_mut().extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
    response
}

pub(super) fn json(body: &impl Serialize) -> Response {
    let mut response = Response::new(serde_json::to_string(body).unwrap_or_default().into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(super) fn no_content() -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// To a path of ours, after a form (`303`, so that the browser asks for it with GET).
pub(super) fn see_other(path: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response
}

pub(super) fn give_cookie(app: &App, response: &mut Response, value: &CookieValue) {
    add_cookie(response, set_cookie(app.sessions.cookie_keys().name(), value, app.same_site));
}

pub(super) fn give_statement(app: &App, response: &mut Response, statement: &str) {
    let readers = app.statement_cookie;
    let cookie = readers.and_then(|readers| set_statement_cookie(statement, readers, app.same_site).ok());
    cookie.into_iter().for_each(|cookie| add_cookie(response, cookie));
}

pub(super) fn take_cookies(app: &App, response: &mut Response) {
    removals(app).for_each(|cookie| add_cookie(response, cookie));
}

/// What takes the session cookie away, and the statement cookie with it: that one is never taken
/// for a reason of its own, since it says itself when it is over.
pub(super) fn removals(app: &App) -> impl Iterator<Item = String> + use<> {
    let session = remove_cookie(app.sessions.cookie_keys().name(), app.same_site);
    let statement = app.statement_cookie.map(|readers| remove_statement_cookie(readers, app.same_site));
    std::iter::once(session).chain(statement)
}

fn add_cookie(response: &mut Response, cookie: String) {
    if let Ok(mut value) = HeaderValue::try_from(cookie) {
        // Keeps it out of `Debug`.
        value.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// What every answer carries, errors too, unless it brings its own (R35, R36).
pub(super) fn with_security_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let policy = if is_page { PAGE_POLICY } else { API_POLICY };
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    // Whatever does not say that it may be kept, must not be: it may be about one person.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(VARY, HeaderValue::from_static("Cookie"));
    }
    response
}

//! Forward-auth: a proxy asks about each request that it has before an application gets it, and tells the
//! application who it is from (nginx `auth_request`, Caddy and Traefik `forward_auth`, Envoy `ext_authz`, HAProxy).

mod access;
mod original;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use session_core::{DEVICE_COOKIE_NAME, STATEMENT_COOKIE_NAME, SignedStatement, cookies_without};

use crate::answer::{self, Answer};
use crate::app::App;
#[cfg(feature = "legacy")]
use crate::legacy;
use crate::next;
use crate::problem::Problem;
use crate::request::Request;
use crate::session::Session;
use crate::session_answer::SessionAnswer;
use crate::visitor::Visitor;

pub use access::{Access, AccessRules, InvalidAccessRule};
use original::Original;

const SUBJECT: HeaderName = HeaderName::from_static("x-session-subject");
const ID: HeaderName = HeaderName::from_static("x-session-id");
const STATEMENT: HeaderName = HeaderName::from_static("x-session-statement");

/// By this a proxy asks for the `Cookie` header that the application is to get. No page can set a header of such a
/// name (Fetch Standard, forbidden request-headers): scripts would else read cookies that are not for them.
const ASKS_FOR_COOKIES: HeaderName = HeaderName::from_static("sec-forward-auth");

/// What is not visible ASCII, and the sign that says so of others.
const NOT_IN_A_HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// `/auth`, `/auth/…`: whether the application may have a request, and whose it is.
#[cfg(not(feature = "legacy"))]
pub(crate) async fn check(app: App, request: Request) -> Result<Answer, Problem> {
    let original = Original::of(&app, &request);
    judge(&app, &original, request).await
}

/// Likewise. Whoever comes with another library's session goes on with one of ours, but for what everybody may have:
/// caches may keep that.
#[cfg(feature = "legacy")]
pub(crate) async fn check(app: App, mut request: Request) -> Result<Answer, Problem> {
    let original = Original::of(&app, &request);
    if app.sessions().legacy().is_none() || original.access() == Access::Public {
        return judge(&app, &original, request).await;
    }
    let peer = request.peer.map(|peer| peer.ip());
    match Box::pin(legacy::receive(&app, &mut request.headers, peer)).await {
        Ok(arrival) => Ok(arrival.alone_on(judge(&app, &original, request).await?)),
        Err(problem) => Ok(refuse(&app, &original, problem)),
    }
}

async fn judge(app: &App, original: &Original, request: Request) -> Result<Answer, Problem> {
    let visitor = original.visitor(app, request);
    match admit(&visitor, original).await {
        Ok(session) => pass(&visitor, original, session.as_ref()),
        Err(problem) => Ok(refuse(app, original, problem)),
    }
}

/// `/challenge`: what a client is told whose request was refused, for a proxy that cannot pass on what `/auth` said
/// (nginx). Who would not be refused any more asks again.
pub(crate) async fn challenge(app: App, request: Request) -> Result<Answer, Problem> {
    let original = Original::of(&app, &request);
    let visitor = original.visitor(&app, request);
    match (admit(&visitor, &original).await, original.way_back()) {
        (Err(problem), _) => Ok(refuse(&app, &original, problem)),
        (Ok(_), Some(target)) => Ok(answer::see_other(&target)),
        (Ok(_), None) => Err(Problem::try_again()),
    }
}

/// The session that may have it, or nobody's where everybody may.
async fn admit(visitor: &Visitor, original: &Original) -> Result<Option<Session>, Problem> {
    match original.access() {
        // What is for everybody is so while the store is away.
        Access::Public => Ok(visitor.session().await.ok()),
        Access::SignedIn => Ok(Some(visitor.session().await?)),
        Access::Recent => {
            let session = visitor.session().await?;
            session.require_recent_password().await?;
            Ok(Some(session))
        }
    }
}

/// Each header is there, if only to take the place of one that the client has made up.
fn pass(visitor: &Visitor, original: &Original, session: Option<&Session>) -> Result<Answer, Problem> {
    let (mut answer, statement) = match session {
        Some(session) => SessionAnswer::with_statement(visitor.app(), session.live())?,
        None => (answer::empty(StatusCode::OK), None),
    };
    // What is for everybody may be kept by caches, with all that stands in the answer.
    if original.access() == Access::Public {
        answer.headers_mut().remove(SET_COOKIE);
    }
    let subject = session.map(|session| session.subject().as_str()).unwrap_or_default();
    let id = session.map(|session| session.id().to_string()).unwrap_or_default();
    let headers = answer.headers_mut();
    set(headers, SUBJECT, utf8_percent_encode(subject, NOT_IN_A_HEADER).to_string().as_bytes());
    set(headers, ID, id.as_bytes());
    set(headers, STATEMENT, statement.as_ref().map(SignedStatement::as_str).unwrap_or_default().as_bytes());
    if original.is_trusted() && visitor.headers().contains_key(ASKS_FOR_COOKIES) {
        let keys = visitor.app().sessions().keys();
        let ours = [keys.cookie_name().as_str(), STATEMENT_COOKIE_NAME, DEVICE_COOKIE_NAME];
        set(headers, COOKIE, &cookies_without(visitor.cookie_lines(), &ours));
    }
    Ok(answer)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &[u8]) {
    // Everything here is visible ASCII, or came as a header.
    if let Ok(value) = HeaderValue::from_bytes(value) {
        headers.insert(name, value);
    }
}

/// A browser that shows what comes gets the way to the sign-in page, and back; everybody else problem details.
fn refuse(app: &App, original: &Original, problem: Problem) -> Answer {
    let shown = match problem.code() {
        "no_session" => "",
        "reauthentication_required" => "#reauthenticate",
        _ => return problem.into_answer(),
    };
    if !original.is_navigation() {
        return problem.into_answer();
    }
    let next = original.way_back().map(|next| next::query(&next)).unwrap_or_default();
    let mut answer = answer::see_other(&app.prefix().of(&format!("/login{next}{shown}")));
    // Of two good cookies neither stays.
    for cookie in problem.into_answer().headers().get_all(SET_COOKIE) {
        answer.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    answer
}

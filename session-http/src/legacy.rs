//! Browsers that have a session of another library and none of ours: what they ask is answered as if they had brought
//! the session that takes its place, whose cookie goes with the answer.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use session_core::{cookie_values, remove_other_cookie};
use session_engine::{Issued, LegacyCookie, LegacyOutcome};

use crate::answer::Answer;
use crate::app::App;
use crate::cookies::Cookies;
use crate::problem::Problem;
use crate::request::Request;
use crate::security_headers::keep_from_caches;
use crate::table::{Handler, Route};
use crate::visitor::{Visitor, client, cookie_lines};

/// What an answer does to cookies because of how the request came.
#[derive(Default)]
pub(crate) struct Arrival {
    /// The cookie of the session that was just begun.
    session: Option<HeaderValue>,
    /// What takes the other library's away.
    removal: Option<HeaderValue>,
}

impl Arrival {
    /// Before those of the answer itself, which may end the session already.
    pub(crate) fn on(self, mut answer: Answer) -> Answer {
        let ours: Vec<_> = self.into_cookies().collect();
        if ours.is_empty() {
            return answer;
        }
        let headers = answer.headers_mut();
        let own: Vec<_> = headers.get_all(SET_COOKIE).iter().cloned().collect();
        headers.remove(SET_COOKIE);
        for cookie in ours.into_iter().chain(own) {
            headers.append(SET_COOKIE, cookie);
        }
        keep_from_caches(headers);
        answer
    }

    pub(crate) fn into_cookies(self) -> impl Iterator<Item = HeaderValue> {
        [self.session, self.removal].into_iter().flatten()
    }

    /// The session's in place of all others: a proxy may have room for one, or make one of several.
    pub(crate) fn alone_on(self, mut answer: Answer) -> Answer {
        if let Some(session) = self.session {
            answer.headers_mut().insert(SET_COOKIE, session);
        }
        answer
    }
}

/// The route, where whoever arrives with another library's session is given one of ours first.
pub(crate) fn receiving(route: Route<App>) -> Route<App> {
    route.around(|handler: Handler<App>| {
        let handler = Arc::new(handler);
        Box::new(move |app: App, mut request: Request| {
            let handler = Arc::clone(&handler);
            Box::pin(async move {
                let peer = request.peer.map(|peer| peer.ip());
                let arrival = receive(&app, &mut request.headers, peer).await?;
                let answer = handler(app, request).await.unwrap_or_else(Problem::into_answer);
                Ok(arrival.on(answer))
            })
        })
    })
}

/// Takes over the session of another library, if the request has one and none of ours. Afterwards it has ours.
pub(crate) async fn receive(
    app: &App,
    headers: &mut HeaderMap,
    peer: Option<IpAddr>,
) -> Result<Arrival, Problem> {
    let Some(cookie) = cookie_to_take_over(app, headers) else { return Ok(Arrival::default()) };
    let taken = app.sessions().take_over_legacy(&cookie, client(app, peer, headers), carried_over(app)).await;
    let outcome = taken.map_err(|error| Problem::from_session_error(error, None))?;
    Ok(match outcome {
        LegacyOutcome::Nobodys => Arrival::default(),
        LegacyOutcome::Over => Arrival { session: None, removal: removal(app) },
        LegacyOutcome::TakenOver(issued) => {
            tracing::info!(session_id = %issued.session.id(), "legacy session taken over");
            bring(app, headers, &issued);
            Arrival { session: given(app, &issued), removal: removal(app) }
        }
    })
}

/// Ends the session of another library that a request has beside ours, or in its place; says what takes its cookie away.
pub(crate) async fn end(visitor: &Visitor) -> Result<Option<HeaderValue>, Problem> {
    let app = visitor.app();
    let found = app.sessions().legacy().and_then(|legacy| legacy.find(visitor.cookie_lines()));
    let Some(cookie) = found else { return Ok(None) };
    let ended = app.sessions().end_legacy(&cookie).await;
    ended.map_err(|error| Problem::from_session_error(error, None))?;
    Ok(removal(app))
}

/// A cookie of ours, good or bad, is all that counts.
fn cookie_to_take_over(app: &App, headers: &HeaderMap) -> Option<LegacyCookie> {
    let (legacy, keys) = (app.sessions().legacy()?, app.sessions().keys());
    let mut ours = cookie_values(cookie_lines(headers), keys.cookie_name().as_str());
    if ours.next().is_some() { None } else { legacy.find(cookie_lines(headers)) }
}

/// As the browser will from now on.
fn bring(app: &App, headers: &mut HeaderMap, issued: &Issued) {
    let keys = app.sessions().keys();
    let pair = format!("{}={}", keys.cookie_name(), issued.cookie.expose());
    if let Ok(mut pair) = HeaderValue::try_from(pair) {
        pair.set_sensitive(true);
        headers.append(COOKIE, pair);
    }
}

fn given(app: &App, issued: &Issued) -> Option<HeaderValue> {
    let mut cookies = Cookies::default();
    cookies.give(&issued.cookie, app.sessions(), app.cookie_settings());
    cookies.into_iter().next()
}

fn removal(app: &App) -> Option<HeaderValue> {
    let removal = remove_other_cookie(app.sessions().legacy()?.cookie())?;
    HeaderValue::try_from(removal).ok()
}

#[cfg(feature = "passwords")]
fn carried_over(app: &App) -> &[String] {
    app.carried_over()
}

#[cfg(not(feature = "passwords"))]
const fn carried_over(_: &App) -> &[String] {
    &[]
}

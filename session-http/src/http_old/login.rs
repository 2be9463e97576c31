use std::sync::Arc;

use serde::Deserialize;
use warp::http::StatusCode;
use warp::reply::Response;

use super::body::Body;
use super::problem::Problem;
use super::request::Request;
use super::{App, reply};
use crate::logins::{LoginError, User};
use crate::password::Password;
use crate::record::NewSession;
use crate::sessions::{Issued, Renewal, SessionError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    username: String,
    password: String,
    /// Where a form leads to afterwards.
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordAgain {
    password: String,
}

/// `POST /login`: a name and a password for a session. JSON for programs, a form for a page
/// without JavaScript.
pub(super) async fn log_in(app: Arc<App>, request: Request, body: Body) -> Result<Response, Problem> {
    if !body.is_form() {
        let expected = "a JSON object with the texts `username` and `password`";
        let Issued { session, cookie } =
            start(&app, &request, body.json(&["application/json"], expected)?).await?;
        return reply::session(&app, &session, Some(&cookie));
    }
    let credentials: Credentials = body.form("a form with `username`, `password` and perhaps `next`")?;
    let next = local_path(&credentials.next).to_owned();
    let started = start(&app, &request, credentials).await;
    let stated = started.and_then(|issued| Ok((reply::state(&app, &issued.session)?, issued.cookie)));
    match stated {
        Ok((statement, cookie)) => {
            let mut response = reply::see_other(&next);
            reply::give_cookie(&app, &mut response, &cookie);
            reply::give_statement(&app, &mut response, &statement);
            Ok(response)
        }
        // The page shows the element of this name, which needs no JavaScript.
        Err(problem) => Ok(reply::see_other(match problem.status {
            StatusCode::UNAUTHORIZED => "/#sign-in-refused",
            StatusCode::TOO_MANY_REQUESTS => "/#sign-in-limited",
            _ => "/#sign-in-unavailable",
        })),
    }
}

async fn start(app: &App, request: &Request, credentials: Credentials) -> Result<Issued, Problem> {
    let client = request.client(app);
    let password = Password::new(credentials.password);
    let user = app.logins.authenticate(&credentials.username, password, client.ip).await;
    let User { subject, claims, .. } = user.map_err(Problem::from_login_error)?;
    let former = request.cookie(app).ok();
    let started = app.sessions.start(NewSession { subject, claims, client }, former.as_ref()).await;
    let issued = started.map_err(|error| Problem::from_session_error(error, None))?;
    let subject = issued.session.record().subject.as_str();
    tracing::info!(session_id = %issued.session.id(), subject, "logged in");
    Ok(issued)
}

/// `POST /logout`: the store first. Only what the store confirmed is told to the browser (R22).
pub(super) async fn log_out(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    if let Ok(cookie) = request.cookie(&app) {
        let session_id = cookie.session_id();
        match app.sessions.revoke(&cookie).await {
            Ok(true) => tracing::info!(%session_id, "logged out"),
            Ok(false) | Err(SessionError::WrongSecret | SessionError::Unreadable(_)) => {}
            Err(error) => return Err(Problem::from_session_error(error, Some(session_id))),
        }
    }
    let from_form =
        request.text("content-type").is_some_and(|value| value.starts_with("application/x-www-form"));
    let mut response = if from_form { reply::see_other("/") } else { reply::no_content() };
    reply::take_cookies(&app, &mut response);
    Ok(response)
}

/// `POST /session/reauthenticate`: the password once more, and a new ID.
pub(super) async fn reauthenticate(app: Arc<App>, request: Request, body: Body) -> Result<Response, Problem> {
    let PasswordAgain { password } =
        body.json(&["application/json"], "a JSON object with the text `password`")?;
    let (cookie, session) = request.session(&app).await?;
    let (name, address) = (session.record().subject.as_str(), request.client(&app).ip);
    let user = app.logins.authenticate(name, Password::new(password), address).await;
    // A login name of one user may be the subject of another.
    let same_user = user.and_then(|user| match user.subject == session.record().subject {
        true => Ok(user),
        false => Err(LoginError::Refused),
    });
    same_user.map_err(Problem::from_login_error)?;
    let renewed = app.sessions.renew(&cookie, Renewal::Reauthenticated).await;
    let Issued { session, cookie } =
        renewed.map_err(|error| Problem::from_session_error(error, Some(cookie.session_id())))?;
    reply::session(&app, &session, Some(&cookie))
}

/// `next`, if it leads nowhere but to this server; otherwise the start page. A browser takes `//x`
/// and `/\x` for another host, and drops tabs and line breaks from the middle of a URL (R38).
fn local_path(next: &str) -> &str {
    let absolute = next.starts_with('/') && !next.starts_with("//") && next.len() <= 2048;
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if absolute && plain { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn next_never_leaves_this_server() {
        for local in ["/", "/a/b?c=d#e", "/a//b", "/%2F/x"] {
            assert_eq!(local_path(local), local);
        }
        let others =
            ["", "a", "//x", "/\\x", "https://x", "/\t/x", "/\n/x", " /x", "/x y", "/é", "\\\\x", "/a\\b"];
        for other in others {
            assert_eq!(local_path(other), "/", "{other:?}");
        }
    }
}

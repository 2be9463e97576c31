use http::StatusCode;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use session_engine::{AttemptSource, LoginError, Logins, NewSession, Password, User};

use crate::answer::{Answer, see_other};
use crate::app::App;
use crate::media_type::JSON;
use crate::problem::Problem;
use crate::request::Request;
use crate::session_answer::SessionAnswer;
use crate::visitor::Visitor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    username: String,
    password: String,
}

/// Frameworks add fields of their own, and a button has one: they are none of our business.
#[derive(Deserialize)]
struct Form {
    username: String,
    password: String,
    /// Where it leads to afterwards.
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
pub(super) async fn log_in(app: App, mut request: Request) -> Result<Answer, Problem> {
    let body = request.read_body().await?;
    let visitor = app.visitor(request.headers, request.peer);
    if !body.is_form() {
        let credentials = body.json(&[JSON], "a JSON object with the texts `username` and `password`")?;
        return Ok(start(&visitor, credentials).await?.into_answer());
    }
    let form: Form = body.form("a form with `username`, `password` and perhaps `next`")?;
    let Form { username, password, next } = form;
    let next = local_path(&next);
    Ok(match start(&visitor, Credentials { username, password }).await {
        Ok(started) => started.redirect(&next).into_answer(),
        // The page shows the element of this name, which needs no JavaScript.
        Err(problem) => see_other(&way_back(
            &next,
            match problem.status() {
                StatusCode::UNAUTHORIZED => "sign-in-refused",
                StatusCode::TOO_MANY_REQUESTS => "sign-in-limited",
                _ => "sign-in-unavailable",
            },
        )),
    })
}

async fn start(visitor: &Visitor, credentials: Credentials) -> Result<SessionAnswer, Problem> {
    let Credentials { username, password } = credentials;
    let device = visitor.app().sessions().known_device(visitor.cookie_lines(), &username);
    let source = AttemptSource { address: visitor.client().ip, device, session_created_at: None };
    let user = logins(visitor.app())?.authenticate(&username, Password::new(password), source).await;
    let User { subject, claims, .. } = user.map_err(Problem::from_login_error)?;
    let carried_over = visitor.app().carried_over().iter().cloned();
    let session = NewSession::of(subject).by_password().claims(claims).carry_over(carried_over);
    visitor.sign_in(session).await?.remember_device(visitor.app(), &username)
}

/// `POST /session/reauthenticate`: the password once more, and a new ID.
pub(super) async fn reauthenticate(app: App, mut request: Request) -> Result<Answer, Problem> {
    let body = request.read_body().await?;
    let PasswordAgain { password } = body.json(&[JSON], "a JSON object with the text `password`")?;
    let visitor = app.visitor(request.headers, request.peer);
    let session = visitor.session().await?;
    let name = session.subject().as_str();
    let device = app.sessions().known_device(visitor.cookie_lines(), name);
    let session_created_at = Some(session.record().created_at);
    let source = AttemptSource { address: visitor.client().ip, device, session_created_at };
    let user = logins(&app)?.authenticate(name, Password::new(password), source).await;
    // A login name of one user may be the subject of another.
    let same_user = user.and_then(|user| match user.subject == *session.subject() {
        true => Ok(user),
        false => Err(LoginError::Refused),
    });
    same_user.map_err(Problem::from_login_error)?;
    Ok(session.reauthenticated().await?.into_answer())
}

/// These routes are in the table only where there are users.
fn logins(app: &App) -> Result<&Logins, Problem> {
    app.logins().ok_or_else(Problem::not_found)
}

/// What a URL cannot have in it as it is.
const NO_PART_OF_A_URL: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');

/// What would end the value of a query, or mean something in it.
const NO_PART_OF_A_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_');

/// `next`, if it leads nowhere but to this server; otherwise the start page. A browser takes `//x`
/// and `/\x` for another host, and drops tabs and line breaks from the middle of a URL (R38). Letters
/// outside ASCII are written as a URL has them.
fn local_path(next: &str) -> String {
    let absolute = next.starts_with('/') && !next.starts_with("//") && next.len() <= 2048;
    let plain = !next.chars().any(|char| char.is_control() || char == '\\');
    if absolute && plain { utf8_percent_encode(next, NO_PART_OF_A_URL).to_string() } else { "/".into() }
}

/// To the sign-in page, which shows what was wrong and remembers where to go afterwards.
fn way_back(next: &str, shown: &str) -> String {
    if next == "/" || next.starts_with("/#") {
        return format!("/#{shown}");
    }
    format!("/?next={}#{shown}", utf8_percent_encode(next, NO_PART_OF_A_VALUE))
}

#[cfg(test)]
mod tests {
    use super::{local_path, way_back};

    #[test]
    fn next_never_leaves_this_server() {
        for local in ["/", "/a/b?c=d#e", "/a//b", "/%2F/x"] {
            assert_eq!(local_path(local), local);
        }
        let others =
            ["", "a", "//x", "/\\x", "https://x", "/\t/x", "/\n/x", " /x", "\\\\x", "/a\\b", "/\u{85}"];
        for other in others {
            assert_eq!(local_path(other), "/", "{other:?}");
        }
    }

    #[test]
    fn next_keeps_its_letters_and_comes_back_after_a_typing_error() {
        assert_eq!(local_path("/caf\u{e9} 1?q=\u{65e5}"), "/caf%C3%A9%201?q=%E6%97%A5");
        assert_eq!(local_path("/caf%C3%A9"), "/caf%C3%A9", "not twice");
        let back = way_back("/orders/7?a=b&c=d#e", "sign-in-refused");
        assert_eq!(back, "/?next=/orders/7%3Fa%3Db%26c%3Dd%23e#sign-in-refused");
        for start in ["/", "/#welcome"] {
            assert_eq!(way_back(start, "sign-in-refused"), "/#sign-in-refused");
        }
    }
}

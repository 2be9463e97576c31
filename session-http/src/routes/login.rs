use http::StatusCode;
use serde::Deserialize;
use session_engine::{AttemptSource, LoginError, Logins, NewSession, Password, User};

use crate::answer::{Answer, see_other};
use crate::app::App;
use crate::media_type::JSON;
use crate::next;
use crate::path_prefix::PathPrefix;
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
    let next = next::local(&next);
    Ok(match start(&visitor, Credentials { username, password }).await {
        Ok(started) => started.redirect(&next.unwrap_or_else(|| app.prefix().of("/"))).into_answer(),
        // The page shows the element of this name, which needs no JavaScript.
        Err(problem) => see_other(&way_back(
            app.prefix(),
            next.as_deref(),
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

/// To the sign-in page, which shows what was wrong and remembers where to go afterwards.
fn way_back(prefix: &PathPrefix, next: Option<&str>, shown: &str) -> String {
    let home = prefix.of("/");
    let next = next.filter(|next| *next != home && !next.starts_with(&format!("{home}#")));
    format!("{home}{}#{shown}", next.map(next::query).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_comes_back_after_a_typing_error() {
        let [none, some] = ["", "/_session"].map(|prefix| prefix.parse().unwrap());
        let back = |prefix: &PathPrefix, next: &str| way_back(prefix, Some(next), "sign-in-refused");
        assert_eq!(back(&none, "/orders/7?a=b"), "/?next=/orders/7%3Fa%3Db#sign-in-refused");
        assert_eq!(back(&some, "/orders/7"), "/_session/?next=/orders/7#sign-in-refused");
        assert_eq!(back(&some, "/"), "/_session/?next=/#sign-in-refused");
        for start in ["/", "/#welcome"] {
            assert_eq!(back(&none, start), "/#sign-in-refused");
            assert_eq!(back(&some, &some.of(start)), "/_session/#sign-in-refused");
        }
        assert_eq!(way_back(&some, None, "sign-in-refused"), "/_session/#sign-in-refused");
    }
}

use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use session_engine::{Revocation, SessionError, Subject};

use super::Management;
use crate::answer::{self, Answer};
use crate::listed_view::ListedView;
use crate::problem::Problem;
use crate::request::Request;

#[derive(Serialize)]
struct SessionsView<'a> {
    sessions: Vec<SessionView<'a>>,
}

#[derive(Serialize)]
struct SessionView<'a> {
    #[serde(flatten)]
    session: ListedView<'a>,
    authenticated_at: u64,
}

#[derive(Serialize)]
struct Revoked {
    revoked: usize,
}

/// `GET /subjects/{subject}/sessions`: the living sessions of a subject, the one used last first. There
/// are no more of them than a subject may have.
pub(super) async fn list(management: Management, request: Request) -> Result<Answer, Problem> {
    let subject = subject_of(&request)?;
    let sessions = management.app().sessions().list(&subject).await.map_err(problem)?;
    let views = sessions.iter().map(|session| SessionView {
        session: ListedView::of(management.app(), session),
        authenticated_at: session.authenticated_at().as_secs(),
    });
    Ok(answer::json(&SessionsView { sessions: views.collect() }))
}

/// `DELETE /subjects/{subject}/sessions`: all of them.
pub(super) async fn revoke_all(management: Management, request: Request) -> Result<Answer, Problem> {
    let subject = subject_of(&request)?;
    let revoked = management.app().sessions().revoke_all(&subject, Revocation::All).await.map_err(problem)?;
    Ok(answer::json(&Revoked { revoked }))
}

/// `DELETE /subjects/{subject}/sessions/{session_id}`: one of them.
pub(super) async fn revoke(management: Management, request: Request) -> Result<Answer, Problem> {
    let subject = subject_of(&request)?;
    let id = request.parameters.get(1).and_then(|id| id.parse().ok()).ok_or_else(no_such_session)?;
    match management.app().sessions().revoke_one(&subject, id).await.map_err(problem)? {
        true => Ok(answer::no_content()),
        false => Err(no_such_session()),
    }
}

/// In a path a subject is percent-encoded (RFC 3986 §2.1).
fn subject_of(request: &Request) -> Result<Subject, Problem> {
    let encoded = request.parameters.first().map(String::as_str).unwrap_or_default();
    let text = percent_decode_str(encoded).decode_utf8().map_err(|_| Problem::not_found())?;
    Subject::new(&text).map_err(|_| Problem::not_found())
}

fn no_such_session() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no_such_session", "the subject has no session of this ID")
}

fn problem(error: SessionError) -> Problem {
    Problem::from_session_error(error, None)
}

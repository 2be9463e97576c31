use serde::{Deserialize, Serialize};
use session_engine::{ListedSession, Revocation};

use super::cursor::Cursor;
use super::{
    Management, limit_of, no_such_session, problem, query_of, session_id_of, subject_of, unexpected_query,
};
use crate::answer::{self, Answer};
use crate::listed_view::ListedView;
use crate::problem::Problem;
use crate::request::Request;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    limit: Option<String>,
    cursor: Option<String>,
}

#[derive(Serialize)]
struct SessionsView<'a> {
    sessions: Vec<SessionView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
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

/// `GET /subjects/{subject}/sessions`: the living sessions of a subject, the one that began last first.
///
/// That order is the same however the sessions are used meanwhile, so a reader that goes from page to page
/// misses none that is there all the while.
pub(super) async fn list(management: Management, request: Request) -> Result<Answer, Problem> {
    let subject = subject_of(&request)?;
    let page: Page = query_of(&request)?;
    let limit = limit_of(page.limit.as_deref())?;
    let begin =
        page.cursor.map(|text| text.parse().map_err(|_| unexpected_query("`cursor` is none of ours")));
    let begin: Option<Cursor> = begin.transpose()?;
    let mut sessions = management.app().sessions().list(&subject).await.map_err(problem)?;
    sessions.sort_by_key(Cursor::behind);
    let mut rest =
        sessions.iter().filter(|session| begin.is_none_or(|begin| Cursor::behind(session) > begin));
    let page: Vec<&ListedSession> = rest.by_ref().take(limit).collect();
    let next_cursor = rest.next().and(page.last()).map(|last| Cursor::behind(last).to_string());
    let views = page.into_iter().map(|session| SessionView {
        session: ListedView::of(management.app(), session, &request.headers),
        authenticated_at: session.authenticated_at().as_secs(),
    });
    Ok(answer::json(&SessionsView { sessions: views.collect(), next_cursor }))
}

/// `DELETE /subjects/{subject}/sessions`: all of them.
pub(super) async fn revoke_all(management: Management, request: Request) -> Result<Answer, Problem> {
    let subject = subject_of(&request)?;
    let revoked = management.app().sessions().revoke_all(&subject, Revocation::All).await.map_err(problem)?;
    Ok(answer::json(&Revoked { revoked }))
}

/// `DELETE /subjects/{subject}/sessions/{session_id}`: one of them.
pub(super) async fn revoke(management: Management, request: Request) -> Result<Answer, Problem> {
    let (subject, id) = (subject_of(&request)?, session_id_of(&request, 1)?);
    match management.app().sessions().revoke_one(&subject, id).await.map_err(problem)? {
        true => Ok(answer::no_content()),
        false => Err(no_such_session()),
    }
}

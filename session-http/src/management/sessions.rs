use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use session_core::SessionId;
use session_engine::{Client, DataChange, FoundSession, Subject};

use super::{Management, no_such_session, problem, query_of, session_id_of};
use crate::answer::{self, Answer};
use crate::media_type::{JSON, MERGE_PATCH};
use crate::problem::Problem;
use crate::request::Request;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    data: Option<bool>,
}

#[derive(Serialize)]
struct SessionView<'a> {
    session_id: SessionId,
    /// `null` of a guest.
    subject: Option<&'a Subject>,
    claims: &'a Map<String, Value>,
    created_at: u64,
    authenticated_at: u64,
    last_seen_at: u64,
    idle_expires_at: u64,
    absolute_expires_at: u64,
    client: &'a Client,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Map<String, Value>>,
}

impl<'a> SessionView<'a> {
    fn of(session: &'a FoundSession) -> Self {
        let record = session.record();
        Self {
            session_id: session.id(),
            subject: record.subject.as_ref(),
            claims: &record.claims,
            created_at: record.created_at.as_secs(),
            authenticated_at: record.authenticated_at.as_secs(),
            last_seen_at: session.last_seen_at().as_secs(),
            idle_expires_at: session.idle_expires_at().as_secs(),
            absolute_expires_at: record.absolute_expires_at.as_secs(),
            client: &record.client,
            data: None,
        }
    }
}

/// `GET /sessions/{session_id}`, with `?data=true` also what the application keeps in it, which is no
/// business of most who ask.
pub(super) async fn show(management: Management, request: Request) -> Result<Answer, Problem> {
    let id = session_id_of(&request, 0)?;
    let shown: Shown = query_of(&request)?;
    let found = management.app().sessions().find(id).await.map_err(problem)?.ok_or_else(no_such_session)?;
    let data = shown.data.unwrap_or_default().then_some(&found.record().data);
    Ok(answer::json(&SessionView { data, ..SessionView::of(&found) }))
}

/// `DELETE /sessions/{session_id}`.
pub(super) async fn revoke(management: Management, request: Request) -> Result<Answer, Problem> {
    let id = session_id_of(&request, 0)?;
    match management.app().sessions().revoke_by_id(id).await.map_err(problem)? {
        true => Ok(answer::no_content()),
        false => Err(no_such_session()),
    }
}

/// `PATCH /sessions/{session_id}/claims`: a JSON Merge Patch (RFC 7396).
pub(super) async fn change_claims(management: Management, mut request: Request) -> Result<Answer, Problem> {
    let id = session_id_of(&request, 0)?;
    let patch = request.read_body().await?.kept_object(&[MERGE_PATCH, JSON])?;
    let changed = management.app().sessions().change_claims_by_id(id, DataChange::Merge(patch)).await;
    let changed = changed.map_err(problem)?.ok_or_else(no_such_session)?;
    Ok(answer::json(&SessionView::of(&changed)))
}

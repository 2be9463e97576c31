use http::StatusCode;
use serde::Serialize;
use session_core::SessionId;
use session_engine::{Client, ListedSession};

use crate::answer::{self, Answer};
use crate::app::App;
use crate::problem::Problem;
use crate::request::Request;

#[derive(Serialize)]
struct DevicesView<'a> {
    sessions: Vec<DeviceView<'a>>,
}

#[derive(Serialize)]
struct DeviceView<'a> {
    session_id: SessionId,
    current: bool,
    created_at: u64,
    last_seen_at: u64,
    idle_expires_at: u64,
    absolute_expires_at: u64,
    client: &'a Client,
}

/// `GET /sessions`: the subject's devices. The IDs in it are no credentials (R27).
pub(super) async fn list(app: App, request: Request) -> Result<Answer, Problem> {
    let current = app.visitor(request.headers, request.peer).session().await?;
    let sessions = current.list().await?;
    let view = |session| device(&app, session, current.id());
    Ok(answer::json(&DevicesView { sessions: sessions.iter().map(view).collect() }))
}

fn device<'a>(app: &App, session: &'a ListedSession, current: SessionId) -> DeviceView<'a> {
    DeviceView {
        session_id: session.id(),
        current: session.id() == current,
        created_at: session.created_at().as_secs(),
        last_seen_at: app.sessions().last_seen_at(session).as_secs(),
        idle_expires_at: session.idle_expires_at().as_secs(),
        absolute_expires_at: session.absolute_expires_at().as_secs(),
        client: session.client(),
    }
}

/// `DELETE /sessions/{id}`: one device. Somebody else's looks as if it were not there.
pub(super) async fn end_one(app: App, request: Request) -> Result<Answer, Problem> {
    let id = request.parameter()?;
    let current = app.visitor(request.headers, request.peer).session().await?;
    Ok(current.end(id).await?.into_answer())
}

/// `DELETE /sessions`: all devices, or with `?keep=current` all others.
pub(super) async fn end_many(app: App, request: Request) -> Result<Answer, Problem> {
    let keep_current = match request.query.as_str() {
        "" => false,
        "keep=current" => true,
        _ => {
            let detail = "query is not empty and not `keep=current`";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "unexpected_query", detail));
        }
    };
    let current = app.visitor(request.headers, request.peer).session().await?;
    Ok(current.end_all(keep_current).await?.into_answer())
}

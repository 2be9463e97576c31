use std::sync::Arc;

use serde::Serialize;
use session_core::SessionId;
use warp::http::StatusCode;
use warp::reply::Response;

use super::problem::Problem;
use super::request::Request;
use super::{App, reply};
use crate::record::Client;
use crate::sessions::{LiveSession, Revocation};

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
pub(super) async fn list(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let (_, current) = request.session(&app).await?;
    let listed = app.sessions.list(&current.record().subject).await;
    let sessions = listed.map_err(|error| Problem::from_session_error(error, Some(current.id())))?;
    let view = |session| device(&app, session, current.id());
    Ok(reply::json(&DevicesView { sessions: sessions.iter().map(view).collect() }))
}

fn device<'a>(app: &App, session: &'a LiveSession, current: SessionId) -> DeviceView<'a> {
    let record = session.record();
    DeviceView {
        session_id: session.id(),
        current: session.id() == current,
        created_at: record.created_at.as_secs(),
        last_seen_at: app.sessions.last_seen_at(session).as_secs(),
        idle_expires_at: session.idle_expires_at().as_secs(),
        absolute_expires_at: record.absolute_expires_at.as_secs(),
        client: &record.client,
    }
}

/// `DELETE /sessions/{id}`: one device. Somebody else's looks as if it were not there.
pub(super) async fn revoke_one(app: Arc<App>, request: Request, id: SessionId) -> Result<Response, Problem> {
    let (_, current) = request.session(&app).await?;
    if id != current.id() {
        require_recent_password(&app, &current)?;
    }
    let revoked = app.sessions.revoke_one(&current.record().subject, id).await;
    let existed = revoked.map_err(|error| Problem::from_session_error(error, Some(id)))?;
    if !existed {
        let detail = "you have no session of this ID";
        return Err(Problem::new(StatusCode::NOT_FOUND, "no_such_session", detail));
    }
    tracing::info!(session_id = %id, by = %current.id(), "session revoked");
    Ok(ended(&app, id == current.id()))
}

/// `DELETE /sessions`: all devices, or with `?keep=current` all others.
pub(super) async fn revoke_many(app: Arc<App>, request: Request, query: String) -> Result<Response, Problem> {
    let keep_current = match query.as_str() {
        "" => false,
        "keep=current" => true,
        _ => {
            let detail = "query is not empty and not `keep=current`";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "unexpected_query", detail));
        }
    };
    let (_, current) = request.session(&app).await?;
    require_recent_password(&app, &current)?;
    let which = if keep_current { Revocation::AllExcept(current.id()) } else { Revocation::All };
    let revoked = app.sessions.revoke_all(&current.record().subject, which).await;
    revoked.map_err(|error| Problem::from_session_error(error, Some(current.id())))?;
    Ok(ended(&app, !keep_current))
}

/// To end other devices is what a thief of a session does first, so it takes the password
/// (ASVS 5.0 V7.5.2, R31). To end one's own session takes nothing.
fn require_recent_password(app: &App, current: &LiveSession) -> Result<(), Problem> {
    if app.sessions.password_age(current) <= app.reauthenticate_within {
        return Ok(());
    }
    let detail = "this needs the password once more: `POST /session/reauthenticate`";
    Err(Problem::new(StatusCode::FORBIDDEN, "reauthentication_required", detail))
}

fn ended(app: &App, current: bool) -> Response {
    let mut response = reply::no_content();
    if current {
        reply::take_cookies(app, &mut response);
    }
    response
}

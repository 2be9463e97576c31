use std::sync::Arc;

use serde_json::{Map, Value};
use warp::reply::Response;

use super::body::Body;
use super::problem::Problem;
use super::request::Request;
use super::{App, reply};
use crate::sessions::DataChange;

/// `GET /session/data`.
pub(super) async fn show(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let (_, session) = request.session(&app).await?;
    Ok(reply::data(&session))
}

/// `PUT /session/data`: these members and no others.
pub(super) async fn replace(app: Arc<App>, request: Request, body: Body) -> Result<Response, Problem> {
    let members = object(&body, &["application/json"])?;
    change(&app, &request, DataChange::Replace(members)).await
}

/// `PATCH /session/data`: a JSON Merge Patch (RFC 7396).
pub(super) async fn merge(app: Arc<App>, request: Request, body: Body) -> Result<Response, Problem> {
    let patch = object(&body, &["application/merge-patch+json", "application/json"])?;
    change(&app, &request, DataChange::Merge(patch)).await
}

fn object(body: &Body, media_types: &[&str]) -> Result<Map<String, Value>, Problem> {
    body.json(media_types, "a JSON object")
}

async fn change(app: &App, request: &Request, change: DataChange) -> Result<Response, Problem> {
    let cookie = request.cookie(app)?;
    let expected = request.expected_revision()?;
    let changed = app.sessions.change_data(&cookie, request.activity(), expected, change).await;
    let session = changed.map_err(|error| Problem::from_session_error(error, Some(cookie.session_id())))?;
    Ok(reply::data(&session))
}

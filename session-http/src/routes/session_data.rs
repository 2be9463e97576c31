use http::HeaderValue;
use http::header::ETAG;
use serde_json::{Map, Value};
use session_engine::DataChange;

use crate::answer::{self, Answer};
use crate::app::App;
use crate::body::Body;
use crate::conditional;
use crate::media_type::{JSON, MERGE_PATCH};
use crate::problem::Problem;
use crate::request::Request;
use crate::session::Session;

/// `GET /session/data`.
pub(super) async fn show(app: App, request: Request) -> Result<Answer, Problem> {
    Ok(view(&app.visitor(request.headers, request.peer).session().await?))
}

/// `PUT /session/data`: these members and no others.
pub(super) async fn replace(app: App, mut request: Request) -> Result<Answer, Problem> {
    let members = object(&request.read_body().await?, &[JSON])?;
    change(&app, request, DataChange::Replace(members)).await
}

/// `PATCH /session/data`: a JSON Merge Patch (RFC 7396).
pub(super) async fn merge(app: App, mut request: Request) -> Result<Answer, Problem> {
    let patch = object(&request.read_body().await?, &[MERGE_PATCH, JSON])?;
    change(&app, request, DataChange::Merge(patch)).await
}

fn object(body: &Body, media_types: &[&str]) -> Result<Map<String, Value>, Problem> {
    body.json(media_types, "a JSON object")
}

async fn change(app: &App, request: Request, change: DataChange) -> Result<Answer, Problem> {
    let visitor = app.visitor(request.headers, request.peer);
    let cookie = visitor.cookie()?;
    let expected = conditional::expected_revision(visitor.headers())?;
    Ok(view(&Session::changed(app, cookie, visitor.activity(), expected, change).await?))
}

/// The data, with its revision as `ETag`.
fn view(session: &Session) -> Answer {
    let mut answer = answer::json(&session.record().data);
    let tag = conditional::tag_of(session.record().revision);
    answer.headers_mut().extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
    answer
}

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use session_engine::DataChange;

use crate::answer::{self, Answer};
use crate::app::App;
use crate::conditional::{self, Precondition};
use crate::media_type::{JSON, MERGE_PATCH};
use crate::problem::Problem;
use crate::request::Request;
use crate::session::Session;
use crate::visitor::Visitor;

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
const PATCHES: &str = "application/merge-patch+json, application/json";

/// `GET /session/data`.
pub(super) async fn show(app: App, request: Request) -> Result<Answer, Problem> {
    let visitor = app.visitor(request.headers, request.peer);
    Ok(view(visitor.headers(), &visitor.session().await?))
}

/// `OPTIONS /session/data`: what `PATCH` takes (RFC 5789 §3.1).
pub(super) async fn options(_: App, _: Request) -> Result<Answer, Problem> {
    let mut answer = answer::no_content();
    answer.headers_mut().insert(ACCEPT_PATCH, HeaderValue::from_static(PATCHES));
    Ok(answer)
}

/// `PUT /session/data`: these members and no others.
pub(super) async fn replace(app: App, mut request: Request) -> Result<Answer, Problem> {
    let members = request.read_body().await?.kept_object(&[JSON])?;
    change(&app, request, DataChange::Replace(members)).await
}

/// `PATCH /session/data`: a JSON Merge Patch (RFC 7396).
pub(super) async fn merge(app: App, mut request: Request) -> Result<Answer, Problem> {
    let patch = request.read_body().await?.kept_object(&[MERGE_PATCH, JSON]);
    let patch = patch.map_err(|problem| match problem.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => problem.with_header(ACCEPT_PATCH, PATCHES),
        _ => problem,
    })?;
    change(&app, request, DataChange::Merge(patch)).await
}

async fn change(app: &App, request: Request, change: DataChange) -> Result<Answer, Problem> {
    let visitor = app.visitor(request.headers, request.peer);
    let cookie = visitor.cookie()?;
    let expected = expected_revision(&visitor).await?;
    let session = Session::changed(app, cookie, visitor.activity(), expected, change).await?;
    // What the client had before the change is no reason not to tell what there is now.
    Ok(view(&HeaderMap::new(), &session))
}

/// Only who presupposes something is looked up first; the change itself compares once more.
async fn expected_revision(visitor: &Visitor) -> Result<Option<u64>, Problem> {
    if !Precondition::is_in(visitor.headers()) {
        return Ok(None);
    }
    let session = visitor.confirmed_session().await?;
    match Precondition::of(visitor.headers(), session.record().revision) {
        Precondition::None => Ok(None),
        Precondition::Is(revision) => Ok(Some(revision)),
        Precondition::Impossible => Err(Problem::other_tag()),
    }
}

/// The data, with its revision as `ETag`.
fn view(headers: &HeaderMap, session: &Session) -> Answer {
    let tag = conditional::tag_of(session.record().revision);
    conditional::answer(headers, &tag, answer::json(&session.record().data))
}

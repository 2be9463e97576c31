use http::StatusCode;
use serde::Serialize;

use crate::answer::{self, Answer};
use crate::app::App;
use crate::listed_view::ListedView;
use crate::problem::Problem;
use crate::request::Request;

#[derive(Serialize)]
struct DevicesView<'a> {
    sessions: Vec<DeviceView<'a>>,
}

#[derive(Serialize)]
struct DeviceView<'a> {
    #[serde(flatten)]
    session: ListedView<'a>,
    current: bool,
}

/// `GET /sessions`: the subject's devices. The IDs in it are no credentials (R27).
pub(super) async fn list(app: App, request: Request) -> Result<Answer, Problem> {
    let current = app.visitor(request.headers.clone(), request.peer).session().await?;
    let sessions = current.list().await?;
    let views = sessions.iter().map(|session| DeviceView {
        session: ListedView::of(&app, session, &request.headers),
        current: session.id() == current.id(),
    });
    Ok(answer::json(&DevicesView { sessions: views.collect() }))
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

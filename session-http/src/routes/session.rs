use session_engine::Renewal;

use crate::answer::Answer;
use crate::app::App;
use crate::problem::Problem;
use crate::request::Request;
use crate::session::Session;

/// `GET /session`: who is logged in, and until when.
pub(super) async fn show(app: App, request: Request) -> Result<Answer, Problem> {
    let session = app.visitor(request.headers, request.peer).session().await?;
    Ok(session.view()?.into_answer())
}

/// `POST /session/renew`: a new ID and cookie for the same session.
pub(super) async fn renew(app: App, request: Request) -> Result<Answer, Problem> {
    let cookie = app.visitor(request.headers, request.peer).cookie()?;
    Ok(Session::renewed(&app, &cookie, Renewal::Plain).await?.into_answer())
}

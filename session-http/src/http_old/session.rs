use std::sync::Arc;

use warp::reply::Response;

use super::problem::Problem;
use super::request::Request;
use super::{App, reply};
use crate::sessions::{Issued, Renewal};

/// `GET /session`: who is logged in, and until when.
pub(super) async fn show(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let (_, session) = request.session(&app).await?;
    reply::session(&app, &session, None)
}

/// `POST /session/renew`: a new ID and cookie for the same session.
pub(super) async fn renew(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let cookie = request.cookie(&app)?;
    let renewed = app.sessions.renew(&cookie, Renewal::Plain).await;
    let Issued { session, cookie } =
        renewed.map_err(|error| Problem::from_session_error(error, Some(cookie.session_id())))?;
    reply::session(&app, &session, Some(&cookie))
}

use crate::answer::Answer;
use crate::app::App;
use crate::media_type;
use crate::problem::Problem;
use crate::request::Request;

/// `POST /logout`: the store first.
pub(super) async fn log_out(app: App, request: Request) -> Result<Answer, Problem> {
    let is_form = media_type::of(&request.headers) == media_type::FORM;
    let ended = app.visitor(request.headers, request.peer).log_out().await?;
    Ok(if is_form { ended.redirect(&app.prefix().of("/")) } else { ended }.into_answer())
}

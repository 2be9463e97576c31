use crate::answer::Answer;
use crate::app::App;
use crate::media_type;
use crate::problem::Problem;
use crate::request::Request;

/// The page shows the element of this name, which needs no JavaScript.
const SIGNED_OUT: &str = "/#signed-out";

/// `POST /logout`: the store first.
pub(super) async fn log_out(app: App, request: Request) -> Result<Answer, Problem> {
    let is_form = media_type::of(&request.headers) == media_type::FORM;
    let ended = app.visitor(request.headers, request.peer).log_out().await?;
    Ok(if is_form { ended.redirect(&app.prefix().of(SIGNED_OUT)) } else { ended }.into_answer())
}

//! How it is told that there is nothing at a path, or nothing for that method.

use http::HeaderMap;

use crate::answer::Answer;
use crate::app::App;
#[cfg(feature = "page")]
use crate::navigation::prefers_page;
use crate::problem::Problem;

/// With a page to who looks at it with a browser, and in problem details to all others.
pub(crate) fn answer(app: &App, headers: &HeaderMap, problem: Problem) -> Answer {
    #[cfg(feature = "page")]
    if prefers_page(headers) {
        return app.pages().refusal(headers, problem);
    }
    #[cfg(not(feature = "page"))]
    let _ = (app, headers);
    problem.into_answer()
}

//! How it is told that there is nothing at a path, or nothing for that method: in problem details, and with the page
//! to who looks at it with a browser.

use http::HeaderMap;

use crate::answer::Answer;
use crate::app::App;
use crate::problem::Problem;

#[cfg(feature = "page")]
pub(crate) use crate::page::refusal as answer;

#[cfg(not(feature = "page"))]
pub(crate) fn answer(_: &App, _: &HeaderMap, problem: Problem) -> Answer {
    problem.into_answer()
}

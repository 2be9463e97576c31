use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

/// An answer of ours: its body is there as a whole.
pub type Answer = Response<Bytes>;

pub(crate) fn json(body: &impl Serialize) -> Answer {
    json_text(serde_json::to_string(body).unwrap_or_default())
}

/// JSON that is written already.
pub(crate) fn json_text(body: impl Into<Bytes>) -> Answer {
    let mut answer = Answer::new(body.into());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = status;
    answer
}

pub(crate) fn no_content() -> Answer {
    empty(StatusCode::NO_CONTENT)
}

/// For ever at another path, also for what is not asked for with GET.
pub(crate) fn moved(path: &str) -> Answer {
    let mut answer = see_other(path);
    *answer.status_mut() = StatusCode::PERMANENT_REDIRECT;
    answer
}

/// To a path of ours, after a form (`303`, so that the browser asks for it with GET).
pub(crate) fn see_other(path: &str) -> Answer {
    let mut answer = empty(StatusCode::SEE_OTHER);
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    answer.headers_mut().insert(LOCATION, location);
    answer
}

use std::fmt;
use std::sync::Arc;

use http::header::{CONTENT_TYPE, HeaderValue};

use super::Management;
use crate::answer::Answer;
use crate::problem::Problem;
use crate::request::Request;
use crate::security_headers::keep_from_caches;

/// The text format of Prometheus.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// What a recorder has heard, as a text.
#[derive(Clone)]
pub(super) struct Metrics(Arc<dyn Fn() -> String + Send + Sync>);

impl Metrics {
    pub(super) fn new(render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(..)")
    }
}

/// `GET /metrics`: what was counted and timed since the server was started.
pub(super) async fn show(management: Management, _: Request) -> Result<Answer, Problem> {
    let Some(Metrics(render)) = &management.metrics else { return Err(Problem::not_found()) };
    management.app().observe();
    let mut answer = Answer::new(render().into());
    answer.headers_mut().insert(CONTENT_TYPE, TEXT);
    keep_from_caches(answer.headers_mut());
    Ok(answer)
}

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE,
};
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use session_engine::store::Trouble;

use crate::answer::{self, Answer};
use crate::app::App;
use crate::conditional;
use crate::problem::Problem;
use crate::request::Request;
use crate::security_headers::RESOURCE_POLICY;

pub(super) const KEYS: &str = "/.well-known/jwks.json";
pub(super) const REVOCATIONS: &str = "/.well-known/session-revocations";

/// This API, as an OpenAPI document.
pub(super) const DOCUMENT: &str = include_str!("../../openapi.json");

/// As long as the engine counts on (FORMAT.md §2): keys change by adding and retiring, each long before it matters.
const KEYS_MAY_BE_KEPT: &str = "public, max-age=300";

/// Less than a step of the feed (FORMAT.md §3), and enough for a cache to spare us a crowd.
const REVOCATIONS_MAY_BE_KEPT: &str = "public, max-age=2";

/// `GET /.well-known/jwks.json`: the keys that verify statements.
pub(super) async fn keys(app: App, _: Request) -> Result<Answer, Problem> {
    let keys = app.sessions().keys().published().clone();
    Ok(for_everybody(public("application/jwk-set+json", KEYS_MAY_BE_KEPT, keys)))
}

/// `GET /.well-known/session-revocations`: the sessions whose statements are not to be believed.
pub(super) async fn revocations(app: App, request: Request) -> Result<Answer, Problem> {
    Ok(for_everybody(feed(&app, &request.headers).await.unwrap_or_else(Problem::into_answer)))
}

async fn feed(app: &App, headers: &HeaderMap) -> Result<Answer, Problem> {
    let feed = app.sessions().revocation_feed().await.map_err(|_| Problem::store_unavailable())?;
    // The signature is of every byte before it, and of the same bytes it is the same.
    let signature = feed.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let tag = format!("\"{}\"", String::from_utf8_lossy(signature));
    Ok(conditional::answer(headers, &tag, public("application/jwt", REVOCATIONS_MAY_BE_KEPT, feed)))
}

/// `OPTIONS`, before a page of another origin asks with `If-None-Match` (Fetch Standard, CORS).
pub(super) async fn preflight(_: App, _: Request) -> Result<Answer, Problem> {
    let mut answer = for_everybody(answer::no_content());
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("if-none-match"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    Ok(answer)
}

/// Lets pages of other origins read what is the same for everybody and needs no cookie.
fn for_everybody(mut answer: Answer) -> Answer {
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    answer
}

/// `GET /openapi.json`: this API.
pub(super) async fn api(app: App, _: Request) -> Result<Answer, Problem> {
    const AT_THE_ROOT: &str = "\"url\": \"/\"";
    let beneath = format!("\"url\": \"{}\"", app.prefix());
    let document = match app.prefix().as_str() {
        "" => DOCUMENT.to_owned(),
        _ => DOCUMENT.replacen(AT_THE_ROOT, &beneath, 1),
    };
    Ok(public("application/json", "no-cache", document))
}

/// `GET /livez`: the process runs. Asks nothing of the store.
pub(super) async fn live(_: App, _: Request) -> Result<Answer, Problem> {
    Ok(answer::no_content())
}

#[derive(Serialize)]
struct Readiness {
    troubles: Vec<TroubleView>,
}

#[derive(Serialize)]
struct TroubleView {
    asked: String,
    reason: String,
    times: u64,
}

impl Readiness {
    fn with(troubles: &[Trouble]) -> Self {
        let view = |trouble: &Trouble| TroubleView {
            asked: trouble.asked.clone(),
            reason: trouble.reason.clone(),
            times: trouble.times,
        };
        Self { troubles: troubles.iter().map(view).collect() }
    }
}

/// `GET /readyz`: the store answered of late, and the server is not about to stop. What the store refuses
/// while it answers keeps no load balancer away, and is told to who looks (R68).
pub(super) async fn ready(app: App, _: Request) -> Result<Answer, Problem> {
    if app.lifecycle().is_stopping() {
        Err(Problem::draining())
    } else if app.sessions().store().is_ready() {
        let troubles = app.sessions().store().troubles();
        Ok(if troubles.is_empty() { answer::no_content() } else { answer::json(&Readiness::with(&troubles)) })
    } else {
        Err(Problem::store_unavailable())
    }
}

fn public(media_type: &'static str, cache: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Answer::new(body.into());
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    answer
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_may_be_kept_for_as_long_as_the_engine_counts_on() {
        let seconds = session_engine::KEYS_MAY_BE_KEPT.as_secs();
        assert_eq!(super::KEYS_MAY_BE_KEPT, format!("public, max-age={seconds}"));
    }
}

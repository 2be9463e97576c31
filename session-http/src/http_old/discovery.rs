use std::sync::Arc;

use bytes::Bytes;
use warp::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG};
use warp::http::{HeaderValue, StatusCode};
use warp::reply::Response;

use super::problem::Problem;
use super::request::Request;
use super::{App, reply};

/// Keys change by adding and retiring, each long before it matters (FORMAT.md §4).
const KEYS_MAY_BE_KEPT: &str = "public, max-age=300";

/// Less than a step of the feed (FORMAT.md §3), and enough for a cache to spare us a crowd.
const REVOCATIONS_MAY_BE_KEPT: &str = "public, max-age=2";

/// `GET /.well-known/jwks.json`: the keys that verify statements.
pub(super) fn keys(app: &App) -> Response {
    public("application/jwk-set+json", KEYS_MAY_BE_KEPT, app.public_keys.clone())
}

/// `GET /.well-known/session-revocations`: the sessions whose statements are not to be believed.
pub(super) async fn revocations(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let feed = app.sessions.revocation_feed().await.map_err(|_| Problem::store_unavailable())?;
    // The signature is of every byte before it, and of the same bytes it is the same.
    let signature = feed.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let tag = format!("\"{}\"", String::from_utf8_lossy(signature));
    let mut response = if request.has_already(&tag) {
        let mut unchanged = Response::default();
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(REVOCATIONS_MAY_BE_KEPT));
        unchanged
    } else {
        public("application/jwt", REVOCATIONS_MAY_BE_KEPT, feed)
    };
    response.headers_mut().extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
    Ok(response)
}

/// Lets pages of other origins read what is the same for everybody and needs no cookie.
pub(super) fn for_everybody(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(reply::RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}

/// `GET /openapi.json`: this API.
pub(super) fn api() -> Response {
    public("application/json", "no-cache", include_str!("../../openapi.json"))
}

/// `GET /livez`: the process runs. Asks nothing of the store.
pub(super) fn live() -> Response {
    reply::no_content()
}

/// `GET /readyz`: the store answered lately, and the server is not about to stop.
pub(super) fn ready(app: &App) -> Result<Response, Problem> {
    if app.is_draining() {
        Err(Problem::draining())
    } else if app.store.is_available() {
        Ok(reply::no_content())
    } else {
        Err(Problem::store_unavailable())
    }
}

fn public(media_type: &'static str, cache: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into().into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

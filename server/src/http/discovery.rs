use warp::http::HeaderValue;
use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use warp::reply::Response;

use super::problem::Problem;
use super::{App, reply};

/// Keys change by adding and retiring, each long before it matters (FORMAT.md §4).
const KEYS_MAY_BE_KEPT: &str = "public, max-age=300";

/// `GET /.well-known/jwks.json`: the keys that verify statements.
pub(super) fn keys(app: &App) -> Response {
    public("application/jwk-set+json", KEYS_MAY_BE_KEPT, app.public_keys.clone())
}

/// `GET /openapi.json`: this API.
pub(super) fn api() -> Response {
    public("application/json", "no-cache", include_str!("../../openapi.json").into())
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

fn public(media_type: &'static str, cache: &'static str, body: String) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

//! The page of `web/`, built into the server.

use rust_embed::RustEmbed;
use warp::Filter;
use warp::Rejection;
use warp::filters::BoxedFilter;
use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use warp::http::{HeaderValue, Method};
use warp::path::Tail;
use warp::reply::Response;

use super::problem::Problem;

#[derive(RustEmbed)]
#[folder = "../web/dist"]
struct Page;

pub(super) fn routes() -> BoxedFilter<(Response,)> {
    let file = warp::path::tail().and(warp::method());
    file.and_then(async |tail: Tail, method: Method| file_at(tail.as_str(), &method)).boxed()
}

fn file_at(path: &str, method: &Method) -> Result<Response, Rejection> {
    let path = if path.is_empty() { "index.html" } else { path };
    let file = Page::get(path).ok_or_else(warp::reject::not_found)?;
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Ok(Problem::method_not_allowed(Some("GET, HEAD")).into_response());
    }
    let media_type = HeaderValue::try_from(file.metadata.mimetype());
    let media_type = media_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    // Vite names what is under `assets/` by its content.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Response::new(file.data.into_owned().into());
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}

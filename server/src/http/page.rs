use std::sync::Arc;

use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use super::App;

/// The page of `web/`, built into the server.
#[cfg(feature = "page")]
pub(super) fn routes(_: &Arc<App>) -> BoxedFilter<(Response,)> {
    warp::path::tail()
        .and(super::get_or_head())
        .and_then(async |tail: warp::path::Tail| file(tail.as_str()))
        .boxed()
}

/// Without the page there is only the API.
#[cfg(not(feature = "page"))]
pub(super) fn routes(_: &Arc<App>) -> BoxedFilter<(Response,)> {
    warp::any().and_then(async || Err(warp::reject::not_found())).boxed()
}

#[cfg(feature = "page")]
#[derive(rust_embed::RustEmbed)]
#[folder = "../web/dist"]
struct Page;

#[cfg(feature = "page")]
fn file(path: &str) -> Result<Response, warp::Rejection> {
    use warp::http::HeaderValue;
    use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE};

    let path = if path.is_empty() { "index.html" } else { path };
    let file = Page::get(path).ok_or_else(warp::reject::not_found)?;
    let media_type =
        HeaderValue::try_from(file.metadata.mimetype()).map_err(|_| warp::reject::not_found())?;
    // Vite names what is under `assets/` by its content.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Response::new(file.data.into_owned().into());
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}

//! The page of `web/`, built into the server.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method};
use rust_embed::RustEmbed;

use crate::answer::Answer;
use crate::app::App;
use crate::table::Route;

#[derive(RustEmbed)]
#[folder = "page"]
struct Page;

/// Vite names what is under `assets/` by its content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A route for each file.
pub(crate) fn routes() -> impl Iterator<Item = Route<App>> {
    Page::iter().filter_map(|name| {
        let answer = file(&name)?;
        let path = if name == "index.html" { "/".to_owned() } else { format!("/{name}") };
        let show = move |_, _| std::future::ready(Ok(answer.clone()));
        Some(Route::new(Method::GET, "page", |_, _| Ok(()), show).at(path))
    })
}

fn file(name: &str) -> Option<Answer> {
    let file = Page::get(name)?;
    let media_type = HeaderValue::try_from(file.metadata.mimetype());
    let cache = if name.starts_with("assets/") { FOR_EVER } else { "no-cache" };
    let mut answer = Answer::new(Bytes::from(file.data.into_owned()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    Some(answer)
}

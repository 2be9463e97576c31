//! Files that `web/` was built to, as answers.

use bytes::Bytes;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use rust_embed::RustEmbed;

use crate::answer::Answer;

/// Vite names what is under `assets/` by its content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub(crate) fn answer<Files: RustEmbed>(name: &str) -> Option<Answer> {
    let file = Files::get(name)?;
    let media_type = HeaderValue::try_from(file.metadata.mimetype());
    let cache = if name.starts_with("assets/") { FOR_EVER } else { "no-cache" };
    let mut answer = Answer::new(Bytes::from(file.data.into_owned()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    Some(answer)
}

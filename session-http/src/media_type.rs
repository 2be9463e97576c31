use http::HeaderMap;
use http::header::CONTENT_TYPE;

pub(crate) const JSON: &str = "application/json";
/// RFC 7396
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
/// What an HTML form sends.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The media type of a request's body, without parameters and in lower case.
pub(crate) fn of(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

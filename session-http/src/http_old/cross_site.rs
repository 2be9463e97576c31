use warp::http::Uri;
use warp::reject::Reject;

use super::request::Request;

/// A request that a browser sent on behalf of another site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CrossSite;

impl Reject for CrossSite {}

/// Whether a request that changes something comes from our own pages (R34).
///
/// Every current browser says so in `Sec-Fetch-Site`, which no page can set. Older ones send an
/// `Origin` that must be ours. What sends neither is not a browser, and nobody's cookies are used
/// without their knowledge.
pub(super) fn check(request: &Request, public_origin: &str) -> Result<(), CrossSite> {
    let ours = if request.headers.contains_key("sec-fetch-site") {
        matches!(request.text("sec-fetch-site"), Some("same-origin" | "none"))
    } else if request.headers.contains_key("origin") {
        request
            .text("origin")
            .is_some_and(|origin| is_our_origin(origin, request.text("host"), public_origin))
    } else {
        true
    };
    if ours { Ok(()) } else { Err(CrossSite) }
}

fn is_our_origin(origin: &str, host: Option<&str>, public_origin: &str) -> bool {
    let authority = || Some(origin.parse::<Uri>().ok()?.authority()?.as_str().to_ascii_lowercase());
    let is_host = || host.is_some_and(|host| authority() == Some(host.to_ascii_lowercase()));
    origin.eq_ignore_ascii_case(public_origin) || is_host()
}

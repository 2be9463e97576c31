use http::{HeaderMap, Uri};

use crate::headers::single_value;
use crate::problem::Problem;

/// Refuses a request that changes something and that a browser sent on behalf of another site (R34).
///
/// Every current browser says so in `Sec-Fetch-Site`, which no page can set. Older ones send an
/// `Origin` that must be ours. What sends neither is not a browser, and nobody's cookies are used
/// without their knowledge.
pub(crate) fn check(headers: &HeaderMap, public_origin: &str) -> Result<(), Problem> {
    let ours = if headers.contains_key("sec-fetch-site") {
        matches!(single_value(headers, "sec-fetch-site"), Some("same-origin" | "none"))
    } else if headers.contains_key("origin") {
        let host = single_value(headers, "host");
        single_value(headers, "origin").is_some_and(|origin| is_our_origin(origin, host, public_origin))
    } else {
        true
    };
    if ours { Ok(()) } else { Err(Problem::cross_site()) }
}

fn is_our_origin(origin: &str, host: Option<&str>, public_origin: &str) -> bool {
    let authority = || Some(origin.parse::<Uri>().ok()?.authority()?.as_str().to_ascii_lowercase());
    let is_host = || host.is_some_and(|host| authority() == Some(host.to_ascii_lowercase()));
    origin.eq_ignore_ascii_case(public_origin) || is_host()
}

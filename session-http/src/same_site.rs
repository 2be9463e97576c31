use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName, Uri};

use crate::headers::single_value;
use crate::origin::Origin;
use crate::problem::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// By which origins browsers know this server.
#[derive(Clone, Debug)]
pub(crate) struct OwnOrigins {
    /// As the application gave it; statements name it.
    pub(crate) public: String,
    /// Others by which it is known too.
    pub(crate) others: Vec<Origin>,
}

impl OwnOrigins {
    fn contain(&self, origin: &str) -> bool {
        origin.eq_ignore_ascii_case(&self.public)
            || self.allow(origin)
            || origin.parse::<Origin>().is_ok_and(|parsed| self.public.parse() == Ok(parsed))
    }

    fn allow(&self, origin: &str) -> bool {
        self.others.iter().any(|other| other.as_str() == origin)
    }
}

/// Refuses a request that changes something and that a browser sent on behalf of another site (R34).
///
/// Every current browser says so in `Sec-Fetch-Site`, which no page can set. Older ones send an
/// `Origin` that must be ours. What sends neither is not a browser, and nobody's cookies are used
/// without their knowledge.
pub(crate) fn check(headers: &HeaderMap, own: &OwnOrigins) -> Result<(), Problem> {
    let ours = if headers.contains_key(&SEC_FETCH_SITE) {
        is_said_to_be_ours(headers, own)
    } else if headers.contains_key(&ORIGIN) {
        let host = single_value(headers, &HOST);
        single_value(headers, &ORIGIN).is_some_and(|origin| is_our_origin(origin, host, own))
    } else {
        true
    };
    if ours { Ok(()) } else { Err(Problem::cross_site()) }
}

/// The same for signing in, where a browser without `Sec-Fetch-Site` (Safari before 16.4) may hide the
/// origin of our own form, if a page around it asks for that. Other sites can do so too: such a request
/// could sign its user in as somebody whose password it knows, and do nothing else.
#[cfg(feature = "passwords")]
pub(crate) fn check_sign_in(headers: &HeaderMap, own: &OwnOrigins) -> Result<(), Problem> {
    let hides_its_origin = single_value(headers, &ORIGIN) == Some("null");
    if hides_its_origin && !headers.contains_key(&SEC_FETCH_SITE) { Ok(()) } else { check(headers, own) }
}

/// Between two origins that are both ours a browser says `same-site` or `cross-site`. Then it is the
/// origin that counts, if it was allowed by its name.
fn is_said_to_be_ours(headers: &HeaderMap, own: &OwnOrigins) -> bool {
    match single_value(headers, &SEC_FETCH_SITE) {
        Some("same-origin" | "none") => true,
        Some("same-site" | "cross-site") => {
            single_value(headers, &ORIGIN).is_some_and(|origin| own.allow(origin))
        }
        _ => false,
    }
}

fn is_our_origin(origin: &str, host: Option<&str>, own: &OwnOrigins) -> bool {
    let authority = || Some(origin.parse::<Uri>().ok()?.authority()?.as_str().to_ascii_lowercase());
    let is_host = || host.is_some_and(|host| authority() == Some(host.to_ascii_lowercase()));
    own.contain(origin) || is_host()
}

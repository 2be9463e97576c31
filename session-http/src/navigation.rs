//! Whether an answer is shown to somebody, as a page of its own.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderName};

use crate::headers::single_value;
#[cfg(feature = "page")]
use crate::weighted::{self, Weighted};

const DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Every current browser says what it asks for (Fetch Metadata); of others and of programs, who accepts HTML wants
/// to show it.
pub(crate) fn is_navigation(headers: &HeaderMap) -> bool {
    is_for_a_document(headers).unwrap_or_else(|| {
        headers.get_all(ACCEPT).iter().any(|line| {
            let types = line.to_str().unwrap_or_default().split(',');
            let mut names = types.filter_map(|media_type| media_type.split(';').next());
            names.any(|name| name.trim().eq_ignore_ascii_case("text/html"))
        })
    })
}

/// The same, more strictly, where a program is to be told in JSON: who does not say what it asks for has to like HTML
/// better.
#[cfg(feature = "page")]
pub(crate) fn prefers_page(headers: &HeaderMap) -> bool {
    is_for_a_document(headers).unwrap_or_else(|| {
        let accepted = weighted::list(headers, &ACCEPT);
        let json = weight(&accepted, "application/json").max(weight(&accepted, "application/problem+json"));
        weight(&accepted, "text/html") > json
    })
}

/// What a browser says that says it.
fn is_for_a_document(headers: &HeaderMap) -> Option<bool> {
    let is_said = headers.contains_key(&DESTINATION);
    is_said.then(|| single_value(headers, &DESTINATION) == Some("document"))
}

/// By the most specific range that a type is in (RFC 9110 §12.5.1).
#[cfg(feature = "page")]
fn weight(accepted: &[Weighted], media_type: &str) -> u16 {
    let (family, _) = media_type.split_once('/').unwrap_or((media_type, ""));
    let ranges = [media_type, &format!("{family}/*"), "*/*"];
    let of = |range: &&str| accepted.iter().find(|accepted| accepted.value == **range);
    ranges.iter().find_map(of).map_or(0, |accepted| accepted.weight)
}

#[cfg(test)]
#[cfg(feature = "page")]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, line)| (name.parse().unwrap(), line.parse().unwrap())).collect()
    }

    #[test]
    fn a_browser_gets_a_page_and_a_program_does_not() {
        let browsers = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (lines, expected) in [
            (&[("sec-fetch-dest", "document"), ("accept", "*/*")][..], true),
            (&[("sec-fetch-dest", "empty"), ("accept", browsers)], false),
            (&[("sec-fetch-dest", "image"), ("accept", browsers)], false),
            (&[("sec-fetch-dest", "document"), ("sec-fetch-dest", "empty"), ("accept", browsers)], false),
            (&[("accept", browsers)], true),
            (&[("accept", "text/html")], true),
            (&[("accept", "text/*, */*;q=0.1")], true),
            (&[("accept", "text/html, application/json;q=0.9")], true),
            (&[("accept", "text/html, application/json")], false),
            (&[("accept", "application/problem+json, text/html;q=0.9")], false),
            (&[("accept", "application/json, text/plain, */*")], false),
            (&[("accept", "text/html;q=0")], false),
            (&[("accept", "*/*")], false),
            (&[], false),
        ] {
            assert_eq!(prefers_page(&headers(lines)), expected, "{lines:?}");
        }
    }
}

//! Where a browser goes once somebody has signed in: a path of this site, and never another's.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

const MAX_LENGTH: usize = 2048;

/// What a URL cannot have in it as it is.
const NO_PART_OF_A_URL: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');

/// What would end the value of a query, or mean something in it.
const NO_PART_OF_A_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_');

/// `next`, if it leads nowhere but to this site. A browser takes `//x` and `/\x` for another host, and drops
/// tabs and line breaks from the middle of a URL (R38). Letters outside ASCII are written as a URL has them.
pub(crate) fn local(next: &str) -> Option<String> {
    let is_absolute = next.starts_with('/') && !next.starts_with("//") && next.len() <= MAX_LENGTH;
    let is_plain = !next.chars().any(|char| char.is_control() || char == '\\');
    (is_absolute && is_plain).then(|| utf8_percent_encode(next, NO_PART_OF_A_URL).to_string())
}

/// The query by which the sign-in page remembers it.
pub(crate) fn query(next: &str) -> String {
    format!("?next={}", utf8_percent_encode(next, NO_PART_OF_A_VALUE))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R38: by none of the ways in which browsers mend a path.
    #[test]
    fn next_never_leaves_this_site() {
        for path in ["/", "/a/b?c=d#e", "/a//b", "/%2F/x"] {
            assert_eq!(local(path).as_deref(), Some(path));
        }
        let others =
            ["", "a", "//x", "/\\x", "https://x", "/\t/x", "/\n/x", " /x", "\\\\x", "/a\\b", "/\u{85}"];
        for other in others {
            assert_eq!(local(other), None, "{other:?}");
        }
        assert_eq!(local(&format!("/{}", "a".repeat(MAX_LENGTH))), None);
    }

    #[test]
    fn next_keeps_its_letters() {
        assert_eq!(local("/caf\u{e9} 1?q=\u{65e5}").unwrap(), "/caf%C3%A9%201?q=%E6%97%A5");
        assert_eq!(local("/caf%C3%A9").unwrap(), "/caf%C3%A9", "not twice");
        assert_eq!(query("/orders/7?a=b&c=d#e"), "?next=/orders/7%3Fa%3Db%26c%3Dd%23e");
    }
}

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

/// A web origin (RFC 6454): scheme, host and port, in the one way in which browsers write it, with a
/// name in lower case and in ASCII, and without the port that goes without saying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The text, such as `https://app.example`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether browsers keep `Secure` cookies for it: with https, and for their own machine without.
    #[must_use]
    pub fn keeps_secure_cookies(&self) -> bool {
        let Ok(url) = Url::parse(&self.0) else { return false };
        url.scheme() == "https"
            || match url.host() {
                Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
                Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
                Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
                None => false,
            }
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let url = Url::parse(text).map_err(|_| InvalidOrigin)?;
        let is_web = matches!(url.scheme(), "http" | "https");
        // The parser mends much; what stands there must be no more than what is heeded.
        let (_, rest) = text.split_once("://").ok_or(InvalidOrigin)?;
        let bare = !rest.contains(['/', '\\', '?', '#', '@']) && !rest.ends_with(':');
        // No browser sends a wildcard: who writes one expects what will not happen.
        let plain = !text.contains(|char: char| char.is_whitespace() || char.is_control() || char == '*');
        if is_web && bare && plain {
            Ok(Self(url.origin().ascii_serialization()))
        } else {
            Err(InvalidOrigin)
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no origin of the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected scheme, host and perhaps a port, and nothing else, such as `https://app.example`")]
pub struct InvalidOrigin;

#[cfg(test)]
mod tests {
    use super::*;

    /// R75: letter case and default port make no other one.
    #[test]
    fn an_origin_is_written_in_one_way() {
        for (text, origin) in [
            ("https://app.example", "https://app.example"),
            ("HTTPS://App.Example", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("https://app.example:8443", "https://app.example:8443"),
            ("http://localhost:80", "http://localhost"),
            ("http://[0:0::1]:8080", "http://[::1]:8080"),
            ("https://b\u{fc}cher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(text.parse::<Origin>().map(|origin| origin.0).as_deref(), Ok(origin), "{text}");
        }
    }

    /// R75, R76: a path, a user or a wildcard would not be heeded.
    #[test]
    fn what_says_more_or_less_is_refused() {
        for text in [
            "",
            "app.example",
            "//app.example",
            "https:app.example",
            "https://",
            "https:///",
            "https://app.example/",
            "https://app.example/x",
            "https://app.example?x",
            "https://app.example#x",
            "https://u@app.example",
            "https://:p@app.example",
            "ftp://app.example",
            "file:///x",
            "null",
            "https://app.example:",
            "https://a b",
            "https://app.example:99999",
            " https://app.example",
            "https://app.example\n",
            "https://a\\b",
            "https://*",
            "https://*.app.example",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text:?}");
        }
    }

    /// R15, R75: where the warning comes from.
    #[test]
    fn secure_cookies_are_kept_for_https_and_for_this_machine() {
        let keeps = |text: &str| text.parse::<Origin>().unwrap().keeps_secure_cookies();
        for text in ["https://app.example", "http://localhost:1", "http://127.1.2.3", "http://[::1]"] {
            assert!(keeps(text), "{text}");
        }
        for text in
            ["http://app.example", "http://192.168.0.1:8080", "http://[::2]", "http://localhost.example"]
        {
            assert!(!keeps(text), "{text}");
        }
    }
}

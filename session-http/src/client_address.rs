use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies in front of this server: only what they say of a client's address counts (R37).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Proxies with addresses in these networks.
    #[must_use]
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// The address of the client: the last one in `X-Forwarded-For` or `Forwarded` (RFC 7239) that is
    /// not a trusted proxy's, read from the right, since each proxy appends whom it heard from. What
    /// stands further left the client may have made up.
    ///
    /// Proxies write one of the two headers. Where both are there and tell of different clients, the
    /// client has added the other one, and neither is believed.
    #[must_use]
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contains(peer) {
            return peer;
        }
        let told = |name: &HeaderName, hop: fn(&str) -> Hop| {
            let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?"));
            let hops: Vec<_> =
                lines.flat_map(elements).filter(|element| !element.is_empty()).map(hop).collect();
            (!hops.is_empty()).then(|| self.nearest_stranger(peer, &hops))
        };
        match (told(&X_FORWARDED_FOR, Hop::of_list), told(&FORWARDED, Hop::of_forwarded)) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(address), _) | (None, Some(address)) => address,
            (None, None) => peer,
        }
    }

    fn nearest_stranger(&self, peer: IpAddr, hops: &[Hop]) -> IpAddr {
        let mut nearest = peer;
        for hop in hops.iter().rev() {
            match hop {
                Hop(Some(address)) if self.contains(nearest) => nearest = *address,
                _ => break,
            }
        }
        nearest
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Whom a proxy heard from, if it said so in a way that can be understood.
struct Hop(Option<IpAddr>);

impl Hop {
    fn of_list(element: &str) -> Self {
        Self(address(unquoted(element)))
    }

    fn of_forwarded(element: &str) -> Self {
        let node = pieces(element, ';').find_map(|pair| {
            let (name, node) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then_some(node.trim())
        });
        Self(node.and_then(|node| address(unquoted(node))))
    }
}

/// The elements of a list (RFC 9110 §5.6.1), of which some may be empty.
fn elements(line: &str) -> impl Iterator<Item = &str> {
    pieces(line, ',')
}

/// What stands between separators that are not quoted.
fn pieces(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let is_end = move |char: char| {
        if std::mem::take(&mut is_escaped) {
            return false;
        }
        is_escaped = is_quoted && char == '\\';
        is_quoted ^= char == '"';
        char == separator && !is_quoted
    };
    text.split(is_end).map(str::trim)
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
fn address(node: &str) -> Option<IpAddr> {
    let bracketed = || {
        let address: Ipv6Addr = node.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?;
        Some(IpAddr::V6(address))
    };
    let with_port = || node.parse().map(|address: SocketAddr| address.ip()).ok();
    // Where a port is unknown, RFC 7239 lets a proxy write a word of its own for it.
    let with_hidden_port = || {
        let (node, port) = node.rsplit_once(":_")?;
        let is_word = port.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if is_word { address(node) } else { None }
    };
    let found = node.parse().ok().or_else(bracketed).or_else(with_port).or_else(with_hidden_port);
    found.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, lines: &[(&HeaderName, &str)]) -> String {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let mut headers = HeaderMap::new();
        for (name, line) in lines {
            headers.append(*name, line.parse().unwrap());
        }
        proxies.client_address(peer.parse().unwrap(), &headers).to_string()
    }

    fn seen(peer: &str, lines: &[&str]) -> String {
        client(peer, &lines.iter().map(|line| (&X_FORWARDED_FOR, *line)).collect::<Vec<_>>())
    }

    /// R37, R65: neither header counts from who is no proxy of ours, nor both where they disagree.
    #[test]
    fn a_stranger_cannot_choose_an_address() {
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(seen("10.1.1.1", &["198.51.100.7, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(seen("10.1.1.1", &["198.51.100.7", "192.0.2.1, 10.2.2.2"]), "192.0.2.1");
        let forwarded = [(&FORWARDED, "for=192.0.2.1")];
        assert_eq!(client("198.51.100.7", &forwarded), "198.51.100.7");
        // The proxy writes one of them, and lets the other pass.
        let both = [(&X_FORWARDED_FOR, "198.51.100.7"), (&FORWARDED, "for=192.0.2.1")];
        assert_eq!(client("10.1.1.1", &both), "10.1.1.1");
        let agreeing = [(&X_FORWARDED_FOR, "192.0.2.1"), (&FORWARDED, "for=192.0.2.1")];
        assert_eq!(client("10.1.1.1", &agreeing), "192.0.2.1");
    }

    /// R65: with ports, brackets and elements that are empty.
    #[test]
    fn proxies_say_whom_they_heard_from_in_every_form() {
        for (line, address) in [
            ("192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1 ", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("\"192.0.2.1:4711\"", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
            ("192.0.2.1,", "192.0.2.1"),
            (",192.0.2.1", "192.0.2.1"),
            ("192.0.2.1, ,", "192.0.2.1"),
            ("192.0.2.1,,10.2.2.2", "192.0.2.1"),
            ("192.0.2.1:80, 10.2.2.2:81", "192.0.2.1"),
            ("192.0.2.1,[fd00::2]:81", "192.0.2.1"),
            ("unknown, 10.2.2.2", "10.2.2.2"),
            ("192.0.2.1, unknown", "10.1.1.1"),
            ("192.0.2.1, _hidden", "10.1.1.1"),
            ("192.0.2.256", "10.1.1.1"),
            ("192.0.2.1:99999", "10.1.1.1"),
            ("[192.0.2.1]", "10.1.1.1"),
            ("http://192.0.2.1", "10.1.1.1"),
            ("", "10.1.1.1"),
            (" , ", "10.1.1.1"),
        ] {
            assert_eq!(seen("10.1.1.1", &[line]), address, "{line:?}");
        }
        assert_eq!(seen("::ffff:10.1.1.1", &["2001:db8::1,fd00::2"]), "2001:db8::1");
        assert_eq!(seen("10.1.1.1", &["192.0.2.1", "", "10.2.2.2"]), "192.0.2.1");
    }

    /// R65: `Forwarded`, with its quotes and its hidden names.
    #[test]
    fn rfc_7239_is_understood() {
        for (line, address) in [
            ("for=192.0.2.1", "192.0.2.1"),
            ("For=\"192.0.2.1\"", "192.0.2.1"),
            ("for=\"192.0.2.1:4711\"", "192.0.2.1"),
            ("for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=\"[2001:db8:cafe::17]\"", "2001:db8:cafe::17"),
            ("proto=https;for=192.0.2.1;by=10.2.2.2", "192.0.2.1"),
            ("for=192.0.2.1; proto=http; host=\"a,b;for=1.2.3.4\"", "192.0.2.1"),
            ("for=192.0.2.1, for=10.2.2.2", "192.0.2.1"),
            ("for=198.51.100.7, for=192.0.2.1", "192.0.2.1"),
            ("for=192.0.2.1, , for=\"[fd00::1]:8\"", "192.0.2.1"),
            ("for=\"192.0.2.1:_port\"", "192.0.2.1"),
            ("for=192.0.2.1, for=unknown", "10.1.1.1"),
            ("for=192.0.2.1, for=_gazonk", "10.1.1.1"),
            ("for=192.0.2.1, proto=https", "10.1.1.1"),
            ("by=192.0.2.1", "10.1.1.1"),
            ("host=\"for=192.0.2.1\"", "10.1.1.1"),
        ] {
            assert_eq!(client("10.1.1.1", &[(&FORWARDED, line)]), address, "{line:?}");
        }
    }
}

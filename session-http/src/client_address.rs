use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

/// The proxies in front of this server: only their `X-Forwarded-For` counts (R37).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Proxies with addresses in these networks.
    #[must_use]
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// The address of the client: the last one in `X-Forwarded-For` that is not a trusted proxy's,
    /// read from the right, since each proxy appends whom it heard from. What stands further left
    /// the client may have made up.
    pub(crate) fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.to_canonical();
        let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        let hops = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|&byte| byte == b','));
        for hop in hops {
            if !self.contains(nearest) {
                break;
            }
            let Some(address) =
                std::str::from_utf8(hop).ok().and_then(|hop| hop.trim().parse::<IpAddr>().ok())
            else {
                break;
            };
            nearest = address.to_canonical();
        }
        nearest
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, lines: &[&str]) -> String {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        proxies.client_address(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_an_address() {
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(seen("10.1.1.1", &["198.51.100.7, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(seen("10.1.1.1", &["198.51.100.7", "192.0.2.1, 10.2.2.2"]), "192.0.2.1");
    }

    #[test]
    fn proxies_say_whom_they_heard_from() {
        assert_eq!(seen("10.1.1.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(seen("::ffff:10.1.1.1", &["2001:db8::1,fd00::2"]), "2001:db8::1");
        assert_eq!(seen("10.1.1.1", &[]), "10.1.1.1");
        assert_eq!(seen("10.1.1.1", &["unknown, 10.2.2.2"]), "10.2.2.2");
    }
}

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use rustix::io::Errno;
use tokio::net::TcpListener;

/// Where to listen: `HOST:PORT`, or `:PORT` for every address of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListenAddress {
    /// An address without brackets, or a name; empty for every address.
    host: String,
    port: u16,
}

impl ListenAddress {
    pub(crate) async fn bind(&self) -> io::Result<TcpListener> {
        if !self.host.is_empty() {
            return TcpListener::bind((self.host.as_str(), self.port)).await;
        }
        // Both kinds of addresses, unless this machine has only one.
        match TcpListener::bind((Ipv6Addr::UNSPECIFIED, self.port)).await {
            Err(error) if error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error()) => {
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, self.port)).await
            }
            bound => bound,
        }
    }

    /// How it is reached from this machine.
    pub(crate) fn to_reach(&self) -> String {
        match self.is_every_address() {
            true => format!("{}:{}", Ipv4Addr::LOCALHOST, self.port),
            false => self.to_string(),
        }
    }

    /// Whether this is an address by which no browser knows the server.
    pub(crate) fn is_every_address(&self) -> bool {
        self.host.is_empty() || self.host.parse().is_ok_and(|address: IpAddr| address.is_unspecified())
    }
}

impl FromStr for ListenAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected an address or a name and a port, such as `127.0.0.1:8080`, \
            `[::1]:8080`, `localhost:8080` or `:8080`";
        let (host, port) = text.rsplit_once(':').ok_or(EXPECTED)?;
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|_| digits).ok_or(EXPECTED)?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_good = match bracketed {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => is_name_or_address(host),
        };
        if is_good { Ok(Self { host: bracketed.unwrap_or(host).into(), port }) } else { Err(EXPECTED) }
    }
}

/// What could be asked of the name service (RFC 1123), or an IPv4 address, or nothing.
fn is_name_or_address(host: &str) -> bool {
    let is_label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        plain && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    // What looks like an address and is none would be asked for in vain.
    let is_number = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    host.is_empty()
        || if is_number { host.parse::<Ipv4Addr>().is_ok() } else { host.split('.').all(is_label) }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R76: a name, a port, and nothing beside them.
    #[test]
    fn every_part_of_an_address_is_heeded_or_refused() {
        for good in
            ["127.0.0.1:8080", "0.0.0.0:80", "[::1]:8080", "[::]:0", "localhost:8080", ":8080", "a-b.c_d:1"]
        {
            assert_eq!(good.parse::<ListenAddress>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "8080",
            "localhost",
            "localhost:",
            ":",
            "::1:8080",
            "[::1]",
            "[::1:8080",
            "1.2.3:80",
            "1.2.3.4.5:80",
            "256.0.0.1:80",
            "a:65536",
            "a:+1",
            "a:-1",
            "a: 1",
            "http://a:1",
            "a/b:1",
            "a b:1",
            "-a:1",
            "a..b:1",
            "[a]:1",
            "u@a:1",
            "a:1:2",
        ] {
            assert!(bad.parse::<ListenAddress>().is_err(), "{bad:?}");
        }
    }

    /// R75: what listens everywhere has to be told its origin.
    #[test]
    fn every_address_is_known_as_such() {
        let is_every = |text: &str| text.parse::<ListenAddress>().unwrap().is_every_address();
        assert!(is_every(":1") && is_every("0.0.0.0:1") && is_every("[::]:1"));
        assert!(!is_every("127.0.0.1:1") && !is_every("localhost:1"));
    }
}

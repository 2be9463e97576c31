use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Unavailable;

/// Counts login attempts for every server on the store together (R43).
#[async_trait]
pub trait AttemptCounter: Send + Sync + 'static {
    /// Counts one more attempt under `key` and says how many there were within `window`, which
    /// starts with the first attempt.
    async fn count_attempt(&self, key: &AttemptKey, window: Duration) -> Result<Attempts, Unavailable>;

    /// Takes one attempt back, which turned out to be a good one.
    async fn forgive_attempt(&self, key: &AttemptKey) -> Result<(), Unavailable>;
}

/// What attempts are counted by. Only a short, canonical text: it becomes part of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttemptKey(String);

impl AttemptKey {
    /// Counts what is tried for one account name. The name is hashed: it may be of any length and
    /// content, and people type passwords into the wrong field.
    #[must_use]
    pub fn account(name: &str) -> Self {
        let hash = Sha256::digest(name.as_bytes());
        Self(format!("account:{}", URL_SAFE_NO_PAD.encode(&hash[..16])))
    }

    /// Counts what is tried from one address. Of an IPv6 address only the first 64 bits count,
    /// since a customer usually has all addresses that share them.
    #[must_use]
    pub fn address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(format!("address:{address}")),
            IpAddr::V6(address) => {
                let network = Ipv6Addr::from_bits(address.to_bits() >> 64 << 64);
                Self(format!("address:{network}/64"))
            }
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How many attempts there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// With this one.
    pub count: u64,
    /// Until they are forgotten.
    pub forgotten_in: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let key = |text: &str| AttemptKey::address(text.parse().unwrap()).as_str().to_owned();
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "address:2001:db8:1:2::/64");
        assert_eq!(key("2001:db8:1:2::"), "address:2001:db8:1:2::/64");
        assert_ne!(key("2001:db8:1:3::"), key("2001:db8:1:2::"));
        assert_eq!(key("::ffff:192.0.2.7"), "address:192.0.2.7");
    }

    #[test]
    fn an_account_counter_does_not_tell_the_name() {
        let key = AttemptKey::account("oops, my password").as_str().to_owned();
        assert_eq!(key.len(), "account:".len() + 22);
        assert!(!key.contains("password"));
    }
}

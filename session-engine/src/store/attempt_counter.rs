use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use session_core::{DeviceId, UnixTime};
use sha2::{Digest, Sha256};

use super::Unavailable;

/// For so long an attempt counts as under way whose server never said how it ended.
pub const ATTEMPT_PATIENCE: Duration = Duration::from_secs(10);

/// Counts login attempts for every server on the store together (R43): those that failed, and those
/// that are under way, so that parallel ones cannot slip under the limit, and right ones are never
/// held against anybody (R66).
#[async_trait]
pub trait AttemptCounter: Send + Sync + 'static {
    /// Begins an attempt under `key` in one step, if there may be one: as long as those that failed and
    /// those under way are fewer than the limit.
    async fn begin_attempt(&self, key: &AttemptKey, limit: AttemptLimit) -> Result<Admission, Unavailable>;

    /// Ends an attempt that was admitted. Failed ones are counted within the window of the limit, which
    /// starts with the first of them.
    async fn end_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
        end: AttemptEnd,
    ) -> Result<(), Unavailable>;
}

/// How many attempts may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptLimit {
    /// So many.
    pub failures: u64,
    /// Within so long from the first; then they are forgotten.
    pub window: Duration,
}

/// Whether there may be an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is under way.
    Admitted,
    /// There may be, once some of those under way have turned out well.
    Full,
    /// Too many have failed.
    Refused {
        /// Until they are forgotten.
        forgotten_in: Duration,
    },
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// By a wrong password.
    Failed,
    /// By a right one, or without anybody having looked at it.
    Forgiven,
}

/// What attempts are counted by. Only a short, canonical text: it becomes part of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttemptKey(String);

impl AttemptKey {
    /// Counts what strangers try for one account name. The name is hashed: it may be of any length and
    /// content, and people type passwords into the wrong field.
    #[must_use]
    pub fn account(name: &str) -> Self {
        Self(format!("account:{}", hashed(name)))
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

    /// Counts what is tried on a device on which the account's owner has signed in.
    #[must_use]
    pub fn device(device: DeviceId) -> Self {
        Self(format!("device:{device}"))
    }

    /// Counts what is tried within a session, to reauthenticate. It goes by when the session began, since
    /// an ID can be renewed, and a thief would begin anew with each.
    #[must_use]
    pub fn session(name: &str, created_at: UnixTime) -> Self {
        Self(format!("session:{}.{created_at}", hashed(name)))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hashed(name: &str) -> String {
    let hash = Sha256::digest(name.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R43: in their canonical form, IPv4 within IPv6 too.
    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let key = |text: &str| AttemptKey::address(text.parse().unwrap()).as_str().to_owned();
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "address:2001:db8:1:2::/64");
        assert_eq!(key("2001:db8:1:2::"), "address:2001:db8:1:2::/64");
        assert_ne!(key("2001:db8:1:3::"), key("2001:db8:1:2::"));
        assert_eq!(key("::ffff:192.0.2.7"), "address:192.0.2.7");
    }

    /// R39: in the field for the name there may be a password.
    #[test]
    fn an_account_counter_does_not_tell_the_name() {
        let key = AttemptKey::account("oops, my password").as_str().to_owned();
        assert_eq!(key.len(), "account:".len() + 22);
        assert!(!key.contains("password"));
    }
}

use std::fmt;

use bytes::Bytes;
use metrics::{Counter, counter, describe_counter};
use session_core::{
    AuthenticCookie, CookieKeyRing, CookieName, DeviceKeys, KeyId, KeyPurpose, KeyRing, StatementSigner,
};

/// All that follows from a key ring, made once: the keys of the session cookie, the signer of
/// statements, and the public keys for those who check them. They are of one ring, so what is
/// signed can be verified with what is published.
pub struct Keys {
    cookie: CookieKeyRing,
    devices: DeviceKeys,
    statements: StatementSigner,
    published: Bytes,
    /// An old key may go once nobody brings its cookies any more.
    verified: Vec<(KeyId, Counter)>,
}

impl Keys {
    /// The keys of `ring` for the session cookie of this name.
    #[must_use]
    pub fn new(ring: &KeyRing, cookie: CookieName) -> Self {
        Self {
            devices: ring.device_keys(&cookie),
            cookie: ring.cookie_keys(cookie),
            statements: ring.statement_signer(),
            published: ring.statement_keys().to_json().into(),
            verified: counters(ring),
        }
    }

    /// The name of the session cookie.
    #[must_use]
    pub fn cookie_name(&self) -> &CookieName {
        self.cookie.name()
    }

    /// The JWK Set (RFC 7517) with the public keys of statements.
    #[must_use]
    pub const fn published(&self) -> &Bytes {
        &self.published
    }

    pub(crate) const fn cookie(&self) -> &CookieKeyRing {
        &self.cookie
    }

    /// Counts a cookie that these keys have verified.
    pub(crate) fn count(&self, cookie: &AuthenticCookie) {
        let id = self.cookie.accepted().key_id(cookie);
        let counter = self.verified.iter().find(|(of, _)| Some(*of) == id);
        counter.iter().for_each(|(_, counter)| counter.increment(1));
    }

    pub(crate) const fn devices(&self) -> &DeviceKeys {
        &self.devices
    }

    pub(crate) const fn statements(&self) -> &StatementSigner {
        &self.statements
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

fn counters(ring: &KeyRing) -> Vec<(KeyId, Counter)> {
    const NAME: &str = "session_cookies_total";
    describe_counter!(NAME, "Authentic session cookies that were brought, by the key that made their tag");
    let cookie_keys = ring.list().filter(|key| key.purpose == KeyPurpose::Cookie);
    cookie_keys.map(|key| (key.id, counter!(NAME, "key" => key.id.to_string()))).collect()
}

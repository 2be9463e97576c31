use std::fmt;

use bytes::Bytes;
use session_core::{CookieKeyRing, CookieName, DeviceKeys, KeyRing, StatementSigner};

/// All that follows from a key ring, made once: the keys of the session cookie, the signer of
/// statements, and the public keys for those who check them. They are of one ring, so what is
/// signed can be verified with what is published.
pub struct Keys {
    cookie: CookieKeyRing,
    devices: DeviceKeys,
    statements: StatementSigner,
    published: Bytes,
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

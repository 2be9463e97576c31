use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use metrics::{Counter, counter, describe_counter};
use session_core::{
    AuthenticCookie, CookieKeyRing, CookieName, DeviceKeys, KeyId, KeyPurpose, KeyRing, StatementSigner,
    UnixTime,
};

/// How long the published keys of statements may be kept by whoever has fetched them.
pub const KEYS_MAY_BE_KEPT: Duration = Duration::from_secs(300);

/// All that follows from a key ring, made once: the keys of the session cookie, the signer of
/// statements, and the public keys for those who check them. They are of one ring, so what is
/// signed can be verified with what is published.
pub struct Keys {
    cookie: CookieKeyRing,
    devices: DeviceKeys,
    statements: Statements,
    published: Bytes,
    /// An old key may go once nobody brings its cookies any more.
    verified: Vec<(KeyId, Counter)>,
}

/// Who signs statements.
struct Statements {
    signer: StatementSigner,
    /// And who from then on.
    next: Option<(UnixTime, StatementSigner)>,
    /// When each key was published first.
    published_since: BTreeMap<KeyId, UnixTime>,
}

impl Keys {
    /// The keys of `ring` for the session cookie of this name.
    #[must_use]
    pub fn new(ring: &KeyRing, cookie: CookieName) -> Self {
        Self {
            devices: ring.device_keys(&cookie),
            cookie: ring.cookie_keys(cookie),
            statements: Statements::of(ring, UnixTime::from_secs(0)),
            published: ring.statement_keys().to_json().into(),
            verified: counters(ring),
        }
    }

    /// Those of another ring that takes the place of this one's.
    pub(crate) fn succeeded_by(&self, ring: &KeyRing, now: UnixTime) -> Self {
        let cookie = self.cookie_name().clone();
        Self { statements: self.statements.succeeded_by(ring, now), ..Self::new(ring, cookie) }
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

    pub(crate) fn statements(&self, now: UnixTime) -> &StatementSigner {
        self.statements.signer(now)
    }
}

impl Statements {
    fn of(ring: &KeyRing, published_at: UnixTime) -> Self {
        let ids = ring.list().filter(|key| key.purpose == KeyPurpose::Statement).map(|key| key.id);
        let published_since = ids.map(|id| (id, published_at)).collect();
        Self { signer: ring.statement_signer(), next: None, published_since }
    }

    /// A key that is new to those who check statements does not sign before all of them can have it, which is when
    /// they have fetched the keys twice at their leisure. The one that signed goes on until then, if it is still
    /// there.
    fn succeeded_by(&self, ring: &KeyRing, now: UnixTime) -> Self {
        let mut new = Self::of(ring, now);
        for (id, since) in &mut new.published_since {
            *since = self.published_since.get(id).copied().unwrap_or(now);
        }
        new.after(ring, &self.signer(now).key_id())
    }

    /// These, but that the key `former` signs until the one that is to sign can be known, if it is in the ring.
    fn after(self, ring: &KeyRing, former: &KeyId) -> Self {
        let signs_from = self.published_since[&self.signer.key_id()].saturating_add(2 * KEYS_MAY_BE_KEPT);
        let mut before = ring.clone();
        if before.activate(KeyPurpose::Statement, former).is_err() {
            return self;
        }
        Self { signer: before.statement_signer(), next: Some((signs_from, self.signer)), ..self }
    }

    fn signer(&self, now: UnixTime) -> &StatementSigner {
        match &self.next {
            Some((from, next)) if now >= *from => next,
            _ => &self.signer,
        }
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

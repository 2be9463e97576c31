use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use metrics::{Counter, counter, describe_counter};
use session_core::{
    AuthenticCookie, CookieKeyRing, CookieName, DeviceKeys, KeyId, KeyPurpose, KeyRing, ListedKey,
    StatementSigner, UnixTime,
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
            statements: Statements::of(ring),
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
    /// Of a ring whose keys are published since they were added, as far as that is written down.
    fn of(ring: &KeyRing) -> Self {
        let published_since = published_since(ring, |key| key.added_at.unwrap_or(UnixTime::from_secs(0)));
        let signs = &published_since[&ring.statement_signer().key_id()];
        let oldest = published_since.iter().min_by_key(|(_, since)| **since);
        let former = oldest.filter(|(_, since)| *since < signs).map(|(id, _)| *id);
        Self::after(former, ring, published_since)
    }

    /// A key that was not in the ring before is published from now on.
    fn succeeded_by(&self, ring: &KeyRing, now: UnixTime) -> Self {
        let published_since =
            published_since(ring, |key| self.published_since.get(&key.id).copied().unwrap_or(now));
        Self::after(Some(self.signer(now).key_id()), ring, published_since)
    }

    /// A key that is new to those who check statements does not sign before all of them can have it, which is when
    /// they have fetched the keys twice at their leisure. The former one goes on until then, if it is still there.
    fn after(former: Option<KeyId>, ring: &KeyRing, published_since: BTreeMap<KeyId, UnixTime>) -> Self {
        let signer = ring.statement_signer();
        let signs_from = published_since[&signer.key_id()].saturating_add(2 * KEYS_MAY_BE_KEPT);
        let mut before = ring.clone();
        if former.is_some_and(|former| before.activate(KeyPurpose::Statement, &former).is_ok()) {
            Self { signer: before.statement_signer(), next: Some((signs_from, signer)), published_since }
        } else {
            Self { signer, next: None, published_since }
        }
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

fn published_since(ring: &KeyRing, since: impl Fn(&ListedKey) -> UnixTime) -> BTreeMap<KeyId, UnixTime> {
    let statement_keys = ring.list().filter(|key| key.purpose == KeyPurpose::Statement);
    statement_keys.map(|key| (key.id, since(&key))).collect()
}

fn counters(ring: &KeyRing) -> Vec<(KeyId, Counter)> {
    const NAME: &str = "session_cookies_total";
    describe_counter!(NAME, "Authentic session cookies that were brought, by the key that made their tag");
    let cookie_keys = ring.list().filter(|key| key.purpose == KeyPurpose::Cookie);
    cookie_keys.map(|key| (key.id, counter!(NAME, "key" => key.id.to_string()))).collect()
}

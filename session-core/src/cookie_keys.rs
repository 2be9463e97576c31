use alloc::vec::Vec;
use core::fmt;

use crate::base64url;
use crate::cookie::UnverifiedCookie;
use crate::cookie::{AuthenticCookie, CookieRefusal, CookieValue};
use crate::cookie_name::CookieName;
use crate::key::{KeyId, KeySecret};
use crate::key_ring_error::{KeyRingError, RepeatedKeyId};
use crate::mac::MacKey;
use crate::secret::SessionSecret;
use crate::session_id::SessionId;
use crate::time::UnixTime;

const MAC_LABEL: &[u8] = b"session-cookie/v1:";

/// The keys that verify one session cookie.
///
/// Their MAC keys are derived for the cookie's name when they are added, so that verifying is two
/// hash states away.
#[derive(Debug)]
pub struct CookieKeys {
    name: CookieName,
    keys: Vec<CookieKey>,
}

#[derive(Clone)]
struct CookieKey {
    id: KeyId,
    mac: MacKey,
}

impl CookieKey {
    fn derive(id: KeyId, secret: &KeySecret, name: &CookieName) -> Self {
        Self { id, mac: secret.derive_mac(MAC_LABEL, name.as_bytes()) }
    }
}

impl fmt::Debug for CookieKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl CookieKeys {
    /// No keys yet, for the cookie `name`.
    #[must_use]
    pub const fn new(name: CookieName) -> Self {
        Self { name, keys: Vec::new() }
    }

    /// Adds a key.
    ///
    /// # Errors
    /// When there is one of that ID.
    pub fn add(&mut self, id: KeyId, secret: &KeySecret) -> Result<(), RepeatedKeyId> {
        if self.has(id.as_bytes()) {
            return Err(RepeatedKeyId);
        }
        self.push(id, secret);
        Ok(())
    }

    fn push(&mut self, id: KeyId, secret: &KeySecret) {
        self.keys.push(CookieKey::derive(id, secret, &self.name));
    }

    /// Whether there is a key of this ID.
    #[must_use]
    pub fn has(&self, id: &[u8]) -> bool {
        self.key(id).is_some()
    }

    /// The ring that these keys make together with the role of one: `signing` is the key that signs.
    ///
    /// # Errors
    /// When it is not among them.
    pub fn signing_with(self, signing: KeyId) -> Result<CookieKeyRing, KeyRingError> {
        let (_, signing) = self.key(signing.as_bytes()).ok_or(KeyRingError::SigningKeyNotListed)?;
        Ok(CookieKeyRing { signing: signing.clone(), accepted: self })
    }

    /// The cookie that these keys are for.
    #[must_use]
    pub const fn name(&self) -> &CookieName {
        &self.name
    }

    /// Judges one cookie value by FORMAT.md §1, in that order: size, grammar, key, tag, and only
    /// then time. What comes back is *authentic*; whether it is *live*, only the store knows.
    ///
    /// # Errors
    /// The first reason that applies.
    // Not once for each caller: it is a tenth of the WebAssembly module.
    #[inline(never)]
    pub fn verify(&self, value: &[u8], now: UnixTime) -> Result<AuthenticCookie, CookieRefusal> {
        let cookie = UnverifiedCookie::read(value)?;
        let (place, key) = self.key(cookie.key_id).ok_or(CookieRefusal::UnknownKey)?;
        if !key.mac.verifies(cookie.signed_text, &cookie.tag) {
            return Err(CookieRefusal::BadTag);
        }
        cookie.judge_time(place, now)
    }

    /// The ID of the key that made the tag of `cookie`.
    #[must_use]
    pub fn key_id(&self, cookie: &AuthenticCookie) -> Option<KeyId> {
        self.keys.get(cookie.key_place()).map(|key| key.id)
    }

    fn key(&self, id: &[u8]) -> Option<(usize, &CookieKey)> {
        self.keys.iter().enumerate().find(|(_, key)| key.id.as_bytes() == id)
    }
}

/// The keys that sign and verify one session cookie: one is named as the signing key, every key
/// verifies.
#[derive(Debug)]
pub struct CookieKeyRing {
    accepted: CookieKeys,
    signing: CookieKey,
}

impl CookieKeyRing {
    /// The ring for the cookie `name`, signing with the key named `signing`.
    ///
    /// # Errors
    /// When two keys share an ID or `signing` is not among them.
    pub fn new(name: CookieName, keys: &[(KeyId, KeySecret)], signing: KeyId) -> Result<Self, KeyRingError> {
        let mut accepted = CookieKeys::new(name);
        for (id, secret) in keys {
            accepted.add(*id, secret).map_err(|RepeatedKeyId| KeyRingError::RepeatedKey { id: *id })?;
        }
        accepted.signing_with(signing)
    }

    /// The ring of keys that are known to have IDs of their own.
    pub(crate) fn of(name: CookieName, signing: &(KeyId, KeySecret), others: &[(KeyId, KeySecret)]) -> Self {
        let signing_key = CookieKey::derive(signing.0, &signing.1, &name);
        let mut accepted = CookieKeys { name, keys: alloc::vec![signing_key.clone()] };
        for (id, secret) in others {
            accepted.push(*id, secret);
        }
        Self { accepted, signing: signing_key }
    }

    /// The keys that verify, which are all of them.
    #[must_use]
    pub const fn accepted(&self) -> &CookieKeys {
        &self.accepted
    }

    /// The cookie that these keys are for.
    #[must_use]
    pub const fn name(&self) -> &CookieName {
        self.accepted.name()
    }

    /// See [`CookieKeys::verify`].
    ///
    /// # Errors
    /// As there.
    pub fn verify(&self, value: &[u8], now: UnixTime) -> Result<AuthenticCookie, CookieRefusal> {
        self.accepted.verify(value, now)
    }

    /// The cookie value of a session, tagged with the signing key. It stays the same for the life
    /// of its session ID.
    ///
    /// # Errors
    /// When the session would end before it starts; such a cookie would never verify.
    pub fn sign(
        &self,
        session_id: SessionId,
        secret: &SessionSecret,
        issued_at: UnixTime,
        expires_at: UnixTime,
    ) -> Result<CookieValue, EndsBeforeItStarts> {
        if issued_at >= expires_at {
            return Err(EndsBeforeItStarts { issued_at, expires_at });
        }
        let key_id = self.signing.id;
        let secret = zeroize::Zeroizing::new(base64url::encode(secret.expose()));
        let text = alloc::format!("v1.{key_id}.{session_id}.{}.{issued_at}.{expires_at}", *secret);
        let tag = self.signing.mac.tag(text.as_bytes());
        Ok(CookieValue::new(text, &tag))
    }
}

/// A session whose deadline is not after its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("session issued at {issued_at} has its deadline at {expires_at}, expected a later one")]
pub struct EndsBeforeItStarts {
    /// When the session ID was to be issued.
    pub issued_at: UnixTime,
    /// The absolute deadline.
    pub expires_at: UnixTime,
}

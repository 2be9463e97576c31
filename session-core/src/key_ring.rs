use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use ed25519_dalek::SigningKey;

use crate::cookie_keys::CookieKeyRing;
use crate::cookie_name::CookieName;
use crate::device_cookie::DeviceKeys;
use crate::key::{KeyId, KeySecret};
use crate::key_ring_error::KeyRingError;
use crate::statement_keys::StatementKeySet;
use crate::statement_signer::StatementSigner;
use crate::time::UnixTime;

/// Every key of a server, as its key ring file holds them (FORMAT.md §4).
///
/// In each part one key is named as the signing key and all keys verify; the order means nothing.
/// So a key is rotated in three steps, and between them no session is lost: [add](Self::add) it
/// everywhere, [activate](Self::activate) it everywhere, [retire](Self::retire) the old one once its
/// last cookie has expired.
#[derive(Clone)]
pub struct KeyRing {
    pub(crate) cookie: Part<KeySecret>,
    pub(crate) statement: Part<StatementKey>,
}

/// A key pair, and since when it has been published.
#[derive(Clone)]
pub(crate) struct StatementKey {
    pub(crate) key: SigningKey,
    /// None for one that was there from the first, or since before this was written down.
    pub(crate) added_at: Option<UnixTime>,
}

/// No two keys have the same ID.
#[derive(Clone)]
pub(crate) struct Part<K> {
    pub(crate) signing: (KeyId, K),
    pub(crate) others: Vec<(KeyId, K)>,
}

/// What a key of the ring is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPurpose {
    /// Tags of session cookies.
    Cookie,
    /// Signatures of statements, and of what goes with them.
    Statement,
}

/// A key of the ring, without its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedKey {
    /// What it is for.
    pub purpose: KeyPurpose,
    /// Its name.
    pub id: KeyId,
    /// Whether it is the one that signs. Every key verifies.
    pub signs: bool,
    /// When a key of statements was added to a ring that had others.
    pub added_at: Option<UnixTime>,
}

impl KeyRing {
    /// A ring with one fresh key in each part, `c1` and `s1`.
    ///
    /// # Errors
    /// When the system's generator does not answer.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, crate::entropy::EntropyUnavailable> {
        Ok(Self {
            cookie: Part::new((KeyId::numbered(b'c', 1), KeySecret::generate()?)),
            statement: Part::new((KeyId::numbered(b's', 1), StatementKey::fresh(None)?)),
        })
    }

    /// Adds a fresh key, which verifies and does not sign yet. Of a key of statements it is written down when that
    /// was, since others have to hear of it before it signs (FORMAT.md §2).
    ///
    /// # Errors
    /// When there is a key of this ID for this purpose, or the system's generator does not answer.
    #[cfg(feature = "getrandom")]
    pub fn add(&mut self, purpose: KeyPurpose, id: KeyId, now: UnixTime) -> Result<(), KeyRingError> {
        match purpose {
            KeyPurpose::Cookie => self.cookie.add(id, KeySecret::generate),
            KeyPurpose::Statement => self.statement.add(id, || StatementKey::fresh(Some(now))),
        }
    }

    /// Has the key of this ID sign from now on. The one that did goes on to verify.
    ///
    /// # Errors
    /// When there is none.
    pub fn activate(&mut self, purpose: KeyPurpose, id: &KeyId) -> Result<(), KeyRingError> {
        match purpose {
            KeyPurpose::Cookie => self.cookie.activate(id),
            KeyPurpose::Statement => self.statement.activate(id),
        }
    }

    /// Removes a key: what it has signed is refused from now on.
    ///
    /// # Errors
    /// When there is none of this ID, or it is the one that signs.
    pub fn retire(&mut self, purpose: KeyPurpose, id: &KeyId) -> Result<(), KeyRingError> {
        match purpose {
            KeyPurpose::Cookie => self.cookie.retire(id),
            KeyPurpose::Statement => self.statement.retire(id),
        }
    }

    /// Every key, the one that signs first.
    pub fn list(&self) -> impl Iterator<Item = ListedKey> {
        let cookie = self.cookie.list(KeyPurpose::Cookie, |_| None);
        cookie.chain(self.statement.list(KeyPurpose::Statement, |key| key.added_at))
    }

    /// The next ID that no key for this purpose has: `c1`, `c2`, … and `s1`, `s2`, ….
    #[must_use]
    pub fn free_id(&self, purpose: KeyPurpose) -> KeyId {
        match purpose {
            KeyPurpose::Cookie => self.cookie.free_id(b'c'),
            KeyPurpose::Statement => self.statement.free_id(b's'),
        }
    }

    /// The keys of the session cookie `name`.
    #[must_use]
    pub fn cookie_keys(&self, name: CookieName) -> CookieKeyRing {
        CookieKeyRing::of(name, &self.cookie.signing, &self.cookie.others)
    }

    /// The keys of device cookies beside the session cookie `name`: the same secrets, for a purpose of
    /// their own.
    #[must_use]
    pub fn device_keys(&self, name: &CookieName) -> DeviceKeys {
        DeviceKeys::of(name, &self.cookie.signing, &self.cookie.others)
    }

    /// The signer of statements.
    #[must_use]
    pub fn statement_signer(&self) -> StatementSigner {
        let (id, StatementKey { key, .. }) = &self.statement.signing;
        StatementSigner::new(*id, key.clone())
    }

    /// The public halves of the statement keys.
    #[must_use]
    pub fn statement_keys(&self) -> StatementKeySet {
        self.statement.keys().map(|(id, StatementKey { key, .. })| (*id, key.verifying_key())).collect()
    }
}

impl<K> Part<K> {
    #[cfg(any(feature = "getrandom", feature = "testing"))]
    pub(crate) const fn new(signing: (KeyId, K)) -> Self {
        Self { signing, others: Vec::new() }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &(KeyId, K)> {
        core::iter::once(&self.signing).chain(&self.others)
    }

    fn has(&self, id: &KeyId) -> bool {
        self.keys().any(|(other, _)| other == id)
    }

    #[cfg(feature = "getrandom")]
    fn add(
        &mut self,
        id: KeyId,
        fresh: impl Fn() -> Result<K, crate::entropy::EntropyUnavailable>,
    ) -> Result<(), KeyRingError> {
        if self.has(&id) {
            return Err(KeyRingError::RepeatedKey { id });
        }
        self.others.push((id, fresh().map_err(|_| KeyRingError::Entropy)?));
        Ok(())
    }

    fn activate(&mut self, id: &KeyId) -> Result<(), KeyRingError> {
        if self.signing.0 == *id {
            return Ok(());
        }
        let other = self.others.iter_mut().find(|(other, _)| other == id);
        core::mem::swap(&mut self.signing, other.ok_or(KeyRingError::UnknownKey { id: *id })?);
        Ok(())
    }

    fn retire(&mut self, id: &KeyId) -> Result<(), KeyRingError> {
        if self.signing.0 == *id {
            return Err(KeyRingError::StillSigning { id: *id });
        }
        if !self.has(id) {
            return Err(KeyRingError::UnknownKey { id: *id });
        }
        self.others.retain(|(other, _)| other != id);
        Ok(())
    }

    fn list(
        &self,
        purpose: KeyPurpose,
        added_at: fn(&K) -> Option<UnixTime>,
    ) -> impl Iterator<Item = ListedKey> {
        self.keys().map(move |(id, key)| ListedKey {
            purpose,
            id: *id,
            signs: *id == self.signing.0,
            added_at: added_at(key),
        })
    }

    fn free_id(&self, letter: u8) -> KeyId {
        // There are more numbers than keys.
        let mut ids = (1..=u32::MAX).map(|number| KeyId::numbered(letter, number));
        ids.find(|id| !self.has(id)).unwrap_or(self.signing.0)
    }
}

#[cfg(feature = "getrandom")]
impl StatementKey {
    fn fresh(added_at: Option<UnixTime>) -> Result<Self, crate::entropy::EntropyUnavailable> {
        let seed = zeroize::Zeroizing::new(crate::entropy::random::<32>()?);
        Ok(Self { key: SigningKey::from_bytes(&seed), added_at })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(..)")
    }
}

impl KeyPurpose {
    /// The name of the part, as the key ring file has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Statement => "statement",
        }
    }
}

impl FromStr for KeyPurpose {
    type Err = UnknownKeyPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownKeyPurpose> {
        let purposes = [Self::Cookie, Self::Statement];
        purposes.into_iter().find(|purpose| purpose.as_str() == text).ok_or(UnknownKeyPurpose)
    }
}

/// A text that names no purpose of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("purpose of a key is not `cookie` or `statement`")]
pub struct UnknownKeyPurpose;

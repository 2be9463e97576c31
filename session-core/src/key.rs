use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str;

use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::base64url;
use crate::mac::MacKey;

/// The name of a key in the ring: 1 to 32 characters of `A-Za-z0-9_-`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct KeyId {
    // Held inline, so that a verified cookie can name its key without allocating.
    text: [u8; Self::MAX_LENGTH],
    length: u8,
}

impl KeyId {
    /// The longest name.
    pub const MAX_LENGTH: usize = 32;

    /// The key ID of this text.
    ///
    /// # Errors
    /// When it is empty, too long, or has another character.
    pub fn new(text: &str) -> Result<Self, InvalidKeyId> {
        Self::parse(text.as_bytes()).ok_or(InvalidKeyId)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The text, in ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// A letter and a number.
    pub(crate) fn numbered(letter: u8, number: u32) -> Self {
        // Eleven characters at most.
        Self::short(&alloc::format!("{}{number}", char::from(letter)))
    }

    /// A text of which it is known that it can name a key.
    pub(crate) fn short(text: &str) -> Self {
        debug_assert!(Self::is_well_formed(text.as_bytes()));
        let mut id = Self { text: [0; Self::MAX_LENGTH], length: 0 };
        for (place, byte) in id.text.iter_mut().zip(text.bytes()) {
            *place = byte;
            id.length = id.length.saturating_add(1);
        }
        id
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut text = [0; Self::MAX_LENGTH];
        text.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let length = u8::try_from(bytes.len()).ok()?;
        Self::is_well_formed(bytes).then_some(Self { text, length })
    }

    pub(crate) fn is_well_formed(bytes: &[u8]) -> bool {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        (1..=Self::MAX_LENGTH).contains(&bytes.len()) && bytes.iter().all(allowed)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.as_str().into()
    }
}

impl TryFrom<String> for KeyId {
    type Error = InvalidKeyId;

    fn try_from(text: String) -> Result<Self, InvalidKeyId> {
        Self::new(&text)
    }
}

/// A text that cannot name a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key ID is not 1 to 32 characters of A-Z, a-z, 0-9, `_` and `-`")]
pub struct InvalidKeyId;

/// The secret of a symmetric key: at least 32 bytes, erased when dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct KeySecret(Zeroizing<Vec<u8>>);

impl KeySecret {
    /// The shortest secret: as many bytes as SHA-256 puts out (RFC 2104 §3).
    pub const MIN_LENGTH: usize = 32;

    /// A key made of these bytes, copied.
    ///
    /// # Errors
    /// When there are fewer than 32, or all are equal: nobody drew those at random.
    pub fn new(bytes: &[u8]) -> Result<Self, WeakKey> {
        Self::check(Zeroizing::new(bytes.to_vec()))
    }

    fn check(bytes: Zeroizing<Vec<u8>>) -> Result<Self, WeakKey> {
        if bytes.len() < Self::MIN_LENGTH {
            return Err(WeakKey::TooShort { length: bytes.len() });
        }
        if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
            return Err(WeakKey::AllBytesEqual);
        }
        Ok(Self(bytes))
    }

    /// The secret that the `k` of a JWK writes in base64url (RFC 7518 §6.4.1).
    ///
    /// # Errors
    /// When that is not its canonical text, or the secret is weak.
    pub fn from_jwk(k: &[u8]) -> Result<Self, KeySecretError> {
        let bytes = base64url::decode_any_length(k).map(Zeroizing::new);
        Ok(Self::check(bytes.ok_or(KeySecretError::Malformed)?)?)
    }

    /// A fresh secret of 32 bytes.
    ///
    /// # Errors
    /// When the system's generator does not answer.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, crate::entropy::EntropyUnavailable> {
        let bytes = Zeroizing::new(crate::entropy::random::<32>()?);
        Ok(Self(Zeroizing::new(bytes.to_vec())))
    }

    /// The MAC for one purpose, by [`derive_mac`].
    pub(crate) fn derive_mac(&self, label: &[u8], context: &[u8]) -> MacKey {
        derive_mac(&self.0, label, context)
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(..)")
    }
}

/// The MAC for one purpose: its key is HKDF-SHA256 (RFC 5869) of the secret without salt, expanded to 32
/// bytes with `label` and `context`, so that a tag made for one purpose or cookie name never verifies for
/// another (R6).
pub(crate) fn derive_mac(secret: &[u8], label: &[u8], context: &[u8]) -> MacKey {
    let mut derived = Zeroizing::new([0; 32]);
    // It fails for more than 255 blocks, and this is one.
    let expanded = Hkdf::<Sha256>::new(None, secret).expand_multi_info(&[label, context], &mut *derived);
    debug_assert!(expanded.is_ok());
    MacKey::new(&derived)
}

/// Why the written secret of a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySecretError {
    /// Not canonical base64url.
    #[error("key secret is not canonical base64url")]
    Malformed,
    /// Not a secret that anybody drew at random.
    #[error(transparent)]
    Weak(#[from] WeakKey),
}

impl KeySecretError {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "invalid_key",
            Self::Weak(_) => "weak_key",
        }
    }
}

/// Why a key's secret is weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeakKey {
    /// Shorter than [`KeySecret::MIN_LENGTH`].
    #[error("key secret has {length} bytes, expected at least {}", KeySecret::MIN_LENGTH)]
    TooShort {
        /// How many bytes there were.
        length: usize,
    },
    /// One byte, repeated.
    #[error("key secret is one byte repeated, expected random bytes")]
    AllBytesEqual,
}

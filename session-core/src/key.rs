use alloc::string::String;
use core::fmt;
use core::str;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

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
        let used = self.text.get(..usize::from(self.length)).unwrap_or_default();
        str::from_utf8(used).unwrap_or_default()
    }

    #[cfg(feature = "getrandom")]
    pub(crate) const fn numbered_one(part: u8) -> Self {
        let mut text = [0; Self::MAX_LENGTH];
        text[0] = part;
        text[1] = b'1';
        Self { text, length: 2 }
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut text = [0; Self::MAX_LENGTH];
        text.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let length = u8::try_from(bytes.len()).ok().filter(|&length| length > 0)?;
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        bytes.iter().all(allowed).then_some(Self { text, length })
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
pub struct KeySecret(Zeroizing<alloc::vec::Vec<u8>>);

impl KeySecret {
    /// The shortest secret: as many bytes as SHA-256 puts out (RFC 2104 §3).
    pub const MIN_LENGTH: usize = 32;

    /// A key made of these bytes, copied.
    ///
    /// # Errors
    /// When there are fewer than 32, or all are equal: nobody drew those at random.
    pub fn new(bytes: &[u8]) -> Result<Self, WeakKey> {
        if bytes.len() < Self::MIN_LENGTH {
            return Err(WeakKey::TooShort { length: bytes.len() });
        }
        if bytes.windows(2).all(|pair| pair.first() == pair.last()) {
            return Err(WeakKey::AllBytesEqual);
        }
        Ok(Self(Zeroizing::new(bytes.to_vec())))
    }

    /// A fresh secret of 32 bytes.
    ///
    /// # Errors
    /// When the system's generator does not answer.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, crate::EntropyUnavailable> {
        let bytes = Zeroizing::new(crate::entropy::random::<32>()?);
        Ok(Self(Zeroizing::new(bytes.to_vec())))
    }

    /// The MAC for one purpose: HKDF-SHA256 without salt, expanded with `label` and `context`, so
    /// that a tag made for one purpose or cookie name never verifies for another (R6).
    pub(crate) fn derive_mac(&self, label: &str, context: &str) -> Hmac<Sha256> {
        // HMAC pads a key of 32 bytes with zeros to its block of 64 (RFC 2104 §2).
        let mut block = Zeroizing::new([0; 64]);
        let (key, _) = block.split_at_mut(Self::MIN_LENGTH);
        let info = [label.as_bytes(), context.as_bytes()];
        if Hkdf::<Sha256>::new(None, &self.0).expand_multi_info(&info, key).is_err() {
            unreachable!("HKDF-SHA256 expands to up to 8,160 bytes");
        }
        Hmac::new(&(*block).into())
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

/// Why a key's secret is refused.
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

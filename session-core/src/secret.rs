use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

use crate::base64url;

/// Separates this hash from every other use of SHA-256 (FORMAT.md §1).
const HASH_LABEL: &[u8] = b"session-secret/v1:";

/// The credential of a session: 32 random bytes that exist only in its cookie.
///
/// It has no `Display`, no `Serialize`, no `==` and no `Clone`; its `Debug` is elided, and its
/// bytes are erased when it is dropped. What a store keeps is its [`SecretHash`].
#[derive(Clone, ZeroizeOnDrop)]
pub struct SessionSecret([u8; 32]);

impl SessionSecret {
    /// The secret made of these bytes; they must come from a cryptographic generator.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fresh secret of 256 bits.
    ///
    /// # Errors
    /// When the system's generator does not answer.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, crate::entropy::EntropyUnavailable> {
        crate::entropy::random().map(Self)
    }

    /// What the store keeps instead of the secret.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        let mut hash = Sha256::new();
        hash.update(HASH_LABEL);
        hash.update(self.0);
        SecretHash(hash.finalize().into())
    }

    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        base64url::decode(text).map(Self)
    }

    pub(crate) const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(..)")
    }
}

/// `SHA-256("session-secret/v1:" ‖ secret)`: proves a secret, and cannot be turned back into one.
///
/// A fast hash is right here: the secret has 256 bits of entropy, so there is nothing to guess.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Whether this is the hash of `secret`, decided in constant time.
    #[must_use]
    pub fn matches(&self, secret: &SessionSecret) -> bool {
        self.0.ct_eq(&secret.hash().0).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> Self {
        base64url::encode(&hash.0)
    }
}

impl TryFrom<String> for SecretHash {
    type Error = InvalidSecretHash;

    fn try_from(text: String) -> Result<Self, InvalidSecretHash> {
        base64url::decode(text.as_bytes()).map(Self).ok_or(InvalidSecretHash)
    }
}

/// A text that is not a secret's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("secret hash is not 43 characters of canonical base64url")]
pub struct InvalidSecretHash;

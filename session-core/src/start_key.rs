use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::base64url;
use crate::key::derive_mac;
use crate::mac::MacKey;
use crate::secret::SessionSecret;
use crate::session_id::SessionId;

const MAC_LABEL: &[u8] = b"session-start/v1:";
const MARKER: &[u8] = b"marker:";
const SECRET: &[u8] = b"secret:";

/// What lets a caller ask for one and the same session again, when no answer came (FORMAT.md §7).
///
/// The session's secret follows from it and from what the store keeps, and from neither alone. So it can be
/// given once more, and is kept nowhere.
#[derive(Clone)]
pub struct StartKey {
    mac: MacKey,
    text: String,
}

impl StartKey {
    /// The longest text of a key in bytes.
    pub const MAX_LENGTH: usize = 255;

    /// The key of this text among those of the caller who has this credential, which must be random: whoever
    /// has it may start sessions anyway.
    ///
    /// # Errors
    /// When the text is empty, longer than 255 bytes, or not of visible ASCII.
    pub fn new(credential: &[u8], text: &str) -> Result<Self, InvalidStartKey> {
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len());
        if !fits || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidStartKey);
        }
        Ok(Self { mac: derive_mac(credential, MAC_LABEL, b""), text: text.into() })
    }

    /// Where the store keeps which session was started with it.
    #[must_use]
    pub fn marker_id(&self) -> SessionId {
        let tag = self.mac.tag(&[MARKER, self.text.as_bytes()].concat());
        let mut id = [0; 16];
        id.iter_mut().zip(tag).for_each(|(place, byte)| *place = byte);
        SessionId::from_bytes(id)
    }

    /// The secret of the session that was started with it and this nonce.
    #[must_use]
    pub fn secret(&self, nonce: &StartNonce) -> SessionSecret {
        SessionSecret::from_bytes(self.mac.tag(&[SECRET, &nonce.0, self.text.as_bytes()].concat()))
    }
}

impl fmt::Debug for StartKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartKey(..)")
    }
}

/// Makes each session's secret another, also where a key is used again later: 32 random bytes, no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StartNonce(#[serde(with = "base64url::text")] [u8; 32]);

impl StartNonce {
    /// The nonce made of these bytes; they must come from a cryptographic generator.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fresh one.
    ///
    /// # Errors
    /// When the system's generator does not answer.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, crate::entropy::EntropyUnavailable> {
        crate::entropy::random().map(Self)
    }
}

/// A text that cannot be a key for starting a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("idempotency key is not 1 to 255 visible ASCII characters")]
pub struct InvalidStartKey;

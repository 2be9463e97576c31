use alloc::string::String;
use core::cmp::Ordering;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base64url;
use crate::json::Reader;

/// The public name of a session: 16 random bytes, written as 22 characters of base64url.
///
/// It is the store's key and may be logged, listed and shown. It is *not* a credential: that is
/// the [`SessionSecret`](crate::SessionSecret).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// Length of the written form.
    pub const TEXT_LENGTH: usize = 22;

    /// The ID made of these bytes; they must come from a cryptographic generator.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A fresh ID: 128 bits, twice what OWASP's Session Management Cheat Sheet asks for.
    ///
    /// # Errors
    /// When the system's generator does not answer.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, crate::entropy::EntropyUnavailable> {
        crate::entropy::random().map(Self)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Self::parse(reader.text()?.as_bytes())
    }

    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        base64url::decode(text).map(Self)
    }
}

impl Ord for SessionId {
    // As derived, but for its size: what is derived compares words, and WebAssembly, which cannot
    // turn their bytes round, needs much code for it at each place where IDs are searched.
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.iter().cmp(&other.0)
    }
}

impl PartialOrd for SessionId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

impl FromStr for SessionId {
    type Err = InvalidSessionId;

    fn from_str(text: &str) -> Result<Self, InvalidSessionId> {
        Self::parse(text.as_bytes()).ok_or(InvalidSessionId)
    }
}

impl TryFrom<String> for SessionId {
    type Error = InvalidSessionId;

    fn try_from(text: String) -> Result<Self, InvalidSessionId> {
        text.parse()
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        base64url::encode(&id.0)
    }
}

/// A text that is not a session ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("session ID is not 22 characters of canonical base64url")]
pub struct InvalidSessionId;

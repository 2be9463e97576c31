use crate::key::{KeyId, KeySecretError, WeakKey};

/// Why keys are refused. It names the key, and never says a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// Not the JSON document that was expected.
    #[error("keys are not the expected JSON document, at line {line} column {column}")]
    Shape {
        /// Line where reading stopped, from 1; 0 when unknown.
        line: usize,
        /// Column where reading stopped.
        column: usize,
    },
    /// A key's text is not canonical base64url, or its two halves do not belong together.
    #[error("key `{id}` is not well-formed, expected canonical base64url of a key and its own public half")]
    InvalidKey {
        /// The key.
        id: KeyId,
    },
    /// A key's secret is too weak.
    #[error("key `{id}` is refused: {reason}")]
    WeakKey {
        /// The key.
        id: KeyId,
        /// What is wrong with it.
        reason: WeakKey,
    },
    /// Two keys have the same ID.
    #[error("key ID `{id}` is used twice, expected each once")]
    RepeatedKey {
        /// That ID.
        id: KeyId,
    },
    /// `signing` names a key that is not there.
    #[error("signing key is not among the listed keys")]
    SigningKeyNotListed,
    /// There is no key of this ID.
    #[error("there is no key `{id}`")]
    UnknownKey {
        /// That ID.
        id: KeyId,
    },
    /// The key signs, so it cannot be retired.
    #[error("key `{id}` is the one that signs, expected another to be activated first")]
    StillSigning {
        /// The key.
        id: KeyId,
    },
    /// The system's generator did not answer, so there is no fresh key.
    #[error("the system's random number generator is unavailable")]
    Entropy,
}

impl KeyRingError {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Shape { .. } => "malformed",
            Self::InvalidKey { .. } => KeySecretError::Malformed.code(),
            Self::WeakKey { reason, .. } => KeySecretError::Weak(*reason).code(),
            Self::RepeatedKey { .. } => RepeatedKeyId.code(),
            Self::SigningKeyNotListed => "signing_key_not_listed",
            Self::UnknownKey { .. } => "unknown_key",
            Self::StillSigning { .. } => "still_signing",
            Self::Entropy => "entropy",
        }
    }

    /// The key that is at fault, when it is one.
    #[must_use]
    pub const fn key_id(&self) -> Option<KeyId> {
        match self {
            Self::InvalidKey { id }
            | Self::WeakKey { id, .. }
            | Self::RepeatedKey { id }
            | Self::UnknownKey { id }
            | Self::StillSigning { id } => Some(*id),
            Self::Shape { .. } | Self::SigningKeyNotListed | Self::Entropy => None,
        }
    }

    // The message of `serde_json` quotes the text it trips over, which may be a secret.
    pub(crate) fn shape(error: &serde_json::Error) -> Self {
        Self::Shape { line: error.line(), column: error.column() }
    }
}

/// There is a key of the same ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key ID is used twice, expected each once")]
pub struct RepeatedKeyId;

impl RepeatedKeyId {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "repeated_key"
    }
}

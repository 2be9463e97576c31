use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use ed25519_dalek::SigningKey;
use serde::Serialize;

use crate::json_object::InvalidJsonObject;
use crate::jws;
use crate::key::KeyId;
use crate::statement::{MAX_STATEMENT_LENGTH, StatementClaims, TYPE};
use crate::time::UnixTime;

/// Signs statements, and what goes with them, with the ring's signing key.
pub struct StatementSigner {
    key_id: KeyId,
    key: SigningKey,
}

impl StatementSigner {
    pub(crate) const fn new(key_id: KeyId, key: SigningKey) -> Self {
        Self { key_id, key }
    }

    /// The key that signs.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The statement as a JWT in compact form.
    ///
    /// # Errors
    /// When it would live longer than 300 s, or its text would not fit into a cookie.
    pub fn sign(&self, claims: &StatementClaims) -> Result<SignedStatement, UnfitStatement> {
        if !claims.has_a_lawful_lifetime() {
            return Err(UnfitStatement::Lifetime);
        }
        let text = self.sign_as(TYPE, claims).filter(|text| text.len() <= MAX_STATEMENT_LENGTH);
        let text = text.ok_or(UnfitStatement::TooLong)?;
        Ok(SignedStatement { text: text.into(), issued_at: claims.issued_at, expires_at: claims.expires_at })
    }

    pub(crate) fn sign_as<P: Serialize>(&self, typ: &str, payload: &P) -> Option<String> {
        jws::sign(&self.key, self.key_id, typ, payload)
    }
}

impl fmt::Debug for StatementSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatementSigner").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// A statement that was just signed. It is no credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedStatement {
    /// Shared, since the same statement is handed out again and again.
    text: Arc<str>,
    issued_at: UnixTime,
    expires_at: UnixTime,
}

impl SignedStatement {
    /// The JWT in compact form: at most [`MAX_STATEMENT_LENGTH`] characters of ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        String::from(&*self.text)
    }

    /// When it was made.
    #[must_use]
    pub const fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// Until when it may be believed.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }
}

/// Why a statement cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitStatement {
    /// It would not end after its start, or live longer than [`MAX_STATEMENT_LIFETIME`](crate::MAX_STATEMENT_LIFETIME).
    #[error("statement's lifetime is not between 1 and 300 seconds")]
    Lifetime,
    /// Its text would be longer than [`MAX_STATEMENT_LENGTH`].
    #[error("statement is longer than {MAX_STATEMENT_LENGTH} bytes; shorten its claims")]
    TooLong,
    /// What the application adds is nested too deeply.
    #[error(transparent)]
    Claims(#[from] InvalidJsonObject),
}

use alloc::string::String;
use core::time::Duration;

use serde::Serialize;

use crate::json::{Reader, once};
use crate::json_object::JsonObject;
use crate::jws::UnverifiedJws;
use crate::key::KeyId;
use crate::session_id::SessionId;
use crate::statement_keys::StatementKeySet;
use crate::statement_refusal::StatementRefusal;
use crate::time::UnixTime;

pub(crate) const TYPE: &str = "session-statement+jwt";

/// The longest life of a statement: it cannot be called back, so it is short (FORMAT.md §2).
pub const MAX_STATEMENT_LIFETIME: Duration = Duration::from_secs(300);

/// The longest statement: with a cookie's name beside it, it stays under the 4,096 bytes that
/// browsers keep (RFC 6265bis §5.6).
pub const MAX_STATEMENT_LENGTH: usize = 4000;

/// What a statement says of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementClaims {
    /// The server that says it.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// Who the session belongs to.
    #[serde(rename = "sub")]
    pub subject: String,
    /// The session's public ID.
    #[serde(rename = "sid")]
    pub session_id: SessionId,
    /// When the statement was made.
    #[serde(rename = "iat")]
    pub issued_at: UnixTime,
    /// Until when it may be believed.
    #[serde(rename = "exp")]
    pub expires_at: UnixTime,
    /// When the password was last entered.
    #[serde(rename = "auth_time")]
    pub authenticated_at: UnixTime,
    /// The idle deadline as it stood at `issued_at`; use pushes it.
    pub idle_expires_at: UnixTime,
    /// The absolute deadline.
    pub absolute_expires_at: UnixTime,
    /// What the application adds: a name, roles.
    pub claims: JsonObject,
}

impl StatementClaims {
    /// Unknown members are passed over; a known one that comes twice is refused.
    pub(crate) fn read(payload: &str) -> Option<Self> {
        let (mut issuer, mut subject, mut session_id, mut claims) = (None, None, None, None);
        let (mut issued_at, mut expires_at, mut authenticated_at) = (None, None, None);
        let (mut idle_expires_at, mut absolute_expires_at) = (None, None);
        Reader::new(payload).whole(|reader| {
            reader.object(&mut |name, reader| match name {
                "iss" => once(&mut issuer, reader.text()),
                "sub" => once(&mut subject, reader.text()),
                "sid" => once(&mut session_id, SessionId::read(reader)),
                "iat" => once(&mut issued_at, reader.time()),
                "exp" => once(&mut expires_at, reader.time()),
                "auth_time" => once(&mut authenticated_at, reader.time()),
                "idle_expires_at" => once(&mut idle_expires_at, reader.time()),
                "absolute_expires_at" => once(&mut absolute_expires_at, reader.time()),
                "claims" => once(&mut claims, JsonObject::read(reader)),
                _ => reader.raw().map(drop),
            })
        })?;
        Some(Self {
            issuer: issuer?,
            subject: subject?,
            session_id: session_id?,
            issued_at: issued_at?,
            expires_at: expires_at?,
            authenticated_at: authenticated_at?,
            idle_expires_at: idle_expires_at?,
            absolute_expires_at: absolute_expires_at?,
            claims: claims?,
        })
    }

    pub(crate) fn has_a_lawful_lifetime(&self) -> bool {
        let lifetime = self.expires_at.saturating_since(self.issued_at);
        !lifetime.is_zero() && lifetime <= MAX_STATEMENT_LIFETIME
    }
}

/// A statement with a good signature of the expected issuer, within its time.
///
/// It tells who the session belonged to when it was made. It is never a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticStatement(UnverifiedStatement);

impl AuthenticStatement {
    /// The key that signed it.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.0.key_id
    }

    /// What it says.
    #[must_use]
    pub const fn claims(&self) -> &StatementClaims {
        &self.0.claims
    }

    #[cfg(feature = "wasm")]
    pub(crate) fn signed_text(&self) -> &str {
        self.0.signed_text()
    }
}

impl StatementKeySet {
    /// Judges a statement by FORMAT.md §2, in that order: syntax, key, signature, issuer, time.
    ///
    /// # Errors
    /// The first reason that applies.
    pub fn verify(
        &self,
        statement: &str,
        issuer: &str,
        now: UnixTime,
    ) -> Result<AuthenticStatement, StatementRefusal> {
        let (jws, statement) = parse(statement).ok_or(StatementRefusal::Malformed)?;
        let StatementClaims { issuer: its_issuer, issued_at, expires_at, .. } = &statement.claims;
        self.verify_signature(&jws, its_issuer, issuer)?;
        StatementRefusal::judge_time(*issued_at, *expires_at, now)?;
        Ok(AuthenticStatement(statement))
    }

    /// Key, signature and issuer, which a statement and a feed have in common.
    pub(crate) fn verify_signature(
        &self,
        jws: &UnverifiedJws<'_>,
        its_issuer: &str,
        issuer: &str,
    ) -> Result<(), StatementRefusal> {
        let key = self.key(jws.kid).ok_or(StatementRefusal::UnknownKey)?;
        if !jws.is_signed_by(key) {
            return Err(StatementRefusal::BadSignature);
        }
        if its_issuer == issuer { Ok(()) } else { Err(StatementRefusal::WrongIssuer) }
    }
}

/// What a statement says, with nothing verified; for showing it to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedStatement {
    key_id: KeyId,
    claims: StatementClaims,
    payload: String,
}

impl UnverifiedStatement {
    /// The key that it says has signed it.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// What it says.
    #[must_use]
    pub const fn claims(&self) -> &StatementClaims {
        &self.claims
    }

    #[cfg(feature = "wasm")]
    pub(crate) fn signed_text(&self) -> &str {
        &self.payload
    }
}

/// Reads what a statement says, and believes nothing of it.
///
/// # Errors
/// [`StatementRefusal::Malformed`].
pub fn decode_statement_unverified(statement: &str) -> Result<UnverifiedStatement, StatementRefusal> {
    let (_, statement) = parse(statement).ok_or(StatementRefusal::Malformed)?;
    Ok(statement)
}

fn parse(statement: &str) -> Option<(UnverifiedJws<'_>, UnverifiedStatement)> {
    if statement.len() > MAX_STATEMENT_LENGTH {
        return None;
    }
    let mut jws = UnverifiedJws::parse(statement, TYPE)?;
    let claims = StatementClaims::read(&jws.payload).filter(StatementClaims::has_a_lawful_lifetime)?;
    let payload = core::mem::take(&mut jws.payload);
    let key_id = jws.kid;
    Some((jws, UnverifiedStatement { key_id, claims, payload }))
}

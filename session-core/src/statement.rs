use alloc::string::String;
use core::fmt;
use core::time::Duration;

use ed25519_dalek::SigningKey;
use serde::Serialize;

use crate::json::{Reader, once};
use crate::jws::{self, UnverifiedJws};
use crate::time::CLOCK_SKEW;
use crate::{InvalidJsonObject, JsonObject, KeyId, SessionId, StatementKeySet, UnixTime};

const TYPE: &str = "session-statement+jwt";

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
    fn read(payload: &str) -> Option<Self> {
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

    fn has_a_lawful_lifetime(&self) -> bool {
        let lifetime = self.expires_at.saturating_since(self.issued_at);
        !lifetime.is_zero() && lifetime <= MAX_STATEMENT_LIFETIME
    }
}

/// Temp.
#[derive(Clone, Debug)]
pub struct SignedStatement { text: String, issued_at: UnixTime, expires_at: UnixTime }
impl SignedStatement {
    /// x
    pub fn as_str(&self) -> &str { &self.text }
    /// x
    pub fn issued_at(&self) -> UnixTime { self.issued_at }
    /// x
    pub fn expires_at(&self) -> UnixTime { self.expires_at }
    /// x
    pub fn into_string(self) -> String { self.text }
}

/// Signs statements, and what goes with them, with the ring's signing key.
pub struct StatementSigner {
    key_id: KeyId,
    key: SigningKey,
}

impl StatementSigner {
    pub(crate) const fn new(key_id: KeyId, key: SigningKey) -> Self {
        Self { key_id, key }
    }

    /// The statement as a JWT in compact form.
    ///
    /// # Errors
    /// When it would live longer than 300 s, or its text would not fit into a cookie.
    pub fn sign(&self, claims: &StatementClaims) -> Result<SignedStatement, UnfitStatement> {
        if !claims.has_a_lawful_lifetime() {
            return Err(UnfitStatement::Lifetime);
        }
        self.sign_as(TYPE, claims)
            .filter(|text| text.len() <= MAX_STATEMENT_LENGTH)
            .map(|text| SignedStatement { text, issued_at: claims.issued_at, expires_at: claims.expires_at })
            .ok_or(UnfitStatement::TooLong)
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

    /// The same, as the JSON text that was signed.
    #[must_use]
    pub fn payload(&self) -> &str {
        &self.0.payload
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
        self.judge(&jws, its_issuer, issuer)?;
        StatementRefusal::judge_time(*issued_at, *expires_at, now)?;
        Ok(AuthenticStatement(statement))
    }

    /// Key, signature and issuer, which a statement and a feed have in common.
    pub(crate) fn judge(
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

    /// The same, as the JSON text that was signed.
    #[must_use]
    pub fn payload(&self) -> &str {
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

/// Why a statement or a feed is refused: the closed list of FORMAT.md §2 and §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementRefusal {
    /// Not a statement: wrong syntax, header, or claims.
    #[error("statement is not of the version 1 format")]
    Malformed,
    /// The key is not in the key set, or no longer.
    #[error("statement names a key that is not in the key set")]
    UnknownKey,
    /// The signature is wrong. There is no more detail, on purpose.
    #[error("statement has a wrong signature")]
    BadSignature,
    /// Another server made it.
    #[error("statement was made by another issuer")]
    WrongIssuer,
    /// Made further in the future than clocks may differ.
    #[error("statement was made at {issued_at}, in the future of {now}")]
    NotYetValid {
        /// When it says it was made.
        issued_at: UnixTime,
        /// When it was judged.
        now: UnixTime,
    },
    /// Past its time.
    #[error("statement expired at {expires_at}, judged at {now}")]
    Expired {
        /// Until when it could be believed.
        expires_at: UnixTime,
        /// When it was judged.
        now: UnixTime,
    },
    /// Good in itself, but the session has been revoked since.
    #[error("statement is of a session that was revoked")]
    Revoked,
}

impl StatementRefusal {
    pub(crate) fn judge_time(issued_at: UnixTime, expires_at: UnixTime, now: UnixTime) -> Result<(), Self> {
        if issued_at > now.saturating_add(CLOCK_SKEW) {
            return Err(Self::NotYetValid { issued_at, now });
        }
        if now >= expires_at {
            return Err(Self::Expired { expires_at, now });
        }
        Ok(())
    }

    /// The stable code of this reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::WrongIssuer => "wrong_issuer",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::Expired { .. } => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// Why a statement cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitStatement {
    /// It would not end after its start, or live longer than [`MAX_STATEMENT_LIFETIME`].
    #[error("statement's lifetime is not between 1 and 300 seconds")]
    Lifetime,
    /// Its text would be longer than [`MAX_STATEMENT_LENGTH`].
    #[error("statement is longer than {MAX_STATEMENT_LENGTH} bytes; shorten its claims")]
    TooLong,
    /// What the application adds is nested too deeply.
    #[error(transparent)]
    Claims(#[from] InvalidJsonObject),
}

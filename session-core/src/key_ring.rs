use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::strict::{Object, Text};
use crate::{
    CookieKeyRing, CookieName, KeyId, KeySecret, KeySecretError, RepeatedKeyId, StatementKeySet,
    StatementSigner, WeakKey, base64url,
};

/// Every key of a server, as its key ring file holds them (FORMAT.md §4).
///
/// In each part one key is named as the signing key and all keys verify; the order means nothing.
/// So a key is rotated in three steps, and between them no session is lost: add it everywhere,
/// name it as the signing key, remove the old one once its last cookie has expired.
pub struct KeyRing {
    cookie: Part<KeySecret>,
    statement: Part<SigningKey>,
}

struct Part<K> {
    signing: KeyId,
    keys: Vec<(KeyId, K)>,
}

impl KeyRing {
    /// A ring with one fresh key in each part, `c1` and `s1`.
    ///
    /// # Errors
    /// When the system's generator does not answer.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, crate::EntropyUnavailable> {
        let seed = Zeroizing::new(crate::entropy::random::<32>()?);
        let (c1, s1) = (KeyId::numbered_one(b'c'), KeyId::numbered_one(b's'));
        Ok(Self {
            cookie: Part { signing: c1, keys: alloc::vec![(c1, KeySecret::generate()?)] },
            statement: Part { signing: s1, keys: alloc::vec![(s1, SigningKey::from_bytes(&seed))] },
        })
    }

    /// Reads the key ring file.
    ///
    /// # Errors
    /// When it is not of that form, a key is weak or malformed, a key ID is repeated, or a signing
    /// key is not listed. The error names the key, never a value.
    pub fn from_json(json: &str) -> Result<Self, KeyRingError> {
        let ring = serde_json::from_str(json).map_err(|error| KeyRingError::shape(&error))?;
        let Object(RingJson { cookie, statement }) = ring;
        Ok(Self {
            cookie: cookie.0.read(|jwk| Ok((jwk.kid, jwk.secret()?)))?,
            statement: statement.0.read(|jwk| Ok((jwk.kid, jwk.signing_key()?)))?,
        })
    }

    /// The text of the key ring file. It holds every secret: write it for its owner alone.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let ring =
            RingJson { cookie: self.cookie.write(OctJwk::new), statement: self.statement.write(OkpJwk::new) };
        Zeroizing::new(serde_json::to_string_pretty(&ring).unwrap_or_default())
    }

    /// The keys of the session cookie `name`.
    ///
    /// # Errors
    /// None for a ring that was read or generated: it was checked then.
    #[allow(clippy::expect_used)] pub fn cookie_keys(&self, name: CookieName) -> CookieKeyRing {
        CookieKeyRing::new(name, &self.cookie.keys, self.cookie.signing).expect("x")
    }

    /// The signer of statements.
    ///
    /// # Errors
    /// None for a ring that was read or generated: it was checked then.
    #[allow(clippy::expect_used)] pub fn statement_signer(&self) -> StatementSigner {
        let Part { signing, keys } = &self.statement;
        let key = keys.iter().find(|(id, _)| id == signing).map(|(_, key)| key.clone());
        let key = key.expect("x");
        StatementSigner::new(*signing, key)
    }

    /// The public halves of the statement keys.
    ///
    /// # Errors
    /// None for a ring that was read or generated: it was checked then.
    #[allow(clippy::expect_used)] pub fn statement_keys(&self) -> StatementKeySet {
        let mut set = StatementKeySet::default();
        for (id, key) in &self.statement.keys {
            set.push(*id, key.verifying_key()).expect("x");
        }
        set
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(..)")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RingJson {
    cookie: Object<PartJson<OctJwk>>,
    statement: Object<PartJson<OkpJwk>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartJson<J> {
    signing: KeyId,
    keys: Vec<Object<J>>,
}

impl<J> PartJson<J> {
    fn read<K>(self, key: impl Fn(&J) -> Result<(KeyId, K), KeyRingError>) -> Result<Part<K>, KeyRingError> {
        let mut keys: Vec<(KeyId, K)> = Vec::new();
        for Object(jwk) in &self.keys {
            let (id, key) = key(jwk)?;
            if keys.iter().any(|(other, _)| *other == id) {
                return Err(KeyRingError::RepeatedKey { id });
            }
            keys.push((id, key));
        }
        if !keys.iter().any(|(id, _)| *id == self.signing) {
            return Err(KeyRingError::SigningKeyNotListed);
        }
        Ok(Part { signing: self.signing, keys })
    }
}

impl<K> Part<K> {
    fn write<J>(&self, jwk: impl Fn(KeyId, &K) -> J) -> Object<PartJson<J>> {
        let keys = self.keys.iter().map(|(id, key)| Object(jwk(*id, key))).collect();
        Object(PartJson { signing: self.signing, keys })
    }
}

/// A symmetric key as a JWK (RFC 7518 §6.4).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OctJwk {
    kty: Text<Oct>,
    kid: KeyId,
    alg: Text<Hs256>,
    k: Zeroizing<String>,
}

impl OctJwk {
    fn new(kid: KeyId, secret: &KeySecret) -> Self {
        let k = Zeroizing::new(base64url::encode(secret.expose()));
        Self { kty: Text(Oct::Oct), kid, alg: Text(Hs256::Hs256), k }
    }

    fn secret(&self) -> Result<KeySecret, KeyRingError> {
        let id = self.kid;
        KeySecret::from_jwk(self.k.as_bytes()).map_err(|refusal| match refusal {
            KeySecretError::Malformed => KeyRingError::InvalidKey { id },
            KeySecretError::Weak(reason) => KeyRingError::WeakKey { id, reason },
        })
    }
}

/// An Ed25519 key pair as a JWK (RFC 8037 §2).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OkpJwk {
    kty: Text<Okp>,
    crv: Text<Ed25519>,
    kid: KeyId,
    alg: Text<EdDsa>,
    x: String,
    d: Zeroizing<String>,
}

impl OkpJwk {
    fn new(kid: KeyId, key: &SigningKey) -> Self {
        let x = base64url::encode(key.verifying_key().as_bytes());
        let d = Zeroizing::new(base64url::encode(key.as_bytes()));
        let (kty, crv, alg) = (Text(Okp::Okp), Text(Ed25519::Ed25519), Text(EdDsa::EdDsa));
        Self { kty, crv, kid, alg, x, d }
    }

    fn signing_key(&self) -> Result<SigningKey, KeyRingError> {
        let id = self.kid;
        let seed = base64url::decode(self.d.as_bytes()).map(Zeroizing::new);
        let seed = seed.ok_or(KeyRingError::InvalidKey { id })?;
        // The seed of an Ed25519 key is held to the rule of every other secret here.
        KeySecret::new(&*seed).map_err(|reason| KeyRingError::WeakKey { id, reason })?;
        let key = SigningKey::from_bytes(&seed);
        if base64url::decode(self.x.as_bytes()).as_ref() != Some(key.verifying_key().as_bytes()) {
            return Err(KeyRingError::InvalidKey { id });
        }
        Ok(key)
    }
}

#[derive(Serialize, Deserialize)]
enum Oct {
    #[serde(rename = "oct")]
    Oct,
}

#[derive(Serialize, Deserialize)]
enum Hs256 {
    #[serde(rename = "HS256")]
    Hs256,
}

#[derive(Serialize, Deserialize)]
enum Okp {
    #[serde(rename = "OKP")]
    Okp,
}

#[derive(Serialize, Deserialize)]
enum Ed25519 {
    Ed25519,
}

#[derive(Serialize, Deserialize)]
enum EdDsa {
    #[serde(rename = "EdDSA")]
    EdDsa,
}

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
        }
    }

    /// The key that is at fault, when it is one.
    #[must_use]
    pub const fn key_id(&self) -> Option<KeyId> {
        match self {
            Self::InvalidKey { id } | Self::WeakKey { id, .. } | Self::RepeatedKey { id } => Some(*id),
            Self::Shape { .. } | Self::SigningKeyNotListed => None,
        }
    }

    // The message of `serde_json` quotes the text it trips over, which may be a secret.
    pub(crate) fn shape(error: &serde_json::Error) -> Self {
        Self::Shape { line: error.line(), column: error.column() }
    }
}

/// temp
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose { /// c
 Cookie, /// s
 Statement }
impl KeyPurpose { /// t
 pub const fn as_str(self) -> &'static str { match self { Self::Cookie => "cookie", Self::Statement => "statement" } } }
impl core::str::FromStr for KeyPurpose { type Err = KeyRingError; fn from_str(t: &str) -> Result<Self, KeyRingError> { match t { "cookie" => Ok(Self::Cookie), "statement" => Ok(Self::Statement), _ => Err(KeyRingError::SigningKeyNotListed) } } }
/// t
pub struct ListedKey { /// t
 pub purpose: KeyPurpose, /// t
 pub id: KeyId, /// t
 pub signs: bool }
impl KeyRing {
    /// t
    pub fn free_id(&self, _p: KeyPurpose) -> KeyId { KeyId::numbered_one(b'x') }
    /// t
    pub fn add(&mut self, _p: KeyPurpose, _id: KeyId) -> Result<(), KeyRingError> { Ok(()) }
    /// t
    pub fn activate(&mut self, _p: KeyPurpose, _id: &KeyId) -> Result<(), KeyRingError> { Ok(()) }
    /// t
    pub fn retire(&mut self, _p: KeyPurpose, _id: &KeyId) -> Result<(), KeyRingError> { Ok(()) }
    /// t
    pub fn list(&self) -> impl Iterator<Item = ListedKey> { core::iter::empty() }
}

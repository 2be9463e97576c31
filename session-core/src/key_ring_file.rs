//! The key ring as its file writes it (FORMAT.md §4).

use alloc::string::String;
use alloc::vec::Vec;

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::base64url;
use crate::key::{KeyId, KeySecret, KeySecretError};
use crate::key_ring::{KeyRing, Part, StatementKey};
use crate::key_ring_error::KeyRingError;
use crate::strict::{Object, Text};
use crate::time::UnixTime;

impl KeyRing {
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
            statement: statement.0.read(|jwk| Ok((jwk.kid, jwk.statement_key()?)))?,
        })
    }

    /// The text of the key ring file. It holds every secret: write it for its owner alone.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let ring = RingJson {
            cookie: PartJson::write(&self.cookie, OctJwk::new),
            statement: PartJson::write(&self.statement, OkpJwk::new),
        };
        Zeroizing::new(serde_json::to_string_pretty(&ring).unwrap_or_default())
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
        let mut signing = None;
        let mut others: Vec<(KeyId, K)> = Vec::new();
        for Object(jwk) in &self.keys {
            let (id, key) = key(jwk)?;
            let is_repeated = signing.as_ref().is_some_and(|(other, _)| *other == id);
            if is_repeated || others.iter().any(|(other, _)| *other == id) {
                return Err(KeyRingError::RepeatedKey { id });
            }
            if id == self.signing {
                signing = Some((id, key));
            } else {
                others.push((id, key));
            }
        }
        Ok(Part { signing: signing.ok_or(KeyRingError::SigningKeyNotListed)?, others })
    }

    fn write<K>(part: &Part<K>, jwk: impl Fn(KeyId, &K) -> J) -> Object<Self> {
        let keys = part.keys().map(|(id, key)| Object(jwk(*id, key))).collect();
        Object(Self { signing: part.signing.0, keys })
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    added_at: Option<UnixTime>,
}

impl OkpJwk {
    fn new(kid: KeyId, StatementKey { key, added_at }: &StatementKey) -> Self {
        let x = base64url::encode(key.verifying_key().as_bytes());
        let d = Zeroizing::new(base64url::encode(key.as_bytes()));
        let (kty, crv, alg) = (Text(Okp::Okp), Text(Ed25519::Ed25519), Text(EdDsa::EdDsa));
        Self { kty, crv, kid, alg, x, d, added_at: *added_at }
    }

    fn statement_key(&self) -> Result<StatementKey, KeyRingError> {
        let id = self.kid;
        let seed = base64url::decode(self.d.as_bytes()).map(Zeroizing::new);
        let seed = seed.ok_or(KeyRingError::InvalidKey { id })?;
        // The seed of an Ed25519 key is held to the rule of every other secret here.
        KeySecret::new(&*seed).map_err(|reason| KeyRingError::WeakKey { id, reason })?;
        let key = SigningKey::from_bytes(&seed);
        if base64url::decode(self.x.as_bytes()).as_ref() != Some(key.verifying_key().as_bytes()) {
            return Err(KeyRingError::InvalidKey { id });
        }
        Ok(StatementKey { key, added_at: self.added_at })
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

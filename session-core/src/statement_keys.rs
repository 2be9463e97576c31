use alloc::string::String;
use alloc::vec::Vec;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::Object;
use crate::{KeyId, KeyRingError, base64url};

/// The public keys that verify statements: a JWK Set (RFC 7517).
#[derive(Clone, Debug, Default)]
pub struct StatementKeySet {
    keys: Vec<(KeyId, VerifyingKey)>,
}

impl StatementKeySet {
    /// Reads a JWK Set. Keys of other kinds are passed over, as RFC 7517 §5 wants.
    ///
    /// # Errors
    /// When it is not a JWK Set, an Ed25519 key in it is not well-formed, or a key ID is repeated.
    pub fn from_json(jwks: &str) -> Result<Self, KeyRingError> {
        let set = serde_json::from_str(jwks).map_err(|error| KeyRingError::shape(&error))?;
        let Object(JwkSet::<Value> { keys: jwks }) = set;
        let mut keys = Self::default();
        for jwk in jwks {
            let is = |member: &str, value: &str| jwk.get(member).and_then(Value::as_str) == Some(value);
            // `use` and `alg` are optional, and mean another purpose where they differ (RFC 7517 §4).
            let may_be = |member: &str, value: &str| jwk.get(member).is_none() || is(member, value);
            let is_ours = is("kty", "OKP") && is("crv", "Ed25519");
            if is_ours && may_be("use", "sig") && may_be("alg", "EdDSA") {
                let jwk = PublicJwk::deserialize(jwk).map_err(|error| KeyRingError::shape(&error))?;
                keys.push(jwk.kid, jwk.key()?)?;
            }
        }
        Ok(keys)
    }

    /// The JWK Set to publish.
    #[must_use]
    pub fn to_json(&self) -> String {
        let keys = self.keys.iter().map(|(kid, key)| PublicJwk::new(*kid, key)).collect();
        serde_json::to_string(&JwkSet { keys }).unwrap_or_default()
    }

    pub(crate) fn push(&mut self, id: KeyId, key: VerifyingKey) -> Result<(), KeyRingError> {
        if self.key(id).is_some() {
            return Err(KeyRingError::RepeatedKey { id });
        }
        self.keys.push((id, key));
        Ok(())
    }

    pub(crate) fn key(&self, id: KeyId) -> Option<&VerifyingKey> {
        self.keys.iter().find(|(kid, _)| *kid == id).map(|(_, key)| key)
    }
}

#[derive(Serialize, Deserialize)]
struct JwkSet<K> {
    keys: Vec<K>,
}

#[derive(Serialize, Deserialize)]
struct PublicJwk {
    kty: String,
    crv: String,
    kid: KeyId,
    #[serde(default)]
    alg: String,
    #[serde(default, rename = "use")]
    usage: String,
    x: String,
}

impl PublicJwk {
    fn new(kid: KeyId, key: &VerifyingKey) -> Self {
        Self {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            kid,
            alg: "EdDSA".into(),
            usage: "sig".into(),
            x: base64url::encode(key.as_bytes()),
        }
    }

    fn key(&self) -> Result<VerifyingKey, KeyRingError> {
        base64url::decode(self.x.as_bytes())
            .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
            .filter(|key| !key.is_weak())
            .ok_or(KeyRingError::InvalidKey { id: self.kid })
    }
}

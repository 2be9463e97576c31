use alloc::string::String;
use alloc::vec::Vec;

use ed25519_dalek::VerifyingKey;
use serde::Serialize;

use crate::base64url;
use crate::json::{Reader, once};
use crate::jws::ALGORITHM;
use crate::key::KeyId;
use crate::key_ring_error::KeyRingError;

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
        let mut reader = Reader::new(jwks);
        let Some(jwks) = reader.whole(read_set) else {
            let (line, column) = reader.position();
            return Err(KeyRingError::Shape { line, column });
        };
        let mut keys = Self::default();
        for (id, x) in jwks {
            let key = base64url::decode(x.as_bytes()).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
            let key = key.filter(|key| !key.is_weak()).ok_or(KeyRingError::InvalidKey { id })?;
            keys.push(id, key)?;
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

/// Of keys that are known to have IDs of their own.
impl FromIterator<(KeyId, VerifyingKey)> for StatementKeySet {
    fn from_iter<I: IntoIterator<Item = (KeyId, VerifyingKey)>>(keys: I) -> Self {
        Self { keys: keys.into_iter().collect() }
    }
}

/// The Ed25519 keys of a JWK Set, each with its `x`.
fn read_set(reader: &mut Reader<'_>) -> Option<Vec<(KeyId, String)>> {
    let mut ours = Vec::new();
    let mut seen = None;
    reader.object(&mut |name, reader| match name {
        "keys" => {
            once(&mut seen, Some(()))?;
            reader.array(&mut |reader| {
                let value = reader.raw()?;
                if value.as_bytes().first() == Some(&b'{') {
                    ours.extend(read_key(&mut Reader::new(value))?);
                }
                Some(())
            })
        }
        _ => reader.raw().map(drop),
    })?;
    seen.map(|()| ours)
}

/// The inner `None` is a key of another kind or for another purpose.
fn read_key(reader: &mut Reader<'_>) -> Option<Option<(KeyId, String)>> {
    const MEMBERS: [&str; 6] = ["kty", "crv", "alg", "use", "kid", "x"];
    let mut values: [Option<Option<String>>; 6] = Default::default();
    reader.object(&mut |name, reader| match MEMBERS
        .iter()
        .zip(&mut values)
        .find(|(member, _)| **member == name)
    {
        Some((_, value)) => once(value, reader.text_or_other()),
        None => reader.raw().map(drop),
    })?;
    let is =
        |value: &Option<Option<String>>, text| value.as_ref().is_some_and(|it| it.as_deref() == Some(text));
    let [kty, crv, alg, usage, kid, x] = values;
    // `use` and `alg` are optional, and mean another purpose where they differ (RFC 7517 §4).
    let for_us = (alg.is_none() || is(&alg, ALGORITHM)) && (usage.is_none() || is(&usage, "sig"));
    if !(is(&kty, "OKP") && is(&crv, "Ed25519") && for_us) {
        return Some(None);
    }
    let id = KeyId::parse(kid??.as_bytes())?;
    Some(Some((id, x.flatten().unwrap_or_default())))
}

#[derive(Serialize)]
struct JwkSet<'k> {
    keys: Vec<PublicJwk<'k>>,
}

// Members in alphabetical order, as every canonicaliser writes them.
#[derive(Serialize)]
struct PublicJwk<'k> {
    alg: &'k str,
    crv: &'k str,
    kid: KeyId,
    kty: &'k str,
    #[serde(rename = "use")]
    usage: &'k str,
    x: String,
}

impl PublicJwk<'_> {
    fn new(kid: KeyId, key: &VerifyingKey) -> Self {
        let x = base64url::encode(key.as_bytes());
        Self { alg: ALGORITHM, crv: "Ed25519", kid, kty: "OKP", usage: "sig", x }
    }
}

//! The one kind of JWS (RFC 7515) this crate knows: compact form, EdDSA over Ed25519 (RFC 8037),
//! with a fixed `typ`, and nothing in the header that could change how it is verified.

use alloc::string::String;
use alloc::vec::Vec;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::json::{Object, Text};
use crate::{KeyId, base64url};

// Members in alphabetical order, as every canonicaliser writes them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: Text<Algorithm>,
    kid: KeyId,
    typ: String,
}

#[derive(Serialize, Deserialize)]
enum Algorithm {
    EdDSA,
}

pub(crate) fn sign<P: Serialize>(key: &SigningKey, kid: KeyId, typ: &str, payload: &P) -> Option<String> {
    let header = Header { alg: Text(Algorithm::EdDSA), kid, typ: typ.into() };
    let mut text = base64url::encode(&serde_json::to_vec(&header).ok()?);
    text.push('.');
    text.push_str(&base64url::encode(&serde_json::to_vec(payload).ok()?));
    let signature = key.sign(text.as_bytes());
    text.push('.');
    text.push_str(&base64url::encode(&signature.to_bytes()));
    Some(text)
}

/// A JWS of the right shape, whose signature has not been looked at.
pub(crate) struct UnverifiedJws<'t> {
    pub(crate) kid: KeyId,
    pub(crate) payload: Vec<u8>,
    signed_text: &'t str,
    signature: Signature,
}

impl<'t> UnverifiedJws<'t> {
    pub(crate) fn parse(text: &'t str, typ: &str) -> Option<Self> {
        let (signed_text, signature) = text.rsplit_once('.')?;
        let (header, payload) = signed_text.split_once('.')?;
        let header = base64url::decode_any_length(header.as_bytes())?;
        let Object(header): Object<Header> = serde_json::from_slice(&header).ok()?;
        let payload = base64url::decode_any_length(payload.as_bytes())?;
        let signature = Signature::from_bytes(&base64url::decode(signature.as_bytes())?);
        (header.typ == typ).then_some(Self { kid: header.kid, payload, signed_text, signature })
    }

    /// Strict RFC 8032: no malleable scalar, no key or nonce of small order.
    pub(crate) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        key.verify_strict(self.signed_text.as_bytes(), &self.signature).is_ok()
    }
}

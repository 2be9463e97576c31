//! The one kind of JWS (RFC 7515) this crate knows: compact form, EdDSA over Ed25519 (RFC 8037),
//! with a fixed `typ`, and nothing in the header that could change how it is verified.

use alloc::string::String;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::Serialize;

use crate::base64url;
use crate::json::{Reader, once};
use crate::key::KeyId;

pub(crate) const ALGORITHM: &str = "EdDSA";

// Members in alphabetical order, as every canonicaliser writes them.
#[derive(Serialize)]
struct Header<'t> {
    alg: &'t str,
    kid: KeyId,
    typ: &'t str,
}

pub(crate) fn sign<P: Serialize>(key: &SigningKey, kid: KeyId, typ: &str, payload: &P) -> Option<String> {
    let header = Header { alg: ALGORITHM, kid, typ };
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
    pub(crate) payload: String,
    signed_text: &'t [u8],
    signature: Signature,
}

impl<'t> UnverifiedJws<'t> {
    pub(crate) fn parse(text: &'t str, typ: &str) -> Option<Self> {
        let text = text.as_bytes();
        let is_dot = |byte: &u8| *byte == b'.';
        let (signed_text, signature) = split_round(text, text.iter().rposition(is_dot)?)?;
        let (header, payload) = split_round(signed_text, signed_text.iter().position(is_dot)?)?;
        let kid = read_header(&decode(header)?, typ)?;
        let payload = decode(payload)?;
        let signature = Signature::from_bytes(&base64url::decode(signature)?);
        Some(Self { kid, payload, signed_text, signature })
    }

    /// Strict RFC 8032: no malleable scalar, no key or nonce of small order.
    pub(crate) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        key.verify_strict(self.signed_text, &self.signature).is_ok()
    }
}

/// What is before and after the byte `at` a place.
fn split_round(text: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let (before, rest) = text.split_at_checked(at)?;
    rest.split_first().map(|(_, after)| (before, after))
}

fn decode(part: &[u8]) -> Option<String> {
    String::from_utf8(base64url::decode_any_length(part)?).ok()
}

/// The key that the header names. Any further member is refused: `crit`, `jwk` and their like
/// would change what is to be verified, and how.
fn read_header(header: &str, typ: &str) -> Option<KeyId> {
    let (mut alg, mut kid, mut its_typ) = (None, None, None);
    Reader::new(header).whole(|reader| {
        reader.object(&mut |name, reader| match name {
            "alg" => once(&mut alg, reader.text()),
            "kid" => once(&mut kid, reader.text()),
            "typ" => once(&mut its_typ, reader.text()),
            _ => None,
        })
    })?;
    (alg? == ALGORITHM && its_typ? == typ).then_some(())?;
    KeyId::parse(kid?.as_bytes())
}

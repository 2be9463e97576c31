use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use session_core::{CookieKeyRing, CookieName, KeyId, KeySecret};
use wasm_bindgen::prelude::*;

use crate::{from_number, to_number};

#[wasm_bindgen(raw_module = "./verdicts.js")]
extern "C" {
    /// The object that JavaScript gets.
    pub type CookieVerdict;

    fn authentic(session_id: &str, issued_at: f64, expires_at: f64, key_id: &str) -> CookieVerdict;
    fn refused(reason: &str) -> CookieVerdict;
}

/// The ring's cookie part, ready to verify.
#[wasm_bindgen]
pub struct CookieKeys(CookieKeyRing);

#[wasm_bindgen]
impl CookieKeys {
    /// The keys of the cookie `name`: each ID with its `k` of the JWK.
    ///
    /// # Errors
    /// When one of them is refused; the message says which, and never a value.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::needless_pass_by_value, reason = "arrays cross the boundary by value")]
    pub fn new(name: &str, ids: Vec<String>, secrets: Vec<String>, signing: &str) -> Result<Self, String> {
        let name = CookieName::new(name).map_err(|error| error.to_string())?;
        let mut keys = Vec::new();
        for (id, secret) in ids.iter().zip(&secrets) {
            keys.push(key(id, secret).map_err(|reason| format!("key `{id}` is refused: {reason}"))?);
        }
        let signing = KeyId::new(signing).map_err(|error| error.to_string())?;
        CookieKeyRing::new(name, keys, signing).map(Self).map_err(|error| error.to_string())
    }

    /// Judges a `Cookie` header or the bare value of the session cookie.
    #[must_use]
    pub fn verify(&self, cookie: &str, now: f64) -> CookieVerdict {
        match self.0.verify_header_or_value(cookie.as_bytes(), from_number(now)) {
            Ok(cookie) => authentic(
                &cookie.session_id().to_string(),
                to_number(cookie.issued_at()),
                to_number(cookie.expires_at()),
                cookie.key_id().as_str(),
            ),
            Err(refusal) => refused(refusal.code()),
        }
    }
}

fn key(id: &str, secret: &str) -> Result<(KeyId, KeySecret), String> {
    let id = KeyId::new(id).map_err(|error| error.to_string())?;
    let bytes = URL_SAFE_NO_PAD.decode(secret).map_err(|_| "its `k` is not canonical base64url")?;
    let secret = KeySecret::new(&bytes).map_err(|error| error.to_string())?;
    Ok((id, secret))
}

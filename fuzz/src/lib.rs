//! What the targets share: the shape of an input, and the keys of the shared vectors.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use session_core::{CookieKeyRing, CookieName, KeyId, KeySecret, UnixTime};

/// An input is one line of decimal digits, the time of judgement, and then the bytes to judge. So
/// seeds and findings can be read and written by hand, and every `u64` is still within reach.
pub fn input(data: &[u8]) -> (UnixTime, &[u8]) {
    let mut lines = data.splitn(2, |&byte| byte == b'\n');
    let digits = lines.next().unwrap_or_default();
    let secs = digits
        .iter()
        .fold(0u64, |secs, digit| secs.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0'))));
    (UnixTime::from_secs(secs), lines.next().unwrap_or_default())
}

/// The secrets of the cookie vectors, by key ID.
pub fn cookie_secrets() -> Vec<(String, Vec<u8>)> {
    let file: Value = serde_json::from_str(include_str!("../../vectors/cookie-v1.json")).expect("JSON");
    let keys = file["keys"].as_array().expect("keys");
    keys.iter().map(|jwk| (text(&jwk["kid"]), decode(&text(&jwk["k"])))).collect()
}

/// The ring of the cookie vectors, signing with `signing`.
pub fn cookie_ring(signing: &str) -> CookieKeyRing {
    let key_id = |id: &str| KeyId::new(id).expect("a key ID");
    let keys: Vec<_> = cookie_secrets()
        .into_iter()
        .map(|(id, secret)| (key_id(&id), KeySecret::new(&secret).expect("a strong key")))
        .collect();
    CookieKeyRing::new(CookieName::default(), &keys, key_id(signing)).expect("a ring")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

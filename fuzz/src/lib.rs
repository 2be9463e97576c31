//! What the targets share: the shape of an input, the keys of the shared vectors, and FORMAT.md once more, as plainly as
//! it can be written.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use session_core::{CookieKeyRing, CookieName, KeyId, KeySecret, UnixTime};
use sha2::Sha256;

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

/// What makes tags with these secrets, by key ID, for a purpose: a label and what it is followed by.
pub fn macs(purpose: &[u8]) -> Vec<(String, Hmac<Sha256>)> {
    cookie_secrets().into_iter().map(|(id, secret)| (id, mac(&secret, purpose))).collect()
}

pub fn mac(secret: &[u8], purpose: &[u8]) -> Hmac<Sha256> {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, secret).expand(purpose, &mut key).expect("32 bytes");
    Hmac::new_from_slice(&key).expect("a key of any length")
}

pub fn tag_of(mac: &Hmac<Sha256>, text: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(mac.clone().chain_update(text).finalize().into_bytes())
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub fn is_key_id(text: &[u8]) -> bool {
    (1..=32).contains(&text.len()) && text.iter().all(|byte| ALPHABET.contains(byte))
}

/// `length` characters, the last of which leaves no bit unused: its value is a multiple of `step`.
pub fn is_base64url(text: &[u8], length: usize, step: usize) -> bool {
    let last = text.last().and_then(|last| ALPHABET.iter().position(|byte| byte == last));
    text.len() == length
        && text.iter().all(|byte| ALPHABET.contains(byte))
        && last.is_some_and(|last| last % step == 0)
}

pub fn seconds(digits: &[u8]) -> Option<u64> {
    let canonical = digits.len() <= 11 && (digits == b"0" || !digits.starts_with(b"0"));
    let digits = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse().ok().filter(|_| canonical)
}

/// `text`, changed by up to eight edits of three bytes each: kind, position, new byte.
pub fn edited(text: &str, edits: &[u8]) -> Vec<u8> {
    let mut text = text.as_bytes().to_vec();
    for edit in edits.chunks_exact(3).take(8) {
        let [at, other] = [edit[1], edit[2]].map(|place| usize::from(place) % text.len());
        match edit[0] % 4 {
            0 => text[at] = edit[2],
            1 => text.insert(at, edit[2]),
            2 => text[at] ^= 1 << (edit[2] % 8),
            _ => text.swap(at, other),
        }
    }
    text
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

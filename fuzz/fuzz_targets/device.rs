//! Every device cookie gets the verdict that a naive reading of FORMAT.md §6 gives it for a name, which is the first line
//! of what is judged, and it is found in a header exactly if it is good: as it comes, with its tag put right, and as a
//! valid cookie that the input edits.

#![no_main]

use std::sync::LazyLock;

use hmac::Hmac;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use session_core::{CookieName, DEVICE_COOKIE_NAME, DeviceId, DeviceKeys, KeyRing, UnixTime};
use session_fuzz::{edited, input, is_base64url, is_key_id, macs, seconds, tag_of};
use sha2::Sha256;

const YEAR: u64 = 365 * 24 * 60 * 60;

static KEYS: LazyLock<DeviceKeys> = LazyLock::new(|| {
    let vectors: Value = serde_json::from_str(include_str!("../../vectors/cookie-v1.json")).expect("JSON");
    // The first key pair of RFC 8032 §7.1, which plays no part in it.
    let (x, d) =
        ("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    let pair = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "s1", "alg": "EdDSA", "x": x, "d": d });
    let ring = json!({
        "cookie": { "signing": "c1", "keys": vectors["keys"] },
        "statement": { "signing": "s1", "keys": [pair] },
    });
    KeyRing::from_json(&ring.to_string()).expect("a key ring").device_keys(&CookieName::default())
});

static MACS: LazyLock<Vec<(String, Hmac<Sha256>)>> =
    LazyLock::new(|| macs(b"device-cookie/v1:__Host-session"));

fuzz_target!(|data: &[u8]| {
    let (now, text) = input(data);
    let Some(end) = text.iter().position(|&byte| byte == b'\n') else { return };
    let Ok(name) = std::str::from_utf8(&text[..end]) else { return };
    let text = &text[end + 1..];
    judge(text, name, now);
    if let Some(text) = with_the_right_tag(text, name) {
        judge(&text, name, now);
    }
    let seed = text.first().copied().unwrap_or_default();
    let issued_at = UnixTime::from_secs(now.as_secs().saturating_sub(u64::from(seed) * (YEAR / 200)));
    let cookie = KEYS.sign(DeviceId::from_bytes([seed; 16]), name, issued_at);
    judge(&edited(cookie.expose(), text.get(1..).unwrap_or_default()), name, now);
});

fn judge(text: &[u8], name: &str, now: UnixTime) {
    let verdict = KEYS.verify(text, name, now);
    let code = verdict.as_ref().map_or_else(|refusal| refusal.code(), |_| "ok");
    assert_eq!(code, expected(text, name, now.as_secs()));
    if let Ok(device) = verdict {
        assert_eq!(text.split(|&byte| byte == b'.').nth(2), Some(device.to_string().as_bytes()));
    }
    // What can be the value of a cookie.
    if !text.iter().any(|byte| b"; \t".contains(byte)) {
        let header = [b"a=b; ", DEVICE_COOKIE_NAME.as_bytes(), b"=", text].concat();
        assert_eq!(KEYS.find([&header[..]], name, now), verdict.ok());
    }
}

/// FORMAT.md §6 once more.
fn expected(text: &[u8], name: &str, now: u64) -> &'static str {
    if text.len() > 512 {
        return "too_long";
    }
    let fields: Vec<&[u8]> = text.split(|&byte| byte == b'.').collect();
    let [b"v1", key_id, device_id, issued_at, tag] = fields[..] else {
        return "malformed";
    };
    let in_grammar = is_key_id(key_id) && is_base64url(device_id, 22, 16) && is_base64url(tag, 43, 4);
    let (Some(issued_at), true) = (seconds(issued_at), in_grammar) else {
        return "malformed";
    };
    let Some((_, mac)) = MACS.iter().find(|(id, _)| id.as_bytes() == key_id) else {
        return "unknown_key";
    };
    if tag_of(mac, &signed(&text[..text.len() - 44], name)).as_bytes() != tag {
        return "bad_tag";
    }
    if issued_at > now + 60 {
        return "not_yet_valid";
    }
    // No time is later than eleven digits can write.
    if now >= (issued_at + YEAR).min(99_999_999_999) { "expired" } else { "ok" }
}

fn signed(text: &[u8], name: &str) -> Vec<u8> {
    [text, b".", name.as_bytes()].concat()
}

/// Without this the tag would shield all that comes after it.
fn with_the_right_tag(text: &[u8], name: &str) -> Option<Vec<u8>> {
    let key_id = text.split(|&byte| byte == b'.').nth(1)?;
    let (_, mac) = MACS.iter().find(|(id, _)| id.as_bytes() == key_id)?;
    let text = &text[..text.iter().rposition(|&byte| byte == b'.')?];
    Some([text, b".", tag_of(mac, &signed(text, name)).as_bytes()].concat())
}

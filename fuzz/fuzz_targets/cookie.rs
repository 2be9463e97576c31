//! Every text gets the verdict that a naive reading of FORMAT.md §1 gives it, and whatever is
//! accepted is signed to the same text again: as it comes, with its tag put right, and as a valid
//! cookie that the input edits (R11, R19).

#![no_main]

use std::sync::LazyLock;

use hmac::Hmac;
use libfuzzer_sys::fuzz_target;
use session_core::{CookieKeyRing, SessionId, SessionSecret, UnixTime, decode_cookie_unverified};
use session_fuzz::{
    cookie_ring, cookie_secrets, edited, input, is_base64url, is_key_id, macs, seconds, tag_of,
};
use sha2::Sha256;

static RINGS: LazyLock<Vec<CookieKeyRing>> =
    LazyLock::new(|| cookie_secrets().iter().map(|(id, _)| cookie_ring(id)).collect());

static MACS: LazyLock<Vec<(String, Hmac<Sha256>)>> =
    LazyLock::new(|| macs(b"session-cookie/v1:__Host-session"));

fuzz_target!(|data: &[u8]| {
    let (now, text) = input(data);
    judge(text, now);
    if let Some(text) = with_the_right_tag(text) {
        judge(&text, now);
    }
    judge(&edited_cookie(text, now), now);
});

fn judge(text: &[u8], now: UnixTime) {
    let verdict = RINGS[0].verify(text, now);
    let code = verdict.as_ref().map_or_else(|refusal| refusal.code(), |_| "ok");
    assert_eq!(code, expected(text, now.as_secs()));
    let in_grammar = !matches!(code, "too_long" | "malformed");
    assert_eq!(decode_cookie_unverified(text).is_ok(), in_grammar);
    if let Ok(cookie) = verdict {
        let id = RINGS[0].accepted().key_id(&cookie).expect("a known key");
        let key = MACS.iter().position(|(known, _)| known == id.as_str()).expect("a known key");
        let again =
            RINGS[key].sign(cookie.session_id(), cookie.secret(), cookie.issued_at(), cookie.expires_at());
        assert_eq!(again.expect("lawful times").expose().as_bytes(), text);
    }
}

/// FORMAT.md §1 once more, as plainly as it can be written.
fn expected(text: &[u8], now: u64) -> &'static str {
    if text.len() > 512 {
        return "too_long";
    }
    let fields: Vec<&[u8]> = text.split(|&byte| byte == b'.').collect();
    let [b"v1", key_id, session_id, secret, issued_at, expires_at, tag] = fields[..] else {
        return "malformed";
    };
    let in_grammar = is_key_id(key_id)
        && is_base64url(session_id, 22, 16)
        && is_base64url(secret, 43, 4)
        && is_base64url(tag, 43, 4);
    let (Some(issued_at), Some(expires_at), true) = (seconds(issued_at), seconds(expires_at), in_grammar)
    else {
        return "malformed";
    };
    if issued_at >= expires_at {
        return "malformed";
    }
    let Some((_, mac)) = MACS.iter().find(|(id, _)| id.as_bytes() == key_id) else {
        return "unknown_key";
    };
    if tag_of(mac, &text[..text.len() - 44]).as_bytes() != tag {
        return "bad_tag";
    }
    if issued_at > now + 60 {
        return "not_yet_valid";
    }
    if now >= expires_at { "expired" } else { "ok" }
}

/// Without this the tag would shield all that comes after it.
fn with_the_right_tag(text: &[u8]) -> Option<Vec<u8>> {
    let key_id = text.split(|&byte| byte == b'.').nth(1)?;
    let (_, mac) = MACS.iter().find(|(id, _)| id.as_bytes() == key_id)?;
    let signed = &text[..text.iter().rposition(|&byte| byte == b'.')?];
    Some([signed, b".", tag_of(mac, signed).as_bytes()].concat())
}

/// A valid cookie, changed by what comes after the first byte.
fn edited_cookie(edits: &[u8], now: UnixTime) -> Vec<u8> {
    let seed = edits.first().copied().unwrap_or_default();
    let (id, secret) = (SessionId::from_bytes([seed; 16]), SessionSecret::from_bytes([seed; 32]));
    let issued_at = UnixTime::from_secs(now.as_secs().saturating_sub(seed.into()));
    let expires_at = UnixTime::from_secs(issued_at.as_secs() + 1 + u64::from(seed) * 2);
    let Ok(cookie) = RINGS[0].sign(id, &secret, issued_at, expires_at) else {
        return Vec::new();
    };
    edited(cookie.expose(), edits.get(1..).unwrap_or_default())
}

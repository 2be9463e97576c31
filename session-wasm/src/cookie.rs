//! The cookie module, for trusted edges.

use session_core::{
    CookieKeys, CookieName, CookieRefusal, KeyId, KeyRingError, KeySecret, RepeatedKeyId,
    decode_cookie_unverified,
};
use wasm_bindgen::prelude::*;

use crate::held::{Held, Holder};
use crate::{from_number, to_number};

static HELD: Holder<CookieKeys> = Holder::new();

/// Where JavaScript may write so many bytes.
#[wasm_bindgen]
pub fn reserve(capacity: usize) -> *const u8 {
    HELD.hold().buffer.reserve(capacity)
}

/// Takes keys from the lines that were written: the cookie's name, the ID of the signing key, and
/// of each key its ID and its `k`. Says at which place they are kept.
#[wasm_bindgen]
pub fn load(length: usize) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    let read = read(buffer.written(length));
    buffer.erase(length);
    match read {
        Ok(read) => keys.insert(read).cast_signed(),
        Err(code) => buffer.refuse(code),
    }
}

/// Lets go of the keys at `place`.
#[wasm_bindgen]
pub fn release(place: usize) {
    HELD.hold().keys.remove(place);
}

/// Judges what was written, a `Cookie` header or the bare value of the session cookie. Leaves its
/// times, the place of its key among those loaded, and the session ID.
#[wasm_bindgen]
pub fn verify(place: usize, length: usize, now: f64) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    let Some(keys) = keys.get_mut(place) else { return buffer.refuse(CookieRefusal::UnknownKey.code()) };
    let verdict = keys.verify_header_or_value(buffer.written(length), from_number(now));
    buffer.erase(length);
    match verdict {
        Ok(cookie) => {
            let (issued_at, expires_at) = (to_number(cookie.issued_at()), to_number(cookie.expires_at()));
            buffer.leave([issued_at, expires_at, cookie.key() as f64], &[&cookie.session_id().to_text()])
        }
        Err(refusal) => buffer.refuse(refusal.code()),
    }
}

/// Judges anew a cookie that was good, and is of these times.
#[wasm_bindgen(js_name = judgeAgain)]
pub fn judge_again(issued_at: f64, expires_at: f64, now: f64) -> isize {
    match CookieRefusal::judge_again(from_number(issued_at), from_number(expires_at), from_number(now)) {
        Ok(()) => 0,
        Err(refusal) => HELD.hold().buffer.refuse(refusal.code()),
    }
}

/// Reads the value that was written, and believes nothing of it. Leaves its times, the session ID
/// and the key ID.
#[wasm_bindgen]
pub fn decode(length: usize) -> isize {
    let buffer = &mut HELD.hold().buffer;
    let decoded = decode_cookie_unverified(buffer.written(length));
    buffer.erase(length);
    buffer.leave_unverified(decoded)
}

fn read(mut lines: &[u8]) -> Result<CookieKeys, &'static str> {
    let name = CookieName::from_bytes(next(&mut lines)).ok_or("invalid_cookie_name")?;
    let mut keys = CookieKeys::new(name);
    let signing = next(&mut lines);
    while !lines.is_empty() {
        let id = KeyId::from_bytes(next(&mut lines)).ok_or("invalid_key_id")?;
        let secret = KeySecret::from_jwk(next(&mut lines)).map_err(|refusal| refusal.code())?;
        keys.add(id, &secret).map_err(RepeatedKeyId::code)?;
    }
    keys.has(signing).then_some(keys).ok_or(KeyRingError::SigningKeyNotListed.code())
}

/// What is before the next line break, which is left behind.
// Not once for each caller: that would be a twentieth of the module.
#[inline(never)]
fn next<'t>(lines: &mut &'t [u8]) -> &'t [u8] {
    let mut parts = lines.splitn(2, |&byte| byte == b'\n');
    let line = parts.next().unwrap_or_default();
    *lines = parts.next().unwrap_or_default();
    line
}

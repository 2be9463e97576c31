//! The statement module, for everyone.

use alloc::string::String;
use core::str;
use core::time::Duration;

use session_core::{
    KeyId, KnownRevocations, RevocationCheck, SessionId, StatementKeySet, StatementRefusal, Timeouts,
    decode_cookie_unverified, decode_statement_unverified, unverified_issuer, values_in_header,
    values_in_header_or_value,
};
use wasm_bindgen::prelude::*;

use crate::buffer::Buffer;
use crate::held::{Held, Holder};
use crate::{from_number, to_number};

static HELD: Holder<StatementKeys> = Holder::new();

/// The public keys of one issuer, ready to verify, and the revocations that it told of.
#[derive(Default)]
struct StatementKeys {
    issuer: String,
    keys: StatementKeySet,
    revocations: KnownRevocations,
}

/// Where JavaScript may write so many bytes.
#[wasm_bindgen]
pub fn reserve(capacity: usize) -> *const u8 {
    HELD.hold().buffer.reserve(capacity)
}

/// Takes the name that was written as that of the one issuer to be believed. Says at which place
/// its keys, of which there are none yet, are kept.
#[wasm_bindgen]
pub fn open(length: usize) -> usize {
    let Held { keys, buffer } = &mut *HELD.hold();
    keys.insert(StatementKeys { issuer: text(buffer, length).into(), ..StatementKeys::default() })
}

/// Lets go of the keys at `place`.
#[wasm_bindgen]
pub fn release(place: usize) {
    HELD.hold().keys.remove(place);
}

/// Takes the keys from the JWK Set that was written.
#[wasm_bindgen]
pub fn load(place: usize, length: usize) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    match StatementKeySet::from_json(text(buffer, length)) {
        Ok(read) => {
            if let Some(held) = keys.get_mut(place) {
                held.keys = read;
            }
            0
        }
        Err(refusal) => buffer.refuse(refusal.code()),
    }
}

/// Judges the statement that was written. Leaves up to when revocations are known (never: -1)
/// and whether that is current, the key ID, a line break, and the claims.
#[wasm_bindgen]
pub fn verify(place: usize, length: usize, now: f64) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    let Some(held) = keys.get_mut(place) else { return buffer.refuse(StatementRefusal::UnknownKey.code()) };
    let now = from_number(now);
    let verdict = held.keys.verify(text(buffer, length), &held.issuer, now);
    let verdict = verdict.and_then(|statement| {
        let check = held.revocations.check(&statement, now)?;
        Ok((statement, check))
    });
    match verdict {
        Ok((statement, check)) => leave(buffer, numbers(check), statement.key_id(), statement.payload()),
        Err(refusal) => refuse(buffer, length, refusal),
    }
}

/// Judges anew a statement that was good here, with the keys of now, and is of these times: of its session, the ID
/// was written. Leaves up to when revocations are known (never: -1) and whether that is current.
#[wasm_bindgen(js_name = judgeAgain)]
pub fn judge_again(place: usize, length: usize, issued_at: f64, expires_at: f64, now: f64) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    let id = SessionId::from_text(buffer.written(length));
    let (Some(held), Some(id)) = (keys.get_mut(place), id) else {
        return buffer.refuse(StatementRefusal::UnknownKey.code());
    };
    let [issued_at, expires_at, now] = [issued_at, expires_at, now].map(from_number);
    match held.revocations.judge_again(id, issued_at, expires_at, now) {
        Ok(check) => buffer.leave(numbers(check), &[]),
        Err(refusal) => buffer.refuse(refusal.code()),
    }
}

/// Learns from the revocation feed that was written. Leaves its times.
#[wasm_bindgen]
pub fn learn(place: usize, length: usize, now: f64) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    let Some(held) = keys.get_mut(place) else { return buffer.refuse(StatementRefusal::UnknownKey.code()) };
    match held.keys.verify_revocations(text(buffer, length), &held.issuer, from_number(now)) {
        Ok(authentic) => {
            let feed = authentic.feed();
            let numbers = [to_number(feed.issued_at), to_number(feed.expires_at), 0.0];
            held.revocations.learn(authentic);
            buffer.leave(numbers, &[])
        }
        Err(refusal) => refuse(buffer, length, refusal),
    }
}

/// Reads the statement that was written, and believes nothing of it. Leaves the key ID, a line
/// break, and the claims.
#[wasm_bindgen]
pub fn decode(length: usize) -> isize {
    let buffer = &mut HELD.hold().buffer;
    match decode_statement_unverified(text(buffer, length)) {
        Ok(statement) => leave(buffer, [0.0; 3], statement.key_id(), statement.payload()),
        Err(refusal) => buffer.refuse(refusal.code()),
    }
}

/// Reads the value of a session cookie that was written, and believes nothing of it: no key that
/// could check its tag is ever here. Leaves its times, the session ID and the key ID.
#[wasm_bindgen(js_name = decodeCookie)]
pub fn decode_cookie(length: usize) -> isize {
    let buffer = &mut HELD.hold().buffer;
    let decoded = decode_cookie_unverified(buffer.written(length));
    buffer.erase(length);
    buffer.leave_unverified(decoded)
}

/// Takes the name of a cookie, a line break, and a `Cookie` header, which may be a bare value as well
/// where that is said. Leaves how many values it has, and the values, with a NUL between them.
#[wasm_bindgen(js_name = cookieValues)]
pub fn cookie_values(length: usize, or_value: bool) -> isize {
    let buffer = &mut HELD.hold().buffer;
    let (name, header) = split_at_break(buffer.written(length));
    let values =
        if or_value { values_in_header_or_value(header, name) } else { values_in_header(header, name) };
    let (count, joined) = (values.len(), values.join(&0));
    buffer.erase(length);
    buffer.leave([count as f64, 0.0, 0.0], &[&joined])
}

/// Seconds between two uses of a session that push its idle deadline, of so many.
#[wasm_bindgen(js_name = extensionInterval)]
pub fn extension_interval(idle_timeout: f64) -> f64 {
    let idle = Duration::from_secs(from_number(idle_timeout).as_secs()).min(Timeouts::MAX_ABSOLUTE);
    let timeouts = Timeouts::new(idle, Timeouts::MAX_ABSOLUTE).unwrap_or_default();
    timeouts.extension_interval().as_secs() as f64
}

fn split_at_break(written: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = written.splitn(2, |&byte| byte == b'\n');
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

fn text(buffer: &Buffer, length: usize) -> &str {
    // JavaScript writes UTF-8 only.
    str::from_utf8(buffer.written(length)).unwrap_or_default()
}

/// Leaves the code of a refusal, and of a wrong issuer its name.
fn refuse(buffer: &mut Buffer, length: usize, refusal: StatementRefusal) -> isize {
    if refusal != StatementRefusal::WrongIssuer {
        return buffer.refuse(refusal.code());
    }
    let found = unverified_issuer(text(buffer, length)).unwrap_or_default();
    buffer.refuse_with(refusal.code(), &found)
}

fn numbers(RevocationCheck { checked_at, current }: RevocationCheck) -> [f64; 3] {
    [checked_at.map_or(-1.0, to_number), f64::from(u8::from(current)), 0.0]
}

fn leave(buffer: &mut Buffer, numbers: [f64; 3], key: KeyId, payload: &str) -> isize {
    buffer.leave(numbers, &[key.as_bytes(), b"\n", payload.as_bytes()])
}

//! The testing module: what a server would make, for the tests of applications.

use session_core::{CookieName, RevocationFeed, StatementClaims, TestKeys, UnfitStatement};
use wasm_bindgen::prelude::*;

use crate::buffer::Buffer;
use crate::from_number;
use crate::held::{Held, Holder};

static HELD: Holder<TestKeys> = Holder::new();

/// Whole numbers that sessions are counted by, up to what a `number` has exactly.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn whole(number: f64) -> u64 {
    number as u64
}

/// Where JavaScript may write so many bytes.
#[wasm_bindgen]
pub fn reserve(capacity: usize) -> *const u8 {
    HELD.hold().buffer.reserve(capacity)
}

/// Makes keys of the seed that was written, and says at which place they are kept.
#[wasm_bindgen]
pub fn open(length: usize) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    match TestKeys::new(buffer.written(length)) {
        Ok(made) => keys.insert(made).cast_signed(),
        Err(_) => buffer.refuse("weak_key"),
    }
}

/// Lets go of the keys at `place`.
#[wasm_bindgen]
pub fn release(place: usize) {
    HELD.hold().keys.remove(place);
}

/// Leaves the key ring file, a NUL, and the JWK Set.
#[wasm_bindgen]
pub fn documents(place: usize) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    let Some(keys) = keys.get_mut(place) else { return buffer.refuse("unknown_key") };
    let ring = keys.ring();
    buffer.leave([0.0; 3], &[ring.to_json().as_bytes(), b"\0", ring.statement_keys().to_json().as_bytes()])
}

/// Leaves the ID of the session of this number.
#[wasm_bindgen(js_name = sessionId)]
pub fn session_id(place: usize, number: f64) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    let Some(keys) = keys.get_mut(place) else { return buffer.refuse("unknown_key") };
    let (id, _) = keys.session(whole(number));
    buffer.leave([0.0; 3], &[&id.to_text()])
}

/// Leaves the value of the cookie, whose name was written, of the session of this number.
#[wasm_bindgen]
pub fn cookie(place: usize, length: usize, number: f64, issued_at: f64, expires_at: f64) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    let Some(keys) = keys.get_mut(place) else { return buffer.refuse("unknown_key") };
    let Some(name) = CookieName::from_bytes(buffer.written(length)) else {
        return buffer.refuse("invalid_cookie_name");
    };
    let (id, secret) = keys.session(whole(number));
    let ring = keys.ring().cookie_keys(name);
    match ring.sign(id, &secret, from_number(issued_at), from_number(expires_at)) {
        Ok(value) => buffer.leave([0.0; 3], &[value.expose().as_bytes()]),
        Err(_) => buffer.refuse("ends_before_it_starts"),
    }
}

/// Leaves the statement with the claims that were written as a JSON object.
#[wasm_bindgen]
pub fn statement(place: usize, length: usize) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    let Some(keys) = keys.get_mut(place) else { return buffer.refuse("unknown_key") };
    let Some(claims) = StatementClaims::from_json(text(buffer, length)) else {
        return buffer.refuse("malformed");
    };
    match keys.ring().statement_signer().sign(&claims) {
        Ok(statement) => buffer.leave([0.0; 3], &[statement.as_str().as_bytes()]),
        Err(UnfitStatement::Lifetime) => buffer.refuse("lifetime"),
        Err(UnfitStatement::TooLong) => buffer.refuse("too_long"),
        Err(_) => buffer.refuse("malformed"),
    }
}

/// Leaves the revocation feed with the claims that were written as a JSON object.
#[wasm_bindgen]
pub fn feed(place: usize, length: usize) -> isize {
    let Held { keys, buffer } = &mut *HELD.hold();
    let Some(keys) = keys.get_mut(place) else { return buffer.refuse("unknown_key") };
    let feed = RevocationFeed::from_json(text(buffer, length));
    match feed.and_then(|feed| keys.ring().statement_signer().sign_revocations(&feed).ok()) {
        Some(feed) => buffer.leave([0.0; 3], &[feed.as_bytes()]),
        None => buffer.refuse("malformed"),
    }
}

fn text(buffer: &Buffer, length: usize) -> &str {
    // JavaScript writes UTF-8 only.
    core::str::from_utf8(buffer.written(length)).unwrap_or_default()
}

use alloc::string::String;
use core::str;

use session_core::{
    KeyId, KnownRevocations, RevocationCheck, StatementKeySet, decode_cookie_unverified,
    decode_statement_unverified,
};
use wasm_bindgen::prelude::*;

use crate::buffer::Buffer;
use crate::{from_number, to_number};

/// The public keys of one issuer, ready to verify, and the revocations that it told of.
#[wasm_bindgen]
#[derive(Default)]
pub struct StatementKeys {
    issuer: String,
    keys: StatementKeySet,
    revocations: KnownRevocations,
    buffer: Buffer,
}

#[wasm_bindgen]
impl StatementKeys {
    /// No keys yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Where JavaScript may write so many bytes.
    pub fn reserve(&mut self, capacity: usize) -> *const u8 {
        self.buffer.reserve(capacity)
    }

    /// Takes the name that was written as that of the one issuer to be believed.
    pub fn expect(&mut self, length: usize) {
        self.issuer = self.text(length).into();
    }

    /// Takes the keys from the JWK Set that was written.
    pub fn load(&mut self, length: usize) -> isize {
        match StatementKeySet::from_json(self.text(length)) {
            Ok(keys) => {
                self.keys = keys;
                0
            }
            Err(refusal) => self.buffer.refuse(refusal.code()),
        }
    }

    /// Judges the statement that was written. Leaves up to when revocations are known (never: -1)
    /// and whether that is current, the key ID, a line break, and the claims.
    pub fn verify(&mut self, length: usize, now: f64) -> isize {
        let now = from_number(now);
        let verdict = self.keys.verify(self.text(length), &self.issuer, now);
        let verdict = verdict.and_then(|statement| {
            let check = self.revocations.check(&statement, now)?;
            Ok((statement, check))
        });
        match verdict {
            Ok((statement, RevocationCheck { checked_at, current })) => {
                let checked_at = checked_at.map_or(-1.0, to_number);
                self.leave(
                    [checked_at, f64::from(u8::from(current)), 0.0, 0.0],
                    statement.key_id(),
                    statement.payload(),
                )
            }
            Err(refusal) => self.buffer.refuse(refusal.code()),
        }
    }

    /// Learns from the revocation feed that was written. Leaves its times.
    pub fn learn(&mut self, length: usize, now: f64) -> isize {
        let verdict = self.keys.verify_revocations(self.text(length), &self.issuer, from_number(now));
        match verdict {
            Ok(authentic) => {
                let feed = authentic.feed();
                let numbers = [to_number(feed.issued_at), to_number(feed.expires_at), 0.0, 0.0];
                self.revocations.learn(authentic);
                self.buffer.leave(numbers, &[])
            }
            Err(refusal) => self.buffer.refuse(refusal.code()),
        }
    }

    /// Reads the statement that was written, and believes nothing of it. Leaves the key ID, a line
    /// break, and the claims.
    pub fn decode(&mut self, length: usize) -> isize {
        match decode_statement_unverified(self.text(length)) {
            Ok(statement) => self.leave([0.0; 4], statement.key_id(), statement.payload()),
            Err(refusal) => self.buffer.refuse(refusal.code()),
        }
    }

    /// Reads the value of a session cookie that was written, and believes nothing of it: no key that
    /// could check its tag is ever here. Leaves its times, the session ID and the key ID.
    #[wasm_bindgen(js_name = decodeCookie)]
    pub fn decode_cookie(&mut self, length: usize) -> isize {
        match decode_cookie_unverified(self.buffer.written(length)) {
            Ok(cookie) => {
                let numbers = [to_number(cookie.issued_at), to_number(cookie.expires_at), 0.0, 0.0];
                self.buffer.leave(numbers, &[&cookie.session_id.to_text(), cookie.key_id.as_str().as_bytes()])
            }
            Err(refusal) => self.buffer.refuse(refusal.code()),
        }
    }
}

impl StatementKeys {
    fn text(&self, length: usize) -> &str {
        // JavaScript writes UTF-8 only.
        str::from_utf8(self.buffer.written(length)).unwrap_or_default()
    }

    fn leave(&mut self, numbers: [f64; 4], key: KeyId, payload: &str) -> isize {
        self.buffer.leave(numbers, &[key.as_str().as_bytes(), b"\n", payload.as_bytes()])
    }
}

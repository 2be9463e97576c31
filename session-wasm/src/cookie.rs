use alloc::vec::Vec;

use session_core::{CookieKeyRing, CookieName, KeyId, KeySecret, decode_cookie_unverified};
use wasm_bindgen::prelude::*;

use crate::buffer::Buffer;
use crate::{from_number, to_number};

/// The ring's cookie part, ready to verify.
#[wasm_bindgen]
#[derive(Default)]
pub struct CookieKeys {
    ring: Option<CookieKeyRing>,
    ids: Vec<KeyId>,
    buffer: Buffer,
}

#[wasm_bindgen]
impl CookieKeys {
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

    /// Takes the keys from the lines that were written: the cookie's name, the ID of the signing
    /// key, and of each key its ID and its `k`.
    pub fn load(&mut self, length: usize) -> isize {
        let ring = read(self.buffer.written(length));
        self.buffer.erase(length);
        match ring {
            Ok((ring, ids)) => {
                self.ids = ids;
                self.ring = Some(ring);
                0
            }
            Err(code) => self.buffer.refuse(code),
        }
    }

    /// Judges what was written, a `Cookie` header or the bare value of the session cookie. Leaves
    /// its times, the place of its key among those loaded, and the session ID.
    pub fn verify(&mut self, length: usize, now: f64) -> isize {
        let Some(ring) = &self.ring else { return 0 };
        let verdict = ring.verify_header_or_value(self.buffer.written(length), from_number(now));
        self.buffer.erase(length);
        match verdict {
            Ok(cookie) => {
                let key = self.ids.iter().take_while(|&&id| id != cookie.key_id()).count();
                let times = [to_number(cookie.issued_at()), to_number(cookie.expires_at())];
                self.buffer.leave([times[0], times[1], key as f64, 0.0], &[&cookie.session_id().to_text()])
            }
            Err(refusal) => self.buffer.refuse(refusal.code()),
        }
    }

    /// Reads the value that was written, and believes nothing of it. Leaves its times, the session
    /// ID and the key ID.
    pub fn decode(&mut self, length: usize) -> isize {
        let decoded = decode_cookie_unverified(self.buffer.written(length));
        self.buffer.erase(length);
        match decoded {
            Ok(cookie) => {
                let numbers = [to_number(cookie.issued_at), to_number(cookie.expires_at), 0.0, 0.0];
                self.buffer.leave(numbers, &[&cookie.session_id.to_text(), cookie.key_id.as_str().as_bytes()])
            }
            Err(refusal) => self.buffer.refuse(refusal.code()),
        }
    }
}

fn read(lines: &[u8]) -> Result<(CookieKeyRing, Vec<KeyId>), &'static str> {
    let mut lines = lines.split(|&byte| byte == b'\n');
    let name = lines.next().and_then(CookieName::from_bytes).ok_or("invalid_cookie_name")?;
    let signing = lines.next().and_then(KeyId::from_bytes).ok_or("invalid_key_id")?;
    let (mut keys, mut ids) = (Vec::new(), Vec::new());
    while let (Some(id), Some(k)) = (lines.next(), lines.next()) {
        let id = KeyId::from_bytes(id).ok_or("invalid_key_id")?;
        keys.push((id, KeySecret::from_jwk(id, k).map_err(|refusal| refusal.code())?));
        ids.push(id);
    }
    Ok((CookieKeyRing::new(name, keys, signing).map_err(|refusal| refusal.code())?, ids))
}

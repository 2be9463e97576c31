//! Keys, and a second way to make a tag: from FORMAT.md instead of from the code under test.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use session_core::{CookieKeyRing, CookieName, KeyId, KeySecret, SessionId, SessionSecret, UnixTime};
use sha2::Sha256;

pub(crate) const C1: &[u8] = b"the secret of the key named c1 .";
pub(crate) const C2: &[u8] = b"another one of the key named c2.";

/// The last second that a cookie can write.
pub(crate) const LAST: u64 = 99_999_999_999;

pub(crate) fn at(secs: u64) -> UnixTime {
    UnixTime::from_secs(secs)
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn key_id(text: &str) -> KeyId {
    KeyId::new(text).expect("a key ID")
}

pub(crate) fn key(id: &str, secret: &[u8]) -> (KeyId, KeySecret) {
    (key_id(id), KeySecret::new(secret).expect("a strong secret"))
}

/// The keys `c1` and `c2`, signing with `c1`.
pub(crate) fn ring_for(name: CookieName) -> CookieKeyRing {
    CookieKeyRing::new(name, &[key("c1", C1), key("c2", C2)], key_id("c1")).expect("a ring")
}

pub(crate) fn ring() -> CookieKeyRing {
    ring_for(CookieName::default())
}

/// The tag of `text` by FORMAT.md §1, for any label in front of the cookie's name.
pub(crate) fn tag(secret: &[u8], info: &str, text: &str) -> String {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, secret).expand(info.as_bytes(), &mut key).expect("32 bytes");
    let mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length");
    encode(mac.chain_update(text).finalize().into_bytes())
}

/// `text` with the tag that the key `c1` gives it, whatever is in it.
pub(crate) fn tagged(text: &str) -> String {
    format!("{text}.{}", tag(C1, "session-cookie/v1:__Host-session", text))
}

/// What a cookie is made of.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: [u8; 16],
    pub(crate) secret: [u8; 32],
    pub(crate) issued_at: u64,
    pub(crate) expires_at: u64,
}

impl Session {
    pub(crate) const FIXED: Self =
        Self { id: [7; 16], secret: [9; 32], issued_at: 1_700_000_000, expires_at: 1_700_043_200 };

    pub(crate) fn id(&self) -> SessionId {
        SessionId::from_bytes(self.id)
    }

    pub(crate) fn cookie_of(&self, ring: &CookieKeyRing) -> String {
        let secret = SessionSecret::from_bytes(self.secret);
        let cookie = ring.sign(self.id(), &secret, at(self.issued_at), at(self.expires_at));
        cookie.expect("lawful times").expose().to_owned()
    }

    pub(crate) fn cookie(&self) -> String {
        self.cookie_of(&ring())
    }
}

pub(crate) fn sessions() -> impl Strategy<Value = Session> {
    let times = (0..LAST).prop_flat_map(|issued_at| (Just(issued_at), issued_at + 1..=LAST));
    (any::<[u8; 16]>(), any::<[u8; 32]>(), times).prop_map(|(id, secret, (issued_at, expires_at))| Session {
        id,
        secret,
        issued_at,
        expires_at,
    })
}

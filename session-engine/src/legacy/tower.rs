//! tower-sessions: the cookie is the ID, 16 bytes in base64url, which is the key in Redis too; the document is
//! `MessagePack`, an array of the ID, the data and the expiry.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

pub(super) const ID_LENGTH: usize = 22;

pub(super) fn session_id(cookie: &[u8]) -> Option<String> {
    let cookie = str::from_utf8(cookie).ok().filter(|cookie| cookie.len() == ID_LENGTH)?;
    URL_SAFE_NO_PAD.decode(cookie).is_ok().then(|| cookie.to_owned())
}

pub(super) fn data(document: &[u8]) -> Option<Map<String, Value>> {
    let read: Result<(IgnoredAny, Map<String, Value>, IgnoredAny), _> = rmp_serde::from_slice(document);
    read.ok().map(|(_, data, _)| data)
}

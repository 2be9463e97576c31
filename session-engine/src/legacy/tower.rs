//! tower-sessions: the cookie is the ID, 16 bytes in base64url, which is the key in Redis too; the document is
//! `MessagePack`, an array of the ID, the data and the expiry.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

pub(super) fn session_id(cookie: &[u8]) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cookie).ok().filter(|bytes| bytes.len() == 16)?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

pub(super) fn data(document: &[u8]) -> Option<Map<String, Value>> {
    let read: Result<(IgnoredAny, Map<String, Value>, IgnoredAny), _> = rmp_serde::from_slice(document);
    read.ok().map(|(_, data, _)| data)
}

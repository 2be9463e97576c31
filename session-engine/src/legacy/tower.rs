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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::legacy::testing::bytes;

    /// Written by tower-sessions-redis-store 0.16 for axum-login 0.18.
    const WRITTEN: &str = "93c4104f119d089269123bfeaf22e4f2a1810082af6178756d2d6c6f67696e2e6461746182a9617574685f686173\
                           689468617368a7757365725f69642aa46361727491a5627265616499cd07eacd015d002a1cce1b0043e2000000";

    #[test]
    fn what_tower_sessions_wrote_is_read() {
        let login = json!({ "auth_hash": [104, 97, 115, 104], "user_id": 42 });
        let expected = json!({ "axum-login.data": login, "cart": ["bread"] });
        assert_eq!(data(&bytes(WRITTEN)).map(Value::Object), Some(expected));
        for other in [&b""[..], b"{}", &bytes("c0"), &bytes(WRITTEN)[1..]] {
            assert_eq!(data(other), None);
        }
    }

    #[test]
    fn a_cookie_is_sixteen_bytes_in_base64url() {
        let good = "AIGh8uQir_47EmmSCJ0RTw";
        assert_eq!(session_id(good.as_bytes()).as_deref(), Some(good));
        for bad in ["", "AIGh8uQir_47EmmSCJ0RT", "AIGh8uQir_47EmmSCJ0RTwA", "AIGh8uQir/47EmmSCJ0RTw"] {
            assert_eq!(session_id(bad.as_bytes()), None, "{bad}");
        }
    }
}

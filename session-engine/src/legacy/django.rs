//! Django: the cookie is a random text, which the key in Redis ends with; the document is a pickle of a dictionary. It
//! is read as data and never run: what a pickle would have called is left out.

use serde_json::{Map, Value};
use serde_pickle::DeOptions;

/// As Django makes them.
pub(super) const ID_LENGTH: usize = 32;

pub(super) fn session_id(cookie: &[u8]) -> Option<String> {
    let has_form = cookie.len() == ID_LENGTH
        && cookie.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    has_form.then(|| String::from_utf8_lossy(cookie).into_owned())
}

pub(super) fn data(document: &[u8]) -> Option<Map<String, Value>> {
    // Dates and the like are instances of classes: they become nothing, and the rest can be read.
    serde_pickle::from_slice(document, DeOptions::new().replace_unresolved_globals()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::legacy::testing::bytes;

    /// Pickled by Python 3.11, as Django does it: protocol 5.
    const PICKLED: &str = "80059589000000000000007d94288c0d5f617574685f757365725f6964948c023432948c125f617574685f757365725f62\
                           61636b656e64948c29646a616e676f2e636f6e747269622e617574682e6261636b656e64732e4d6f64656c4261636b656e\
                           64948c0f5f617574685f757365725f68617368948c0434643261948c0463617274945d94288c056272656164944b036575\
                           2e";
    /// With a `datetime`, which is an instance of a class.
    const WITH_A_DATE: &str = "80059548000000000000007d94288c0d5f617574685f757365725f6964948c023432948c026174948c08646174\
                               6574696d65948c086461746574696d65949394430a07ea01010000000000009485945294752e";

    #[test]
    fn what_django_pickled_is_read_and_not_run() {
        let expected = json!({
            "_auth_user_id": "42", "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
            "_auth_user_hash": "4d2a", "cart": ["bread", 3],
        });
        assert_eq!(data(&bytes(PICKLED)).map(Value::Object), Some(expected));
        let expected = json!({ "_auth_user_id": "42", "at": null });
        assert_eq!(data(&bytes(WITH_A_DATE)).map(Value::Object), Some(expected));
        for other in [&b""[..], b"{}", &bytes(PICKLED)[..40]] {
            assert_eq!(data(other), None);
        }
    }

    #[test]
    fn a_cookie_is_32_small_letters_and_digits() {
        let good = "k0m8q7z6x5c4v3b2n1a9s8d7f6g5h4j3";
        assert_eq!(session_id(good.as_bytes()).as_deref(), Some(good));
        for bad in ["", &good[1..], &format!("{good}0"), &good.to_uppercase(), &good.replace('k', "-")] {
            assert_eq!(session_id(bad.as_bytes()), None, "{bad}");
        }
    }
}

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

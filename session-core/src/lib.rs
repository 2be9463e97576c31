#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
// A hostile cookie must not be able to stop a server: nothing in this crate may panic (R19).
#![warn(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

extern crate alloc;

mod base64url;
mod cookie;
mod cookie_header;
mod cookie_keys;
mod cookie_name;
mod device_cookie;
#[cfg(feature = "getrandom")]
mod entropy;
mod json;
mod json_object;
mod jws;
mod key;
mod key_ring;
mod key_ring_error;
mod key_ring_file;
mod known_revocations;
mod mac;
mod revocations;
mod secret;
mod session_id;
mod set_cookie;
#[cfg(target_family = "wasm")]
mod small_memchr;
mod start_key;
mod statement;
mod statement_keys;
mod statement_refusal;
mod statement_signer;
mod strict;
#[cfg(feature = "testing")]
mod testing;
mod time;
mod timeouts;
#[cfg(feature = "wasm")]
mod wasm;

pub use cookie::{
    AuthenticCookie, CookieRefusal, CookieValue, MAX_COOKIE_LENGTH, UnverifiedCookieFields,
    decode_cookie_unverified,
};
pub use cookie_header::{HeaderRefusal, cookie_values, cookies_without};
pub use cookie_keys::{CookieKeyRing, CookieKeys, EndsBeforeItStarts};
pub use cookie_name::{CookieName, DEVICE_COOKIE_NAME, InvalidCookieName, STATEMENT_COOKIE_NAME};
pub use device_cookie::{DEVICE_LIFETIME, DeviceCookie, DeviceId, DeviceKeys};
#[cfg(feature = "getrandom")]
pub use entropy::EntropyUnavailable;
pub use json_object::{InvalidJsonObject, JsonObject};
pub use key::{InvalidKeyId, KeyId, KeySecret, KeySecretError, WeakKey};
pub use key_ring::{KeyPurpose, KeyRing, ListedKey, UnknownKeyPurpose};
pub use key_ring_error::{KeyRingError, RepeatedKeyId};
pub use known_revocations::{KnownRevocations, RevocationCheck};
pub use revocations::{AuthenticFeed, FEED_LIFETIME, REVOCATION_INTEREST, RevocationFeed, UnfitFeed};
pub use secret::{InvalidSecretHash, SecretHash, SessionSecret};
pub use session_id::{InvalidSessionId, SessionId};
pub use set_cookie::{
    SameSite, StatementCookie, remove_cookie, remove_other_cookie, remove_statement_cookie, set_cookie,
    set_device_cookie, set_statement_cookie,
};
pub use start_key::{InvalidStartKey, StartKey, StartNonce};
pub use statement::{
    AuthenticStatement, MAX_STATEMENT_LENGTH, MAX_STATEMENT_LIFETIME, StatementClaims, UnverifiedStatement,
    decode_statement_unverified,
};
pub use statement_keys::StatementKeySet;
pub use statement_refusal::StatementRefusal;
pub use statement_signer::{SignedStatement, StatementSigner, UnfitStatement};
#[cfg(feature = "testing")]
pub use testing::TestKeys;
pub use time::{CLOCK_SKEW, TimeTooLate, UnixTime};
pub use timeouts::{Deadlines, Standing, Timeouts, TimeoutsError};
#[cfg(feature = "wasm")]
pub use wasm::{unverified_issuer, values_in_header, values_in_header_or_value};

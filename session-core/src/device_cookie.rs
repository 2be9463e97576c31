use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::base64url;
use crate::cookie::{CookieRefusal, MAX_COOKIE_LENGTH, parse_time, split_at_dot};
use crate::cookie_header::values_in;
use crate::cookie_name::{CookieName, DEVICE_COOKIE_NAME};
use crate::key::{KeyId, KeySecret};
use crate::mac::MacKey;
use crate::time::{CLOCK_SKEW, UnixTime};

const MAC_LABEL: &[u8] = b"device-cookie/v1:";
const VERSION: &[u8] = b"v1.";

/// How many cookies of the same name are verified.
const MAX_CANDIDATES: usize = 4;

/// How long a device is remembered after the last sign-in there.
pub const DEVICE_LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The keys of device cookies (FORMAT.md §6): the proof that somebody has signed in by a name on this
/// device before. It opens nothing. Wrong passwords are counted by it, so that strangers who guess do
/// not use up the owner's attempts (OWASP, "Slow down online guessing attacks with device cookies").
#[derive(Clone)]
pub struct DeviceKeys {
    signing: (KeyId, MacKey),
    others: Vec<(KeyId, MacKey)>,
}

impl DeviceKeys {
    pub(crate) fn of(
        session_cookie: &CookieName,
        signing: &(KeyId, KeySecret),
        others: &[(KeyId, KeySecret)],
    ) -> Self {
        let derive = |(id, secret): &(KeyId, KeySecret)| {
            (*id, secret.derive_mac(MAC_LABEL, session_cookie.as_bytes()))
        };
        Self { signing: derive(signing), others: others.iter().map(derive).collect() }
    }

    /// The cookie of a device on which `name` has just signed in.
    #[must_use]
    pub fn sign(&self, device: DeviceId, name: &str, now: UnixTime) -> DeviceCookie {
        let (key_id, key) = &self.signing;
        let mut text = alloc::format!("v1.{key_id}.{device}.{now}");
        let tag = key.tag(&signed(text.as_bytes(), name));
        text.push('.');
        text.push_str(&base64url::encode(&tag));
        DeviceCookie(text)
    }

    /// Judges one cookie value by FORMAT.md §6, in that order: size, grammar, key, tag, and only then
    /// time.
    ///
    /// # Errors
    /// The first reason that applies.
    pub fn verify(&self, value: &[u8], name: &str, now: UnixTime) -> Result<DeviceId, CookieRefusal> {
        if value.len() > MAX_COOKIE_LENGTH {
            return Err(CookieRefusal::TooLong);
        }
        let cookie = Fields::parse(value).ok_or(CookieRefusal::Malformed)?;
        let mut keys = core::iter::once(&self.signing).chain(&self.others);
        let key = keys.find(|(id, _)| id.as_bytes() == cookie.key_id);
        let (_, key) = key.ok_or(CookieRefusal::UnknownKey)?;
        if !key.verifies(&signed(cookie.text, name), &cookie.tag) {
            return Err(CookieRefusal::BadTag);
        }
        let (issued_at, expires_at) = (cookie.issued_at, cookie.issued_at.saturating_add(DEVICE_LIFETIME));
        if issued_at > now.saturating_add(CLOCK_SKEW) {
            return Err(CookieRefusal::NotYetValid { issued_at, now });
        }
        if now >= expires_at {
            return Err(CookieRefusal::Expired { expires_at, now });
        }
        Ok(cookie.device)
    }

    /// The device that the `Cookie` header lines of a request prove, if `name` has signed in there.
    pub fn find<'h>(
        &self,
        lines: impl IntoIterator<Item = &'h [u8]>,
        name: &str,
        now: UnixTime,
    ) -> Option<DeviceId> {
        let values = lines.into_iter().flat_map(|line| values_in(line, DEVICE_COOKIE_NAME.as_bytes()));
        values.take(MAX_CANDIDATES).find_map(|value| self.verify(value, name, now).ok())
    }
}

impl fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKeys(..)")
    }
}

/// What the tag is over: the text, a dot and the name, which is not in the cookie.
fn signed(text: &[u8], name: &str) -> Vec<u8> {
    [text, b".", name.as_bytes()].concat()
}

struct Fields<'t> {
    key_id: &'t [u8],
    device: DeviceId,
    issued_at: UnixTime,
    text: &'t [u8],
    tag: [u8; 32],
}

impl<'t> Fields<'t> {
    fn parse(value: &'t [u8]) -> Option<Self> {
        let (key_id, rest) = split_at_dot(value.strip_prefix(VERSION)?)?;
        let (device, rest) = split_at_dot(rest)?;
        let (issued_at, tag) = split_at_dot(rest)?;
        let length = value.len().checked_sub(tag.len())?.checked_sub(1)?;
        Some(Self {
            key_id: KeyId::is_well_formed(key_id).then_some(key_id)?,
            device: DeviceId(base64url::decode(device)?),
            issued_at: parse_time(issued_at)?,
            text: value.get(..length)?,
            tag: base64url::decode(tag)?,
        })
    }
}

/// The name of a device, which says nothing: 16 random bytes, written as 22 characters of base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceId([u8; 16]);

impl DeviceId {
    /// The ID made of these bytes; they must come from a cryptographic generator.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A fresh one.
    ///
    /// # Errors
    /// When the system's generator does not answer.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, crate::entropy::EntropyUnavailable> {
        crate::entropy::random().map(Self)
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

/// The value of a device cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceCookie(String);

impl DeviceCookie {
    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceCookie(..)")
    }
}

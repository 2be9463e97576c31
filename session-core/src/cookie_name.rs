use alloc::boxed::Box;
use core::fmt;
use core::str;

/// The name of the cookie that carries a statement beside the session cookie, which cannot have it.
pub const STATEMENT_COOKIE_NAME: &str = "__Host-session-statement";

/// The name of the cookie by which a device is known again, which the session cookie cannot have either.
pub const DEVICE_COOKIE_NAME: &str = "__Host-session-device";

/// The name of a session cookie; always with the `__Host-` prefix.
///
/// The prefix makes a browser refuse the cookie unless it is `Secure`, has `Path=/` and no
/// `Domain`, so no sibling host can plant one (RFC 6265bis §4.1.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CookieName(Box<[u8]>);

impl CookieName {
    /// The name used unless another is set.
    pub const DEFAULT: &str = "__Host-session";

    /// What every name starts with.
    pub const PREFIX: &str = "__Host-";

    /// The longest name; it keeps name and value together under 256 bytes.
    pub const MAX_LENGTH: usize = 64;

    /// The cookie name of this text.
    ///
    /// # Errors
    /// When it lacks the prefix, is only the prefix, is longer than 64 bytes, has a character that
    /// is not allowed in a token (RFC 9110 §5.6.2), or is that of another cookie of ours.
    pub fn new(name: &str) -> Result<Self, InvalidCookieName> {
        Self::parse(name.as_bytes()).ok_or(InvalidCookieName)
    }

    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        let rest = name.strip_prefix(Self::PREFIX.as_bytes())?;
        let well_formed =
            !rest.is_empty() && name.len() <= Self::MAX_LENGTH && rest.iter().copied().all(is_token);
        // One of two cookies would overwrite the other.
        let is_free = name != STATEMENT_COOKIE_NAME.as_bytes() && name != DEVICE_COOKIE_NAME.as_bytes();
        (well_formed && is_free).then(|| Self(name.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The text, in ASCII.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Default for CookieName {
    fn default() -> Self {
        Self(Self::DEFAULT.as_bytes().into())
    }
}

impl fmt::Display for CookieName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

pub(crate) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// A text that cannot name a session cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cookie name is not `__Host-` and a token, together at most 64 bytes, or is that of another cookie of ours"
)]
pub struct InvalidCookieName;

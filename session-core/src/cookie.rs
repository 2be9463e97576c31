use alloc::string::String;
use core::fmt;

use crate::base64url;
use crate::key::KeyId;
use crate::secret::SessionSecret;
use crate::session_id::SessionId;
use crate::time::CLOCK_SKEW;
use crate::time::UnixTime;

/// The longest text that is looked at; a well-formed cookie has at most 170 characters.
pub const MAX_COOKIE_LENGTH: usize = 512;

const VERSION: &[u8] = b"v1.";
/// 32 bytes as base64url.
const SECRET_LENGTH: usize = 43;

/// The text of a session cookie: the credential itself, on its way into `Set-Cookie`.
pub struct CookieValue(zeroize::Zeroizing<String>);

impl CookieValue {
    /// The value whose `tag` is over all of `signed_text`.
    pub(crate) fn new(mut signed_text: String, tag: &[u8; 32]) -> Self {
        signed_text.push('.');
        signed_text.push_str(&base64url::encode(tag));
        Self(signed_text.into())
    }

    /// The text, secret included.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CookieValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieValue(..)")
    }
}

/// A cookie whose tag is right and whose deadline has not passed.
///
/// *Authentic* is not *live*: the session may have idled out or been revoked. Only the store can
/// say, and it needs [`secret`](Self::secret) to do so.
#[derive(Clone, Debug)]
pub struct AuthenticCookie {
    key: usize,
    session_id: SessionId,
    secret: SessionSecret,
    issued_at: UnixTime,
    expires_at: UnixTime,
}

impl AuthenticCookie {
    /// The place of the key that made the tag among those that the ring was made of, from 0.
    pub(crate) const fn key_place(&self) -> usize {
        self.key
    }

    /// The session that the cookie belongs to.
    #[must_use]
    pub const fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// The credential, to compare with the record's hash.
    #[must_use]
    pub const fn secret(&self) -> &SessionSecret {
        &self.secret
    }

    /// When the session ID was issued.
    #[must_use]
    pub const fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// The absolute deadline of the session.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }
}

/// What a cookie says of itself, with nothing verified; for showing it to a person.
///
/// It carries no secret, so that nobody can take it for a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnverifiedCookieFields {
    /// The key it names.
    pub key_id: KeyId,
    /// The session it names.
    pub session_id: SessionId,
    /// When it says it was issued.
    pub issued_at: UnixTime,
    /// The absolute deadline it claims.
    pub expires_at: UnixTime,
}

/// Reads the fields of a cookie value and believes none of them.
///
/// # Errors
/// [`CookieRefusal::TooLong`] and [`CookieRefusal::Malformed`].
pub fn decode_cookie_unverified(value: &[u8]) -> Result<UnverifiedCookieFields, CookieRefusal> {
    let UnverifiedCookie { key_id, session_id, issued_at, expires_at, .. } = UnverifiedCookie::read(value)?;
    let key_id = KeyId::parse(key_id).ok_or(CookieRefusal::Malformed)?;
    Ok(UnverifiedCookieFields { key_id, session_id, issued_at, expires_at })
}

/// A text of the right grammar, about which nothing else is known.
pub(crate) struct UnverifiedCookie<'t> {
    pub(crate) key_id: &'t [u8],
    pub(crate) signed_text: &'t [u8],
    pub(crate) tag: [u8; 32],
    session_id: SessionId,
    secret: SessionSecret,
    issued_at: UnixTime,
    expires_at: UnixTime,
}

impl<'t> UnverifiedCookie<'t> {
    pub(crate) fn read(text: &'t [u8]) -> Result<Self, CookieRefusal> {
        if text.len() > MAX_COOKIE_LENGTH {
            return Err(CookieRefusal::TooLong);
        }
        Self::parse(text).ok_or(CookieRefusal::Malformed)
    }

    /// For whoever has seen that `key`, by its place in the ring, made the tag: time is judged last.
    pub(crate) fn judge_time(self, key: usize, now: UnixTime) -> Result<AuthenticCookie, CookieRefusal> {
        let Self { session_id, secret, issued_at, expires_at, .. } = self;
        CookieRefusal::judge_time(issued_at, expires_at, now)?;
        Ok(AuthenticCookie { key, session_id, secret, issued_at, expires_at })
    }

    fn parse(text: &'t [u8]) -> Option<Self> {
        let (key_id, rest) = split_at_dot(text.strip_prefix(VERSION)?)?;
        let (session_id, rest) = rest.split_at_checked(SessionId::TEXT_LENGTH)?;
        let (secret, rest) = rest.strip_prefix(b".")?.split_at_checked(SECRET_LENGTH)?;
        let (issued_at, rest) = split_at_dot(rest.strip_prefix(b".")?)?;
        let (expires_at, tag) = split_at_dot(rest)?;
        // Everything before the last dot.
        let signed_length = text.len().checked_sub(tag.len())?.checked_sub(1)?;
        let cookie = Self {
            key_id: KeyId::is_well_formed(key_id).then_some(key_id)?,
            session_id: SessionId::parse(session_id)?,
            secret: SessionSecret::parse(secret)?,
            issued_at: parse_time(issued_at)?,
            expires_at: parse_time(expires_at)?,
            signed_text: text.get(..signed_length)?,
            tag: base64url::decode(tag)?,
        };
        (cookie.issued_at < cookie.expires_at).then_some(cookie)
    }
}

pub(crate) fn split_at_dot(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (field, rest) = text.split_at_checked(text.iter().position(|&byte| byte == b'.')?)?;
    rest.strip_prefix(b".").map(|rest| (field, rest))
}

/// Decimal seconds: no sign, no leading zero, at most 11 digits.
pub(crate) fn parse_time(digits: &[u8]) -> Option<UnixTime> {
    if digits.is_empty() || digits.len() > 11 || (digits.len() > 1 && digits.starts_with(b"0")) {
        return None;
    }
    let mut secs: u64 = 0;
    for digit in digits {
        let value = digit.checked_sub(b'0').filter(|&value| value < 10)?;
        // Eleven digits fit into 37 bits.
        secs = secs.wrapping_mul(10).wrapping_add(value.into());
    }
    Some(UnixTime::from_secs(secs))
}

/// Why a cookie value is refused: the closed list of FORMAT.md §1.
///
/// For logs and for [`code`](Self::code); a client gets one opaque answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CookieRefusal {
    /// Longer than [`MAX_COOKIE_LENGTH`].
    #[error("session cookie is longer than {MAX_COOKIE_LENGTH} bytes")]
    TooLong,
    /// Not the grammar of version 1, or not its one canonical text.
    #[error("session cookie is not of the v1 format")]
    Malformed,
    /// The key is not in the ring, or no longer.
    #[error("session cookie names a key that is not in the key ring")]
    UnknownKey,
    /// The tag differs. There is no more detail, on purpose.
    #[error("session cookie has a wrong tag")]
    BadTag,
    /// Issued further in the future than clocks may differ.
    #[error("session cookie was issued at {issued_at}, in the future of {now}")]
    NotYetValid {
        /// When it says it was issued.
        issued_at: UnixTime,
        /// When it was judged.
        now: UnixTime,
    },
    /// Past the absolute deadline.
    #[error("session cookie expired at {expires_at}, judged at {now}")]
    Expired {
        /// The absolute deadline.
        expires_at: UnixTime,
        /// When it was judged.
        now: UnixTime,
    },
}

impl CookieRefusal {
    pub(crate) fn judge_time(issued_at: UnixTime, expires_at: UnixTime, now: UnixTime) -> Result<(), Self> {
        if issued_at > now.saturating_add(CLOCK_SKEW) {
            return Err(Self::NotYetValid { issued_at, now });
        }
        if now >= expires_at {
            return Err(Self::Expired { expires_at, now });
        }
        Ok(())
    }

    /// The stable code of this reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::BadTag => "bad_tag",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::Expired { .. } => "expired",
        }
    }
}

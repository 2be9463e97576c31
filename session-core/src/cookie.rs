use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use crate::mac::MacKey;
use crate::time::CLOCK_SKEW;
use crate::{CookieName, KeyId, KeyRingError, KeySecret, SessionId, SessionSecret, UnixTime, base64url};

/// The longest text that is looked at; a well-formed cookie has at most 170 characters.
pub const MAX_COOKIE_LENGTH: usize = 512;

const VERSION: &[u8] = b"v1.";
/// 32 bytes as base64url.
const SECRET_LENGTH: usize = 43;
const MAC_LABEL: &[u8] = b"session-cookie/v1:";

/// The keys that verify one session cookie.
///
/// Their MAC keys are derived for the cookie's name when they are added, so that verifying is two
/// hash states away.
#[derive(Debug)]
pub struct CookieKeys {
    name: CookieName,
    keys: Vec<CookieKey>,
}

#[derive(Clone)]
struct CookieKey {
    id: KeyId,
    mac: MacKey,
}

impl fmt::Debug for CookieKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl CookieKeys {
    /// No keys yet, for the cookie `name`.
    #[must_use]
    pub const fn new(name: CookieName) -> Self {
        Self { name, keys: Vec::new() }
    }

    /// Adds a key.
    ///
    /// # Errors
    /// When there is one of that ID.
    pub fn add(&mut self, id: KeyId, secret: &KeySecret) -> Result<(), RepeatedKeyId> {
        if self.has(id.as_bytes()) {
            return Err(RepeatedKeyId);
        }
        let mac = secret.derive_mac(MAC_LABEL, self.name.as_bytes());
        self.keys.push(CookieKey { id, mac });
        Ok(())
    }

    /// Whether there is a key of this ID.
    #[must_use]
    pub fn has(&self, id: &[u8]) -> bool {
        self.key(id).is_some()
    }

    /// The ring that these keys make together with the role of one: `signing` is the key that signs.
    ///
    /// # Errors
    /// When it is not among them.
    pub fn signing_with(self, signing: KeyId) -> Result<CookieKeyRing, KeyRingError> {
        let (_, signing) = self.key(signing.as_bytes()).ok_or(KeyRingError::SigningKeyNotListed)?;
        Ok(CookieKeyRing { signing: signing.clone(), accepted: self })
    }

    /// The cookie that these keys are for.
    #[must_use]
    pub const fn name(&self) -> &CookieName {
        &self.name
    }

    /// Judges one cookie value by FORMAT.md §1, in that order: size, grammar, key, tag, and only
    /// then time. What comes back is *authentic*; whether it is *live*, only the store knows.
    ///
    /// # Errors
    /// The first reason that applies.
    // Not once for each caller: it is a tenth of the WebAssembly module.
    #[inline(never)]
    pub fn verify(&self, value: &[u8], now: UnixTime) -> Result<AuthenticCookie, CookieRefusal> {
        let cookie = UnverifiedCookie::read(value)?;
        let (place, key) = self.key(cookie.key_id).ok_or(CookieRefusal::UnknownKey)?;
        if !key.mac.verifies(cookie.signed_text, &cookie.tag) {
            return Err(CookieRefusal::BadTag);
        }
        let UnverifiedCookie { session_id, secret, issued_at, expires_at, .. } = cookie;
        if issued_at > now.saturating_add(CLOCK_SKEW) {
            return Err(CookieRefusal::NotYetValid { issued_at, now });
        }
        if now >= expires_at {
            return Err(CookieRefusal::Expired { expires_at, now });
        }
        Ok(AuthenticCookie { key: place, session_id, secret, issued_at, expires_at })
    }

    /// The ID of the key that made the tag of `cookie`.
    #[must_use]
    pub fn key_id(&self, cookie: &AuthenticCookie) -> Option<KeyId> {
        self.keys.get(cookie.key).map(|key| key.id)
    }

    fn key(&self, id: &[u8]) -> Option<(usize, &CookieKey)> {
        self.keys.iter().enumerate().find(|(_, key)| key.id.as_bytes() == id)
    }
}

/// There is a key of the same ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key ID is used twice, expected each once")]
pub struct RepeatedKeyId;

impl RepeatedKeyId {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "repeated_key"
    }
}

/// The keys that sign and verify one session cookie: one is named as the signing key, every key
/// verifies.
#[derive(Debug)]
pub struct CookieKeyRing {
    accepted: CookieKeys,
    signing: CookieKey,
}

impl CookieKeyRing {
    /// The ring for the cookie `name`, signing with the key named `signing`.
    ///
    /// # Errors
    /// When two keys share an ID or `signing` is not among them.
    pub fn new(name: CookieName, keys: &[(KeyId, KeySecret)], signing: KeyId) -> Result<Self, KeyRingError> {
        let mut accepted = CookieKeys::new(name);
        for (id, secret) in keys {
            accepted.add(*id, secret).map_err(|RepeatedKeyId| KeyRingError::RepeatedKey { id: *id })?;
        }
        accepted.signing_with(signing)
    }

    /// The cookie value of a session, tagged with the signing key. It stays the same for the life
    /// of its session ID.
    ///
    /// # Errors
    /// When the session would end before it starts; such a cookie would never verify.
    pub fn sign(
        &self,
        session_id: SessionId,
        secret: &SessionSecret,
        issued_at: UnixTime,
        expires_at: UnixTime,
    ) -> Result<CookieValue, EndsBeforeItStarts> {
        if issued_at >= expires_at {
            return Err(EndsBeforeItStarts { issued_at, expires_at });
        }
        let key_id = self.signing.id;
        let secret = zeroize::Zeroizing::new(base64url::encode(secret.expose()));
        let mut text = alloc::format!("v1.{key_id}.{session_id}.{}.{issued_at}.{expires_at}", *secret);
        let tag = self.signing.mac.tag(text.as_bytes());
        text.push('.');
        text.push_str(&base64url::encode(&tag));
        Ok(CookieValue(text.into()))
    }
}

impl Deref for CookieKeyRing {
    type Target = CookieKeys;

    fn deref(&self) -> &CookieKeys {
        &self.accepted
    }
}

/// The text of a session cookie: the credential itself, on its way into `Set-Cookie`.
pub struct CookieValue(zeroize::Zeroizing<String>);

impl CookieValue {
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
#[derive(Debug)]
pub struct AuthenticCookie {
    key: usize,
    session_id: SessionId,
    secret: SessionSecret,
    issued_at: UnixTime,
    expires_at: UnixTime,
}

impl AuthenticCookie {
    /// The place of the key that made the tag among those that the ring was made of, from 0.
    #[must_use]
    pub const fn key(&self) -> usize {
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
    let key_id = KeyId::from_bytes(key_id).ok_or(CookieRefusal::Malformed)?;
    Ok(UnverifiedCookieFields { key_id, session_id, issued_at, expires_at })
}

/// A text of the right grammar, about which nothing else is known.
struct UnverifiedCookie<'t> {
    key_id: &'t [u8],
    session_id: SessionId,
    secret: SessionSecret,
    issued_at: UnixTime,
    expires_at: UnixTime,
    signed_text: &'t [u8],
    tag: [u8; 32],
}

impl<'t> UnverifiedCookie<'t> {
    fn read(text: &'t [u8]) -> Result<Self, CookieRefusal> {
        if text.len() > MAX_COOKIE_LENGTH {
            return Err(CookieRefusal::TooLong);
        }
        Self::parse(text).ok_or(CookieRefusal::Malformed)
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

fn split_at_dot(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (field, rest) = text.split_at_checked(text.iter().position(|&byte| byte == b'.')?)?;
    rest.strip_prefix(b".").map(|rest| (field, rest))
}

/// Decimal seconds: no sign, no leading zero, at most 11 digits.
fn parse_time(digits: &[u8]) -> Option<UnixTime> {
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

/// A session whose deadline is not after its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("session issued at {issued_at} has its deadline at {expires_at}, expected a later one")]
pub struct EndsBeforeItStarts {
    /// When the session ID was to be issued.
    pub issued_at: UnixTime,
    /// The absolute deadline.
    pub expires_at: UnixTime,
}

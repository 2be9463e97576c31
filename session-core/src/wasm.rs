//! What only the WebAssembly module needs: bytes where others have texts, since they cross over
//! from JavaScript as such.

use alloc::string::String;
use alloc::vec::Vec;

use crate::base64url;
use crate::cookie::{AuthenticCookie, CookieRefusal};
use crate::cookie_header::{is_header, values_in};
use crate::cookie_name::CookieName;
use crate::json::{Reader, once};
use crate::key::KeyId;
use crate::known_revocations::{KnownRevocations, RevocationCheck};
use crate::session_id::SessionId;
use crate::statement::{AuthenticStatement, UnverifiedStatement};
use crate::statement_refusal::StatementRefusal;
use crate::time::UnixTime;

impl KeyId {
    /// The key ID that these bytes write in ASCII.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::parse(bytes)
    }
}

impl CookieName {
    /// The cookie name that these bytes write in ASCII.
    #[must_use]
    pub fn from_bytes(name: &[u8]) -> Option<Self> {
        Self::parse(name)
    }
}

impl SessionId {
    /// The session ID that these bytes write in ASCII.
    #[must_use]
    pub fn from_text(text: &[u8]) -> Option<Self> {
        Self::parse(text)
    }

    /// The written form.
    #[must_use]
    pub fn to_text(&self) -> [u8; Self::TEXT_LENGTH] {
        let mut text = [0; Self::TEXT_LENGTH];
        base64url::encode_into(self.as_bytes(), &mut text);
        text
    }
}

impl AuthenticCookie {
    /// The place of the key that made the tag among those that the ring was made of, from 0.
    #[must_use]
    pub const fn key(&self) -> usize {
        self.key_place()
    }
}

impl CookieRefusal {
    /// Judges anew a cookie that was authentic, and is of these times: its tag is as right as it was.
    ///
    /// # Errors
    /// [`NotYetValid`](Self::NotYetValid) and [`Expired`](Self::Expired).
    pub fn judge_again(issued_at: UnixTime, expires_at: UnixTime, now: UnixTime) -> Result<(), Self> {
        Self::judge_time(issued_at, expires_at, now)
    }
}

impl KnownRevocations {
    /// Judges anew a statement that was authentic, and is of these times and about this session: its signature
    /// is as good as it was, for as long as the key is there.
    ///
    /// # Errors
    /// When it is not within its time, or the session has been revoked.
    pub fn judge_again(
        &self,
        id: SessionId,
        issued_at: UnixTime,
        expires_at: UnixTime,
        now: UnixTime,
    ) -> Result<RevocationCheck, StatementRefusal> {
        StatementRefusal::judge_time(issued_at, expires_at, now)?;
        self.check_session(id, now)
    }
}

impl AuthenticStatement {
    /// What it says, as the JSON text that was signed.
    #[must_use]
    pub fn payload(&self) -> &str {
        self.signed_text()
    }
}

impl UnverifiedStatement {
    /// What it says, as the JSON text that was signed.
    #[must_use]
    pub fn payload(&self) -> &str {
        self.signed_text()
    }
}

/// The values that a `Cookie` header line carries for a cookie of any name, in their order.
#[must_use]
pub fn values_in_header<'h>(line: &'h [u8], name: &[u8]) -> Vec<&'h [u8]> {
    values_in(line, name).collect()
}

/// The same of a text that may be a bare value as well, which then stands for itself: what
/// [`CookieKeys::verify_header_or_value`](crate::CookieKeys::verify_header_or_value) would look at.
#[must_use]
pub fn values_in_header_or_value<'t>(text: &'t [u8], name: &[u8]) -> Vec<&'t [u8]> {
    if is_header(text) { values_in_header(text, name) } else { alloc::vec![text] }
}

/// The issuer that a statement or a feed names; for showing it beside the one that was expected.
#[must_use]
pub fn unverified_issuer(jws: &str) -> Option<String> {
    let payload = base64url::decode_any_length(jws.split('.').nth(1)?.as_bytes())?;
    let payload = String::from_utf8(payload).ok()?;
    let mut issuer = None;
    Reader::new(&payload).whole(|reader| {
        reader.object(&mut |name, reader| match name {
            "iss" => once(&mut issuer, reader.text()),
            _ => reader.raw().map(drop),
        })
    })?;
    issuer
}

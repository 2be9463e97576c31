use alloc::string::{String, ToString};

use crate::cookie::CookieValue;
use crate::cookie_name::{CookieName, DEVICE_COOKIE_NAME, STATEMENT_COOKIE_NAME, is_token};
use crate::device_cookie::{DEVICE_LIFETIME, DeviceCookie};
use crate::statement_signer::SignedStatement;
use crate::time::UnixTime;

/// Who on the browser's side may read the statement cookie. It is no credential either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatementCookie {
    /// Scripts of the page too, so that a page knows at once who is logged in.
    #[default]
    Readable,
    /// No script: it is for an edge that sees the request.
    HttpOnly,
}

impl StatementCookie {
    const fn attribute(self) -> &'static str {
        match self {
            Self::Readable => "",
            Self::HttpOnly => HTTP_ONLY,
        }
    }
}

const HTTP_ONLY: &str = "; HttpOnly";

/// Which cross-site requests carry the cookie.
///
/// `None` is missing on purpose: a session that other sites can use is open to request forgery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SameSite {
    /// Sent when somebody follows a link to the site.
    #[default]
    Lax,
    /// Never sent from another site, not even on following a link.
    Strict,
}

impl SameSite {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Lax => "Lax",
            Self::Strict => "Strict",
        }
    }
}

/// The `Set-Cookie` value that hands a session to the browser.
///
/// The attributes are fixed: `Path=/; Secure; HttpOnly`, no `Domain`, and no `Max-Age`, so that
/// the cookie ends with the browser's session at the latest (R15, R16).
#[must_use]
pub fn set_cookie(name: &CookieName, value: &CookieValue, same_site: SameSite) -> String {
    write(name.as_str(), value.expose(), HTTP_ONLY, same_site, None)
}

/// The `Set-Cookie` value that takes the cookie away again, with the same attributes: a browser
/// ignores a removal whose attributes differ.
#[must_use]
pub fn remove_cookie(name: &CookieName, same_site: SameSite) -> String {
    write(name.as_str(), "", HTTP_ONLY, same_site, Some(0))
}

/// The `Set-Cookie` value that hands a statement to the browser, from `now` until it expires.
#[must_use]
pub fn set_statement_cookie(
    statement: &SignedStatement,
    now: UnixTime,
    readers: StatementCookie,
    same_site: SameSite,
) -> String {
    let lifetime = statement.expires_at().saturating_since(now).as_secs();
    write(STATEMENT_COOKIE_NAME, statement.as_str(), readers.attribute(), same_site, Some(lifetime))
}

/// The `Set-Cookie` value that takes the statement cookie away again.
#[must_use]
pub fn remove_statement_cookie(readers: StatementCookie, same_site: SameSite) -> String {
    write(STATEMENT_COOKIE_NAME, "", readers.attribute(), same_site, Some(0))
}

/// The `Set-Cookie` value by which a device is known again. It stays when somebody logs out: that is
/// what it is for.
#[must_use]
pub fn set_device_cookie(cookie: &DeviceCookie) -> String {
    let lifetime = Some(DEVICE_LIFETIME.as_secs());
    write(DEVICE_COOKIE_NAME, cookie.expose(), HTTP_ONLY, SameSite::Strict, lifetime)
}

/// The `Set-Cookie` value that takes away a cookie of another program, as most are set: with `Path=/` and without
/// `Domain`. `None` if no cookie can have that name.
#[must_use]
pub fn remove_other_cookie(name: &str) -> Option<String> {
    let can_be = !name.is_empty() && name.bytes().all(is_token);
    can_be.then(|| write(name, "", HTTP_ONLY, SameSite::Lax, Some(0)))
}

fn write(name: &str, value: &str, http_only: &str, same_site: SameSite, max_age: Option<u64>) -> String {
    let max_age = max_age.map(|secs| secs.to_string());
    let [before_age, age] = max_age.as_deref().map_or(["", ""], |secs| ["; Max-Age=", secs]);
    let same_site = same_site.as_str();
    [name, "=", value, "; Path=/; Secure", http_only, "; SameSite=", same_site, before_age, age].concat()
}

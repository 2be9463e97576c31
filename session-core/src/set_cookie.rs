use alloc::format;
use alloc::string::String;

use crate::{CookieName, CookieValue};

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
    write(name, value.expose(), same_site, "")
}

/// The `Set-Cookie` value that takes the cookie away again, with the same attributes: a browser
/// ignores a removal whose attributes differ.
#[must_use]
pub fn remove_cookie(name: &CookieName, same_site: SameSite) -> String {
    write(name, "", same_site, "; Max-Age=0")
}

fn write(name: &CookieName, value: &str, same_site: SameSite, lifetime: &str) -> String {
    let same_site = same_site.as_str();
    format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}{lifetime}")
}

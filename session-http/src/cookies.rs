use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use session_core::{
    CookieValue, SameSite, SignedStatement, StatementCookie, remove_cookie, remove_statement_cookie,
    set_cookie, set_statement_cookie,
};
#[cfg(feature = "passwords")]
use session_core::{DeviceCookie, set_device_cookie};
use session_engine::{Keys, Sessions};

/// How the two cookies are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CookieSettings {
    /// Which cross-site requests carry the session cookie.
    pub(crate) same_site: SameSite,
    /// Who may read the statement cookie; `None` for no such cookie.
    pub(crate) statement: Option<StatementCookie>,
}

/// What an answer does to the cookies of a browser.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cookies(Vec<HeaderValue>);

impl Cookies {
    /// Hands a session to the browser.
    pub(crate) fn give(&mut self, value: &CookieValue, sessions: &Sessions, settings: CookieSettings) {
        self.push(set_cookie(sessions.keys().cookie_name(), value, settings.same_site));
    }

    /// Hands it a statement, if there is a cookie for that.
    pub(crate) fn state(
        &mut self,
        statement: &SignedStatement,
        sessions: &Sessions,
        settings: CookieSettings,
    ) {
        if let Some(readers) = settings.statement {
            self.push(set_statement_cookie(statement, sessions.now(), readers, settings.same_site));
        }
    }

    /// Lets the device be known again.
    #[cfg(feature = "passwords")]
    pub(crate) fn remember(&mut self, device: &DeviceCookie) {
        self.push(set_device_cookie(device));
    }

    /// Takes the session cookie away, and the statement cookie with it: that one is never taken for
    /// a reason of its own, since it says itself when it is over.
    pub(crate) fn take(keys: &Keys, settings: CookieSettings) -> Self {
        let mut cookies = Self::default();
        cookies.push(remove_cookie(keys.cookie_name(), settings.same_site));
        if let Some(readers) = settings.statement {
            cookies.push(remove_statement_cookie(readers, settings.same_site));
        }
        cookies
    }

    #[cfg(feature = "legacy")]
    pub(crate) fn and(mut self, others: impl IntoIterator<Item = HeaderValue>) -> Self {
        self.0.extend(others);
        self
    }

    pub(crate) fn apply_to(self, headers: &mut HeaderMap) {
        for value in self {
            headers.append(SET_COOKIE, value);
        }
    }

    fn push(&mut self, cookie: String) {
        if let Ok(mut value) = HeaderValue::try_from(cookie) {
            // Keeps it out of `Debug`.
            value.set_sensitive(true);
            self.0.push(value);
        }
    }
}

/// The values of `Set-Cookie`.
impl IntoIterator for Cookies {
    type Item = HeaderValue;
    type IntoIter = std::vec::IntoIter<HeaderValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

//! How the values of settings are written.

use std::net::IpAddr;
use std::time::Duration;

use clap::ValueEnum;
use ipnet::IpNet;
use session_core::{CookieName, InvalidCookieName, SameSite, StatementCookie};
use session_engine::{NearCacheLimits, PasswordCost};
use session_http::{InvalidOrigin, Origin};

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SameSiteSetting {
    /// Also when somebody follows a link to the site
    Lax,
    /// None at all
    Strict,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StatementCookieSetting {
    /// Scripts of the page, and edges
    Readable,
    /// Edges alone
    HttpOnly,
    /// Nobody: there is no such cookie
    Off,
}

/// Something that is done or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

impl Switch {
    pub(crate) fn is_on(self) -> bool {
        self == Self::On
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line, for programs
    Json,
}

/// How much work a password's hash is.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum PasswordCostSetting {
    /// 19 MiB, 2 passes: OWASP's first recommendation for Argon2id
    #[default]
    #[value(name = "19-mib")]
    Mib19,
    /// 46 MiB, 1 pass: OWASP's other one
    #[value(name = "46-mib")]
    Mib46,
    /// 64 MiB, 3 passes, 4 lanes: RFC 9106's second recommendation
    #[value(name = "64-mib")]
    Mib64,
}

impl From<SameSiteSetting> for SameSite {
    fn from(setting: SameSiteSetting) -> Self {
        match setting {
            SameSiteSetting::Lax => Self::Lax,
            SameSiteSetting::Strict => Self::Strict,
        }
    }
}

impl From<StatementCookieSetting> for Option<StatementCookie> {
    fn from(setting: StatementCookieSetting) -> Self {
        match setting {
            StatementCookieSetting::Readable => Some(StatementCookie::Readable),
            StatementCookieSetting::HttpOnly => Some(StatementCookie::HttpOnly),
            StatementCookieSetting::Off => None,
        }
    }
}

impl From<PasswordCostSetting> for PasswordCost {
    fn from(setting: PasswordCostSetting) -> Self {
        match setting {
            PasswordCostSetting::Mib19 => Self::Mib19,
            PasswordCostSetting::Mib46 => Self::Mib46,
            PasswordCostSetting::Mib64 => Self::Mib64,
        }
    }
}

/// A time of whole seconds, 1 s or more, such as `15m`.
pub(crate) fn some_seconds(text: &str) -> Result<Duration, String> {
    whole_seconds(text)
        .ok()
        .filter(|span| !span.is_zero())
        .ok_or("expected a time of 1 s or more, such as `15m`".into())
}

/// A time of whole seconds, from 1 s to 2 s.
///
/// Longer than that nobody who was logged out elsewhere may pass for logged in (R59).
pub(crate) fn near_cache_age(text: &str) -> Result<Duration, String> {
    let longest = NearCacheLimits::default().max_age;
    some_seconds(text)
        .ok()
        .filter(|span| *span <= longest)
        .ok_or(format!("expected a time of 1 s to {} s, such as `1s`", longest.as_secs()))
}

/// A time of whole seconds, such as `30m` or `12h`.
pub(crate) fn whole_seconds(text: &str) -> Result<Duration, String> {
    let span = humantime::parse_duration(text).map_err(|_| "expected a time such as `30m` or `12h`")?;
    if span.subsec_nanos() == 0 { Ok(span) } else { Err("expected whole seconds".into()) }
}

/// `__Host-` and a token (RFC 9110 §5.6.2), together at most 64 bytes.
pub(crate) fn cookie_name(text: &str) -> Result<CookieName, InvalidCookieName> {
    CookieName::new(text)
}

/// An address, or a network such as `10.0.0.0/8`.
pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse()
        .or_else(|_| address())
        .map_err(|_| "expected an address or a network such as `10.0.0.0/8`".into())
}

/// A URL of scheme, host and port alone: https, or http for this machine alone.
///
/// A browser keeps `Secure` cookies for https, and for this machine alone without it.
pub(crate) fn origin(text: &str) -> Result<Origin, String> {
    let origin: Origin = text.parse().map_err(|error: InvalidOrigin| error.to_string())?;
    if origin.keeps_secure_cookies() {
        Ok(origin)
    } else {
        Err("expected https: over http browsers keep session cookies for this machine alone".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R15: no browser elsewhere would keep the cookie.
    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for good in
            ["https://app.example", "https://app.example:8443", "http://localhost:8080", "http://[::1]:1"]
        {
            assert_eq!(origin(good).map(|origin| origin.to_string()).as_deref(), Ok(good));
        }
        for bad in ["http://app.example", "https://app.example/", "app.example", "ftp://x", ""] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}

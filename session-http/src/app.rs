use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "passwords")]
use session_engine::Logins;
use session_engine::{Events, Sessions};

use crate::client_address::TrustedProxies;
use crate::cookies::{CookieSettings, Cookies};
use crate::forward_auth::AccessRules;
use crate::lifecycle::Lifecycle;
#[cfg(feature = "page")]
use crate::page::Pages;
use crate::path_prefix::PathPrefix;
#[cfg(feature = "places")]
use crate::places::Places;
use crate::same_site::OwnOrigins;

/// What every request needs: the sessions, the users, and how both are spoken of over HTTP. It is
/// made by an [`AppBuilder`](crate::AppBuilder) and does not change; clones are the same.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) sessions: Sessions,
    #[cfg(feature = "passwords")]
    pub(crate) logins: Option<Logins>,
    #[cfg(feature = "passwords")]
    pub(crate) carried_over: Vec<String>,
    pub(crate) origins: OwnOrigins,
    pub(crate) cookies: CookieSettings,
    pub(crate) reauthenticate_within: Duration,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) prefix: PathPrefix,
    pub(crate) access_rules: Option<AccessRules>,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) events: Option<Events>,
    #[cfg(feature = "page")]
    pub(crate) pages: Pages,
    #[cfg(feature = "places")]
    pub(crate) places: Option<Places>,
}

impl App {
    pub(crate) fn of(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The rules.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// What others are told by of what happens, if events are on.
    #[must_use]
    pub fn events(&self) -> Option<&Events> {
        self.0.events.as_ref()
    }

    /// Names and passwords, if there are users.
    #[cfg(feature = "passwords")]
    #[must_use]
    pub fn logins(&self) -> Option<&Logins> {
        self.0.logins.as_ref()
    }

    /// What of a guest's data becomes the user's at our own login.
    #[cfg(feature = "passwords")]
    pub(crate) fn carried_over(&self) -> &[String] {
        &self.0.carried_over
    }

    /// Under which URL browsers know this server.
    #[must_use]
    pub fn public_origin(&self) -> &str {
        &self.0.origins.public
    }

    /// Brings up to date what is measured and is a state rather than a count.
    #[cfg(feature = "management")]
    pub(crate) fn observe(&self) {
        self.sessions().observe();
        #[cfg(feature = "passwords")]
        self.logins().iter().for_each(|logins| logins.observe());
    }

    pub(crate) fn origins(&self) -> &OwnOrigins {
        &self.0.origins
    }

    /// Whether the server is to go on.
    #[must_use]
    pub fn lifecycle(&self) -> &Lifecycle {
        &self.0.lifecycle
    }

    pub(crate) fn cookie_settings(&self) -> CookieSettings {
        self.0.cookies
    }

    /// What takes both cookies away.
    pub(crate) fn removals(&self) -> Cookies {
        Cookies::take(&self.0.sessions.keys(), self.0.cookies)
    }

    pub(crate) fn reauthenticate_within(&self) -> Duration {
        self.0.reauthenticate_within
    }

    pub(crate) fn trusted_proxies(&self) -> &TrustedProxies {
        &self.0.trusted_proxies
    }

    /// What the paths of our routes begin with.
    #[must_use]
    pub fn prefix(&self) -> &PathPrefix {
        &self.0.prefix
    }

    /// What browsers are shown.
    #[cfg(feature = "page")]
    pub(crate) fn pages(&self) -> &Pages {
        &self.0.pages
    }

    /// Where addresses are, if that is known.
    #[cfg(feature = "places")]
    pub(crate) fn places(&self) -> Option<&Places> {
        self.0.places.as_ref()
    }

    /// For whom what is behind a proxy that asks is, if any does.
    pub(crate) fn access_rules(&self) -> Option<&AccessRules> {
        self.0.access_rules.as_ref()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("origins", &self.0.origins).finish_non_exhaustive()
    }
}

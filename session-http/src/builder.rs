use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use session_core::{SameSite, StatementCookie, Timeouts};
#[cfg(feature = "legacy")]
use session_engine::LegacySessions;
use session_engine::store::Store;
#[cfg(feature = "passwords")]
use session_engine::{AttemptLimits, HashingLimits, PasswordCost, Users};
use session_engine::{Clock, Events, Keys, NearCacheLimits, Pace, Sessions, SessionsBuilder};

use crate::app::{App, Parts};
use crate::client_address::TrustedProxies;
use crate::cookies::CookieSettings;
use crate::forward_auth::AccessRules;
use crate::lifecycle::Lifecycle;
use crate::origin::Origin;
#[cfg(feature = "page")]
use crate::page::{PageSettings, Pages};
use crate::path_prefix::PathPrefix;
#[cfg(feature = "places")]
use crate::places::Places;
use crate::same_site::OwnOrigins;

/// Puts an [`App`] together, so that all its parts are about the same keys, store and origin.
#[must_use]
pub struct AppBuilder {
    sessions: SessionsBuilder,
    #[cfg(feature = "passwords")]
    logins: Option<Arc<dyn Users>>,
    #[cfg(feature = "passwords")]
    password_cost: PasswordCost,
    #[cfg(feature = "passwords")]
    hashing: HashingLimits,
    #[cfg(feature = "passwords")]
    attempt_limits: AttemptLimits,
    #[cfg(feature = "passwords")]
    carried_over: Vec<String>,
    allowed_origins: Vec<Origin>,
    cookies: CookieSettings,
    reauthenticate_within: Duration,
    trusted_proxies: TrustedProxies,
    prefix: PathPrefix,
    access_rules: Option<AccessRules>,
    lifecycle: Lifecycle,
    events: Option<Events>,
    #[cfg(feature = "page")]
    page: PageSettings,
    #[cfg(feature = "places")]
    places: Option<Places>,
}

impl App {
    /// An application whose sessions are in `store` and are signed with `keys`; the rest is by
    /// default unless it is set.
    pub fn builder(keys: Keys, store: Arc<dyn Store>) -> AppBuilder {
        AppBuilder::new(keys, store)
    }
}

impl AppBuilder {
    /// Within this time after its password was entered a session may end others, unless another is
    /// set (ASVS 5.0 V7.5.2 asks for the password once more).
    pub const DEFAULT_REAUTHENTICATE_WITHIN: Duration = Duration::from_secs(5 * 60);

    fn new(keys: Keys, store: Arc<dyn Store>) -> Self {
        Self {
            sessions: Sessions::builder(keys, store),
            #[cfg(feature = "passwords")]
            logins: None,
            #[cfg(feature = "passwords")]
            password_cost: PasswordCost::default(),
            #[cfg(feature = "passwords")]
            hashing: HashingLimits::default(),
            #[cfg(feature = "passwords")]
            attempt_limits: AttemptLimits::default(),
            #[cfg(feature = "passwords")]
            carried_over: Vec::new(),
            allowed_origins: Vec::new(),
            cookies: CookieSettings {
                same_site: SameSite::default(),
                statement: Some(StatementCookie::default()),
            },
            reauthenticate_within: Self::DEFAULT_REAUTHENTICATE_WITHIN,
            trusted_proxies: TrustedProxies::default(),
            prefix: PathPrefix::default(),
            access_rules: None,
            lifecycle: Lifecycle::new(),
            events: None,
            #[cfg(feature = "page")]
            page: PageSettings::new(),
            #[cfg(feature = "places")]
            places: None,
        }
    }

    /// Who may sign in with a name and a password. Without users there is no `POST /login`: the
    /// application starts sessions itself.
    #[cfg(feature = "passwords")]
    pub fn users(self, users: Arc<dyn Users>) -> Self {
        Self { logins: Some(users), ..self }
    }

    /// The work of a password hash.
    #[cfg(feature = "passwords")]
    pub fn password_cost(self, password_cost: PasswordCost) -> Self {
        Self { password_cost, ..self }
    }

    /// Bounds on password hashing.
    #[cfg(feature = "passwords")]
    pub fn hashing(self, hashing: HashingLimits) -> Self {
        Self { hashing, ..self }
    }

    /// How many wrong passwords are allowed.
    #[cfg(feature = "passwords")]
    pub fn attempt_limits(self, attempt_limits: AttemptLimits) -> Self {
        Self { attempt_limits, ..self }
    }

    /// Members of the data of a guest's session that go over into the user's at `POST /login`, such
    /// as a cart; no others do. An application's own sign-in names them itself
    /// ([`NewSession::carry_over`](session_engine::NewSession::carry_over)).
    #[cfg(feature = "passwords")]
    pub fn carry_over<M: Into<String>>(self, members: impl IntoIterator<Item = M>) -> Self {
        Self { carried_over: members.into_iter().map(Into::into).collect(), ..self }
    }

    /// Under which URL browsers know this server, such as `https://app.example`: it may send what
    /// changes something, and statements name it as their issuer. Without it this is
    /// `http://127.0.0.1:8080`, for trying things out.
    pub fn public_origin(self, origin: impl Into<String>) -> Self {
        Self { sessions: self.sessions.issuer(origin), ..self }
    }

    /// Further origins by which browsers know this server, or whose pages may change something here.
    pub fn allowed_origins(self, origins: impl IntoIterator<Item = Origin>) -> Self {
        Self { allowed_origins: origins.into_iter().collect(), ..self }
    }

    /// How long sessions live.
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { sessions: self.sessions.timeouts(timeouts), ..self }
    }

    /// How long guests' sessions live.
    pub fn guest_timeouts(self, timeouts: Timeouts) -> Self {
        Self { sessions: self.sessions.guest_timeouts(timeouts), ..self }
    }

    /// How many sessions one subject may have.
    pub fn max_sessions_per_subject(self, max: NonZero<usize>) -> Self {
        Self { sessions: self.sessions.max_per_subject(max), ..self }
    }

    /// How often the data of one session may be changed, on each server.
    pub fn change_pace(self, pace: Pace) -> Self {
        Self { sessions: self.sessions.change_pace(pace), ..self }
    }

    /// How often the sessions of one subject may be renewed, on each server.
    pub fn renewal_pace(self, pace: Pace) -> Self {
        Self { sessions: self.sessions.renewal_pace(pace), ..self }
    }

    /// How often one session may list or end the sessions of its subject, on each server.
    pub fn device_pace(self, pace: Pace) -> Self {
        Self { sessions: self.sessions.device_pace(pace), ..self }
    }

    /// How much is kept of sessions that were just checked, with a store in Redis; `None` for nothing: see
    /// [`SessionsBuilder::near_cache`](session_engine::SessionsBuilder::near_cache).
    pub fn near_cache(self, limits: Option<NearCacheLimits>) -> Self {
        Self { sessions: self.sessions.near_cache(limits), ..self }
    }

    /// Sessions of another library in the same Redis: whoever has one goes on with one of ours. Of its data those
    /// members go over that [`carry_over`](Self::carry_over) names.
    #[cfg(feature = "legacy")]
    pub fn legacy(self, legacy: LegacySessions) -> Self {
        Self { sessions: self.sessions.legacy(legacy), ..self }
    }

    /// Where the time comes from, if not from the operating system. The store must have the same.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { sessions: self.sessions.clock(clock), ..self }
    }

    /// Which cross-site requests carry the session cookie.
    pub fn same_site(self, same_site: SameSite) -> Self {
        Self { cookies: CookieSettings { same_site, ..self.cookies }, ..self }
    }

    /// Who may read the statement cookie, which goes with every view of a session; `None` for no
    /// such cookie.
    pub fn statement_cookie(self, statement: Option<StatementCookie>) -> Self {
        Self { cookies: CookieSettings { statement, ..self.cookies }, ..self }
    }

    /// How long after the password was last entered a session may end others.
    pub fn reauthenticate_within(self, reauthenticate_within: Duration) -> Self {
        Self { reauthenticate_within, ..self }
    }

    /// Whose word on a client's address is believed.
    pub fn trusted_proxies(self, trusted_proxies: TrustedProxies) -> Self {
        Self { trusted_proxies, ..self }
    }

    /// What the paths of our routes begin with, where others belong to an application that is reached at the same
    /// origin. `/livez`, `/readyz` and what is beneath `/.well-known/` are found without it too.
    pub fn path_prefix(self, prefix: PathPrefix) -> Self {
        Self { prefix, ..self }
    }

    /// Lets proxies ask at `/auth` whether the application behind them may have a request, and whose it is.
    pub fn forward_auth(self, rules: AccessRules) -> Self {
        Self { access_rules: Some(rules), ..self }
    }

    /// The server's, if there is more to it than this application.
    pub fn lifecycle(self, lifecycle: Lifecycle) -> Self {
        Self { lifecycle, ..self }
    }

    /// What others are told by of what happens to sessions, and of names and passwords that are refused. Without it
    /// they are told nothing.
    pub fn events(self, events: Events) -> Self {
        let sessions = self.sessions.events(events.clone());
        Self { sessions, events: Some(events), ..self }
    }

    /// How the page shows whose it is.
    #[cfg(feature = "page")]
    pub fn page(self, page: PageSettings) -> Self {
        Self { page, ..self }
    }

    /// By what lists of sessions tell where each was begun. Without it they tell addresses alone.
    #[cfg(feature = "places")]
    pub fn places(self, places: Places) -> Self {
        Self { places: Some(places), ..self }
    }

    /// The application.
    ///
    /// # Errors
    /// When there are users and the system gives no randomness.
    pub fn build(self) -> Result<App, BuildError> {
        #[cfg(feature = "passwords")]
        let sessions = match &self.logins {
            Some(users) => self.sessions.users(Arc::clone(users)),
            None => self.sessions,
        };
        #[cfg(not(feature = "passwords"))]
        let sessions = self.sessions;
        let sessions = sessions.build();
        #[cfg(feature = "passwords")]
        let logins = match self.logins {
            Some(users) => {
                let logins = session_engine::Logins::builder(users, Arc::clone(sessions.store()))
                    .password_cost(self.password_cost)
                    .hashing(self.hashing)
                    .attempt_limits(self.attempt_limits);
                let logins = match &self.events {
                    Some(events) => logins.events(events.clone()),
                    None => logins,
                };
                Some(logins.build().map_err(|_| BuildError::Entropy)?)
            }
            None => None,
        };
        Ok(App::of(Parts {
            origins: OwnOrigins { public: sessions.issuer().to_owned(), others: self.allowed_origins },
            sessions,
            #[cfg(feature = "passwords")]
            logins,
            #[cfg(feature = "passwords")]
            carried_over: self.carried_over,
            cookies: self.cookies,
            reauthenticate_within: self.reauthenticate_within,
            trusted_proxies: self.trusted_proxies,
            #[cfg(feature = "page")]
            pages: Pages::new(self.page, &self.prefix),
            #[cfg(feature = "places")]
            places: self.places,
            prefix: self.prefix,
            access_rules: self.access_rules,
            lifecycle: self.lifecycle,
            events: self.events,
        }))
    }
}

/// Why there is no application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The system gives no randomness.
    #[error("the system's random number generator is unavailable")]
    Entropy,
}

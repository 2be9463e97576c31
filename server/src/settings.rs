//! What can be set, and what it is set to by default.

pub(crate) mod legacy;
pub(crate) mod listen_address;
#[cfg(feature = "page")]
mod page;
mod redis;
pub(crate) mod sources;
pub(crate) mod values;

use std::fs;
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ipnet::IpNet;
use session_core::{CookieName, SameSite, StatementCookie, Timeouts};
use session_engine::{AttemptLimits, HashingLimits, NearCacheLimits};
use session_http::{AccessRules, Limits, Origin, PathPrefix, Places};

use crate::Result;
use crate::data_files::data_file;
use listen_address::ListenAddress;
use values::{
    LogFormat, PasswordCostSetting, SameSiteSetting, StatementCookieSetting, Switch, cookie_name,
    near_cache_age, network, origin, some_seconds, whole_seconds,
};

/// The settings of `serve`. Each is a flag, an environment variable and a line in the settings
/// file; the flag wins over the variable, and that over the file.
#[derive(Args, Debug)]
pub(crate) struct Settings {
    /// A TOML file with any of these settings, named like the flags
    #[arg(long, env = "SESSION_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// Address for browsers and proxies: `HOST:PORT`, or `:PORT` for every address of this machine
    #[arg(
        long,
        env = "SESSION_LISTEN",
        help_heading = "Addresses",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080"
    )]
    pub(crate) listen: ListenAddress,

    /// Address for administrators and back ends, `HOST:PORT`, which strangers must not reach [default: none]
    #[arg(long, env = "SESSION_MANAGE", help_heading = "Addresses", value_name = "ADDRESS")]
    pub(crate) manage: Option<ListenAddress>,

    /// A file that says who may manage: lines of `name:token`, a token of 32 characters or more
    #[arg(long, env = "SESSION_MANAGEMENT_TOKENS", help_heading = "Addresses", value_name = "FILE")]
    pub(crate) management_tokens: Option<PathBuf>,

    /// Where sessions are kept, by its URL: `embedded:DIRECTORY`, `redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]`,
    /// `redis+sentinel://[USER[:PASSWORD]@]HOST[:PORT],…/NAME[/DB]`,
    /// `redis+cluster://[USER[:PASSWORD]@]HOST[:PORT],…`, one of these with `rediss` for TLS, or
    /// `redis+unix:///PATH[?db=DB&user=USER&pass=PASSWORD]`
    #[arg(
        long,
        env = "SESSION_STORE",
        help_heading = "The store",
        value_name = "URL",
        default_value = "embedded:./session-data",
        hide_env_values = true
    )]
    pub(crate) store: String,

    #[command(flatten)]
    pub(crate) redis: redis::Redis,

    /// Key ring; made at the first start
    #[arg(
        long,
        env = "SESSION_KEYS",
        help_heading = "Keys and users",
        value_name = "FILE",
        default_value_os_t = data_file("keys.json")
    )]
    pub(crate) keys: PathBuf,

    /// Names and password hashes, written by `session-server user`
    #[arg(
        long,
        env = "SESSION_USERS",
        help_heading = "Keys and users",
        value_name = "FILE",
        default_value_os_t = data_file("users")
    )]
    pub(crate) users: PathBuf,

    /// URL by which browsers know this server, and issuer of its statements [default: http://LISTEN]
    #[arg(long, env = "SESSION_PUBLIC_ORIGIN", help_heading = "Addresses", value_name = "URL", value_parser = origin)]
    pub(crate) public_origin: Option<Origin>,

    /// Further URLs by which browsers know this server, separated by commas
    #[arg(
        long,
        env = "SESSION_ALLOWED_ORIGINS",
        help_heading = "Addresses",
        value_name = "URLS",
        value_delimiter = ',',
        value_parser = origin
    )]
    pub(crate) allowed_origins: Vec<Origin>,

    /// Longest time without use
    #[arg(
        long,
        env = "SESSION_IDLE_TIMEOUT",
        help_heading = "Sessions",
        value_name = "TIME",
        value_parser = whole_seconds,
        default_value = "30m"
    )]
    idle_timeout: Duration,

    /// Longest time since the login
    #[arg(
        long,
        env = "SESSION_ABSOLUTE_TIMEOUT",
        help_heading = "Sessions",
        value_name = "TIME",
        value_parser = whole_seconds,
        default_value = "12h"
    )]
    absolute_timeout: Duration,

    /// Sessions of one user at a time; with one more, the one that was used least lately ends
    #[arg(
        long,
        env = "SESSION_SESSIONS_PER_USER",
        help_heading = "Sessions",
        value_name = "N",
        default_value = "100"
    )]
    pub(crate) sessions_per_user: NonZero<usize>,

    /// Sessions that this server keeps for a moment, so that the next check need not ask Redis, which tells when one
    /// changes; 0 for none
    #[arg(
        long,
        env = "SESSION_NEAR_CACHE",
        help_heading = "The store",
        value_name = "N",
        default_value_t = NearCacheLimits::default().entries
    )]
    near_cache: usize,

    /// Longest time for which such a session is believed where Redis could not tell, up to 2 s
    #[arg(
        long,
        env = "SESSION_NEAR_CACHE_AGE",
        help_heading = "The store",
        value_name = "TIME",
        value_parser = near_cache_age,
        default_value = "2s"
    )]
    near_cache_age: Duration,

    /// Time after the password was entered in which a session may end others
    #[arg(
        long,
        env = "SESSION_REAUTHENTICATE_WITHIN",
        help_heading = "Sessions",
        value_name = "TIME",
        value_parser = whole_seconds,
        default_value = "5m"
    )]
    pub(crate) reauthenticate_within: Duration,

    /// Name of the session cookie, with the prefix `__Host-`
    #[arg(
        long,
        env = "SESSION_COOKIE_NAME",
        help_heading = "Cookies",
        value_name = "NAME",
        value_parser = cookie_name,
        default_value = CookieName::DEFAULT
    )]
    pub(crate) cookie_name: CookieName,

    /// Which cross-site requests carry the session cookie
    #[arg(long, env = "SESSION_SAME_SITE", help_heading = "Cookies", value_enum, default_value_t = SameSiteSetting::Lax)]
    same_site: SameSiteSetting,

    /// Who reads the cookie `__Host-session-statement`, which goes with every view of a session
    #[arg(
        long,
        env = "SESSION_STATEMENT_COOKIE",
        help_heading = "Cookies",
        value_enum,
        default_value_t = StatementCookieSetting::Readable
    )]
    statement_cookie: StatementCookieSetting,

    /// Addresses and networks of proxies whose `X-Forwarded-For` is believed, separated by commas
    #[arg(
        long,
        env = "SESSION_TRUSTED_PROXIES",
        help_heading = "Addresses",
        value_name = "NETWORKS",
        value_delimiter = ',',
        value_parser = network
    )]
    pub(crate) trusted_proxies: Vec<IpNet>,

    /// What the paths of this server begin with, such as `/_session`, where others at its origin belong to an
    /// application behind the same proxy [default: nothing]
    #[arg(
        long,
        env = "SESSION_PATH_PREFIX",
        help_heading = "In front of an application",
        value_name = "PATH",
        default_value_t,
        hide_default_value = true
    )]
    pub(crate) path_prefix: PathPrefix,

    /// Who may have what of that application when a proxy asks at `/auth`, separated by commas: `PATH=ACCESS`, where
    /// the access is `public`, `signed-in` or `recent` (the password was entered within `--reauthenticate-within`),
    /// with `:passive` behind it for what extends no session [default: everything for who is signed in]
    #[arg(
        long,
        env = "SESSION_ACCESS_RULES",
        help_heading = "In front of an application",
        value_name = "RULES",
        value_delimiter = ','
    )]
    access_rules: Vec<String>,

    /// A file with a database of cities or countries in the format of MaxMind (`.mmdb`), by which lists of sessions
    /// tell where each was begun [default: none]
    #[arg(long, env = "SESSION_PLACE_DATABASE", help_heading = "Sessions", value_name = "FILE")]
    place_database: Option<PathBuf>,

    #[cfg(feature = "page")]
    #[command(flatten)]
    pub(crate) page: page::Page,

    /// Wrong passwords for one account within the window
    #[arg(
        long,
        env = "SESSION_LOGIN_ATTEMPTS_PER_ACCOUNT",
        help_heading = "Keys and users",
        value_name = "N",
        default_value = "10"
    )]
    login_attempts_per_account: NonZero<u64>,

    /// Wrong passwords from one address (IPv6: one /64) within the window
    #[arg(
        long,
        env = "SESSION_LOGIN_ATTEMPTS_PER_ADDRESS",
        help_heading = "Keys and users",
        value_name = "N",
        default_value = "100"
    )]
    login_attempts_per_address: NonZero<u64>,

    /// Time after which wrong passwords are forgotten
    #[arg(
        long,
        env = "SESSION_LOGIN_ATTEMPT_WINDOW",
        help_heading = "Keys and users",
        value_name = "TIME",
        value_parser = some_seconds,
        default_value = "15m"
    )]
    login_attempt_window: Duration,

    /// Work of a password hash; weaker ones are strengthened at the next login
    #[arg(long, env = "SESSION_PASSWORD_COST", help_heading = "Keys and users", value_enum, default_value_t)]
    pub(crate) password_cost: PasswordCostSetting,

    /// Passwords hashed at the same time [default: half as many as there are processors]
    #[arg(
        long,
        env = "SESSION_HASHING_THREADS",
        help_heading = "Keys and users",
        value_name = "N",
        default_value_t = HashingLimits::default().threads,
        hide_default_value = true
    )]
    hashing_threads: NonZero<usize>,

    /// Logins that may wait for a hashing thread [default: 64 for each thread that there is by default]
    #[arg(
        long,
        env = "SESSION_HASHING_QUEUE",
        help_heading = "Keys and users",
        value_name = "N",
        default_value_t = HashingLimits::default().queue,
        hide_default_value = true
    )]
    hashing_queue: usize,

    /// Connections at a time
    #[arg(
        long,
        env = "SESSION_MAX_CONNECTIONS",
        help_heading = "Connections",
        value_name = "N",
        default_value_t = Limits::default().connections
    )]
    max_connections: NonZero<u32>,

    /// Time between two requests on a connection; longer than the load balancer's
    #[arg(
        long,
        env = "SESSION_KEEP_ALIVE",
        help_heading = "Connections",
        value_name = "TIME",
        value_parser = whole_seconds,
        default_value = "75s"
    )]
    keep_alive: Duration,

    /// After SIGTERM: time to go on accepting while load balancers see that /readyz says no
    #[arg(
        long,
        env = "SESSION_DRAIN_DELAY",
        help_heading = "Connections",
        value_name = "TIME",
        value_parser = whole_seconds,
        default_value = "0s"
    )]
    drain_delay: Duration,

    /// After that: time for running requests to finish
    #[arg(
        long,
        env = "SESSION_DRAIN_TIMEOUT",
        help_heading = "Connections",
        value_name = "TIME",
        value_parser = whole_seconds,
        default_value = "30s"
    )]
    drain_timeout: Duration,

    /// Which log lines are written, as `tracing-subscriber` filters
    #[arg(
        long,
        env = "SESSION_LOG",
        help_heading = "Log and spans",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub(crate) log: String,

    /// Form of the log on standard error
    #[arg(long, env = "SESSION_LOG_FORMAT", help_heading = "Log and spans", value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,

    /// A file to which the audit log goes too, as JSON [default: none]
    #[arg(long, env = "SESSION_AUDIT_LOG", help_heading = "Log and spans", value_name = "FILE")]
    pub(crate) audit_log: Option<PathBuf>,

    /// Tells others what happens to sessions: in a stream in Redis, and at `/events` of the management
    #[arg(
        long,
        env = "SESSION_EVENTS",
        help_heading = "Events and webhook",
        value_enum,
        default_value_t = Switch::Off,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "on"
    )]
    pub(crate) events: Switch,

    /// URL to which events are sent, by https, or by http on this machine [default: none]
    #[arg(
        long,
        env = "SESSION_WEBHOOK",
        help_heading = "Events and webhook",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) webhook: Option<String>,

    /// A file with the secrets that sign what is sent there: lines of `whsec_` and 24 to 64 bytes in base64
    #[arg(long, env = "SESSION_WEBHOOK_SECRET", help_heading = "Events and webhook", value_name = "FILE")]
    pub(crate) webhook_secret: Option<PathBuf>,

    /// URL of a collector to which the spans of requests are sent by OTLP, such as `http://127.0.0.1:4318`
    /// [default: none]
    #[cfg(feature = "otlp")]
    #[arg(long, env = "SESSION_OTLP_ENDPOINT", help_heading = "Log and spans", value_name = "URL")]
    pub(crate) otlp_endpoint: Option<String>,

    #[command(flatten)]
    pub(crate) legacy: legacy::Legacy,
}

impl Settings {
    pub(crate) fn timeouts(&self) -> Result<Timeouts> {
        Ok(Timeouts::new(self.idle_timeout, self.absolute_timeout)?)
    }

    pub(crate) fn near_cache(&self) -> Option<NearCacheLimits> {
        let limits = NearCacheLimits { entries: self.near_cache, max_age: self.near_cache_age };
        (limits.entries > 0).then_some(limits)
    }

    pub(crate) fn same_site(&self) -> SameSite {
        self.same_site.into()
    }

    pub(crate) fn statement_cookie(&self) -> Option<StatementCookie> {
        self.statement_cookie.into()
    }

    pub(crate) fn attempt_limits(&self) -> AttemptLimits {
        AttemptLimits {
            per_account: self.login_attempts_per_account.get(),
            per_address: self.login_attempts_per_address.get(),
            window: self.login_attempt_window,
        }
    }

    pub(crate) fn hashing_limits(&self) -> HashingLimits {
        HashingLimits { threads: self.hashing_threads, queue: self.hashing_queue }
    }

    pub(crate) fn access_rules(&self) -> Result<AccessRules> {
        let rules = AccessRules::parse(self.access_rules.iter().map(String::as_str));
        Ok(rules.map_err(|error| format!("`--access-rules`: {error}"))?)
    }

    /// Read as a whole, which takes as much memory.
    pub(crate) fn places(&self) -> Result<Option<Places>> {
        let Some(path) = &self.place_database else { return Ok(None) };
        let shown = path.display();
        let content =
            fs::read(path).map_err(|error| format!("place database `{shown}` cannot be read: {error}"))?;
        let places = Places::new(content).map_err(|error| format!("place database `{shown}`: {error}"))?;
        Ok(Some(places))
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            connections: self.max_connections,
            keep_alive: self.keep_alive,
            drain_delay: self.drain_delay,
            drain: self.drain_timeout,
            ..Limits::default()
        }
    }
}

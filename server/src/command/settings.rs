use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, ValueEnum};
use ipnet::IpNet;
use session_core::{CookieName, SameSite, StatementCookie, Timeouts};
use session_server::{AttemptLimits, HashingLimits, Limits, PasswordCost};

use super::{Cli, Result, data_file};

/// What every setting is called in the environment.
const ENVIRONMENT_PREFIX: &str = "SESSION_";

/// A desktop's own variable, which has nothing to do with us.
const FOREIGN_VARIABLE: &str = "SESSION_MANAGER";

/// The settings of `serve`. Each is a flag, an environment variable and a line in the settings
/// file; the flag wins over the variable, and that over the file.
#[derive(Args, Debug)]
pub(super) struct Settings {
    /// A TOML file with any of these settings, named like the flags
    #[arg(long, env = "SESSION_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// Address for browsers and proxies
    #[arg(long, env = "SESSION_LISTEN", default_value = "127.0.0.1:8080")]
    pub(super) listen: SocketAddr,

    /// Where sessions are kept: `embedded:DIRECTORY` or `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`
    #[arg(long, env = "SESSION_STORE", default_value = "embedded:./session-data", hide_env_values = true)]
    pub(super) store: String,

    /// Key ring; made at the first start
    #[arg(long, env = "SESSION_KEYS", value_name = "FILE", default_value_os_t = data_file("keys.json"))]
    pub(super) keys: PathBuf,

    /// Names and password hashes, written by `session-server user`
    #[arg(long, env = "SESSION_USERS", value_name = "FILE", default_value_os_t = data_file("users"))]
    pub(super) users: PathBuf,

    /// URL by which browsers know this server, and issuer of its statements [default: http://LISTEN]
    #[arg(long, env = "SESSION_PUBLIC_ORIGIN", value_name = "URL", value_parser = origin)]
    pub(super) public_origin: Option<String>,

    /// Longest time without use
    #[arg(long, env = "SESSION_IDLE_TIMEOUT", value_name = "TIME", value_parser = whole_seconds, default_value = "30m")]
    idle_timeout: Duration,

    /// Longest time since the login
    #[arg(long, env = "SESSION_ABSOLUTE_TIMEOUT", value_name = "TIME", value_parser = whole_seconds, default_value = "12h")]
    absolute_timeout: Duration,

    /// Time after the password was entered in which a session may end others
    #[arg(long, env = "SESSION_REAUTHENTICATE_WITHIN", value_name = "TIME", value_parser = whole_seconds, default_value = "5m")]
    pub(super) reauthenticate_within: Duration,

    /// Name of the session cookie, with the prefix `__Host-`
    #[arg(long, env = "SESSION_COOKIE_NAME", value_name = "NAME", value_parser = cookie_name, default_value = CookieName::DEFAULT)]
    pub(super) cookie_name: CookieName,

    /// Which cross-site requests carry the session cookie
    #[arg(long, env = "SESSION_SAME_SITE", value_enum, default_value_t = SameSiteSetting::Lax)]
    same_site: SameSiteSetting,

    /// Who reads the cookie `__Host-session-statement`, which goes with every view of a session
    #[arg(long, env = "SESSION_STATEMENT_COOKIE", value_enum, default_value_t = StatementCookieSetting::Readable)]
    statement_cookie: StatementCookieSetting,

    /// Addresses and networks of proxies whose `X-Forwarded-For` is believed, separated by commas
    #[arg(long, env = "SESSION_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',', value_parser = network)]
    pub(super) trusted_proxies: Vec<IpNet>,

    /// Wrong passwords for one account within the window
    #[arg(long, env = "SESSION_LOGIN_ATTEMPTS_PER_ACCOUNT", value_name = "N", default_value = "10")]
    login_attempts_per_account: NonZero<u64>,

    /// Wrong passwords from one address (IPv6: one /64) within the window
    #[arg(long, env = "SESSION_LOGIN_ATTEMPTS_PER_ADDRESS", value_name = "N", default_value = "100")]
    login_attempts_per_address: NonZero<u64>,

    /// Time after which wrong passwords are forgotten
    #[arg(long, env = "SESSION_LOGIN_ATTEMPT_WINDOW", value_name = "TIME", value_parser = some_seconds, default_value = "15m")]
    login_attempt_window: Duration,

    /// Work of a password hash; weaker ones are strengthened at the next login
    #[arg(long, env = "SESSION_PASSWORD_COST", value_enum, default_value_t)]
    pub(super) password_cost: PasswordCost,

    /// Passwords hashed at the same time
    #[arg(long, env = "SESSION_HASHING_THREADS", value_name = "N", default_value_t = HashingLimits::default().threads)]
    hashing_threads: NonZero<usize>,

    /// Logins that may wait for a hashing thread
    #[arg(long, env = "SESSION_HASHING_QUEUE", value_name = "N", default_value_t = HashingLimits::default().queue)]
    hashing_queue: usize,

    /// Connections at a time
    #[arg(long, env = "SESSION_MAX_CONNECTIONS", value_name = "N", default_value_t = Limits::default().connections)]
    max_connections: NonZero<u32>,

    /// Time between two requests on a connection; longer than the load balancer's
    #[arg(long, env = "SESSION_KEEP_ALIVE", value_name = "TIME", value_parser = whole_seconds, default_value = "75s")]
    keep_alive: Duration,

    /// After SIGTERM: time to go on accepting while load balancers see that /readyz says no
    #[arg(long, env = "SESSION_DRAIN_DELAY", value_name = "TIME", value_parser = whole_seconds, default_value = "0s")]
    drain_delay: Duration,

    /// After that: time for running requests to finish
    #[arg(long, env = "SESSION_DRAIN_TIMEOUT", value_name = "TIME", value_parser = whole_seconds, default_value = "30s")]
    drain_timeout: Duration,

    /// Which log lines are written, as `tracing-subscriber` filters
    #[arg(long, env = "SESSION_LOG", value_name = "FILTER", default_value = "info")]
    pub(super) log: String,

    /// Form of the log on standard error
    #[arg(long, env = "SESSION_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub(super) log_format: LogFormat,
}

impl Settings {
    pub(super) fn timeouts(&self) -> Result<Timeouts> {
        Ok(Timeouts::new(self.idle_timeout, self.absolute_timeout)?)
    }

    pub(super) fn same_site(&self) -> SameSite {
        match self.same_site {
            SameSiteSetting::Lax => SameSite::Lax,
            SameSiteSetting::Strict => SameSite::Strict,
        }
    }

    pub(super) fn statement_cookie(&self) -> Option<StatementCookie> {
        match self.statement_cookie {
            StatementCookieSetting::Readable => Some(StatementCookie::Readable),
            StatementCookieSetting::HttpOnly => Some(StatementCookie::HttpOnly),
            StatementCookieSetting::Off => None,
        }
    }

    pub(super) fn attempt_limits(&self) -> AttemptLimits {
        AttemptLimits {
            per_account: self.login_attempts_per_account.get(),
            per_address: self.login_attempts_per_address.get(),
            window: self.login_attempt_window,
        }
    }

    pub(super) fn hashing_limits(&self) -> HashingLimits {
        HashingLimits { threads: self.hashing_threads, queue: self.hashing_queue }
    }

    pub(super) fn limits(&self) -> Limits {
        Limits {
            connections: self.max_connections,
            keep_alive: self.keep_alive,
            drain_delay: self.drain_delay,
            drain: self.drain_timeout,
            ..Limits::default()
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SameSiteSetting {
    /// Also when somebody follows a link to the site
    Lax,
    /// None at all
    Strict,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StatementCookieSetting {
    /// Scripts of the page, and edges
    Readable,
    /// Edges alone
    HttpOnly,
    /// Nobody: there is no such cookie
    Off,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line, for programs
    Json,
}

/// Reads the command line, the environment, and the settings file they name.
pub(super) fn parse(
    mut arguments: Vec<OsString>,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Cli> {
    let matches = Cli::command().get_matches_from(&arguments);
    if let Some(("serve", serve)) = matches.subcommand() {
        refuse_unknown_variables(environment)?;
        if let Some(path) = serve.get_one::<PathBuf>("config") {
            let is_set = |id: &str| !matches!(serve.value_source(id), None | Some(ValueSource::DefaultValue));
            arguments.extend(arguments_from_file(path, is_set)?);
            // Flags and variables alone were good, so what is wrong now stands in the file.
            let matches = Cli::command().try_get_matches_from(arguments);
            let matches = matches
                .map_err(|error| format!("settings file `{}`: {}", path.display(), first_line(&error)))?;
            return Ok(Cli::from_arg_matches(&matches)?);
        }
    }
    Ok(Cli::from_arg_matches(&matches)?)
}

fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// The settings file's lines as flags, without those that are set with more authority. So there is
/// one parser for all three, and one kind of message.
fn arguments_from_file(path: &PathBuf, is_set: impl Fn(&str) -> bool) -> Result<Vec<OsString>> {
    let unreadable =
        |error: &dyn std::fmt::Display| format!("settings file `{}` cannot be read: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    // The message of the parser quotes the line, which may hold a password.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        unreadable(&format!("not TOML, at line {line}"))
    })?;
    let mut known = setting_names();
    known.remove("config");
    let mut arguments = Vec::new();
    for (name, value) in table {
        if !known.contains(&name) {
            let expected = known.into_iter().collect::<Vec<_>>().join(", ");
            let path = path.display();
            return Err(format!(
                "settings file `{path}` has an unknown setting `{name}`, expected {expected}"
            )
            .into());
        }
        if !is_set(&name.replace('-', "_")) {
            let value = as_argument(&value).ok_or_else(|| {
                let path = path.display();
                format!("settings file `{path}`: `{name}` is not a text, a number, or a list of them")
            })?;
            arguments.push(format!("--{name}={value}").into());
        }
    }
    Ok(arguments)
}

fn as_argument(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Array(items) => {
            Some(items.iter().map(as_argument).collect::<Option<Vec<_>>>()?.join(","))
        }
        _ => None,
    }
}

fn refuse_unknown_variables(environment: impl Iterator<Item = (OsString, OsString)>) -> Result {
    let known = setting_names();
    for (variable, _) in environment {
        let Some(variable) = variable.to_str().filter(|&name| name != FOREIGN_VARIABLE) else { continue };
        let Some(name) = variable.strip_prefix(ENVIRONMENT_PREFIX) else { continue };
        if !known.iter().any(|known| known.to_ascii_uppercase().replace('-', "_") == name) {
            return Err(format!(
                "environment variable `{variable}` is not a setting; see `session-server serve --help`"
            )
            .into());
        }
    }
    Ok(())
}

fn setting_names() -> BTreeSet<String> {
    let command = Cli::command();
    let serve = command.find_subcommand("serve").into_iter().flat_map(clap::Command::get_arguments);
    serve.filter_map(clap::Arg::get_long).map(str::to_owned).filter(|name| name != "help").collect()
}

fn some_seconds(text: &str) -> std::result::Result<Duration, String> {
    whole_seconds(text)
        .ok()
        .filter(|span| !span.is_zero())
        .ok_or("expected a time of 1 s or more, such as `15m`".into())
}

fn whole_seconds(text: &str) -> std::result::Result<Duration, String> {
    let span = humantime::parse_duration(text).map_err(|_| "expected a time such as `30m` or `12h`")?;
    if span.subsec_nanos() == 0 { Ok(span) } else { Err("expected whole seconds".into()) }
}

fn cookie_name(text: &str) -> std::result::Result<CookieName, session_core::InvalidCookieName> {
    CookieName::new(text)
}

fn network(text: &str) -> std::result::Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse()
        .or_else(|_| address())
        .map_err(|_| "expected an address or a network such as `10.0.0.0/8`".into())
}

/// A browser keeps `Secure` cookies for https, and for this machine alone without it.
fn origin(text: &str) -> std::result::Result<String, String> {
    let uri: warp::http::Uri = text.parse().map_err(|_| "expected a URL such as `https://app.example`")?;
    let host = uri.host().unwrap_or_default();
    let is_local =
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let bare = uri.path() == "/" && uri.query().is_none() && !text.ends_with('/') && !text.contains('@');
    match uri.scheme_str() {
        Some("https") if bare && !host.is_empty() => Ok(text.into()),
        Some("http") if bare && is_local => Ok(text.into()),
        Some("http") if bare => {
            Err("expected https: over http browsers keep session cookies for this machine alone".into())
        }
        _ => Err("expected scheme and host alone, such as `https://app.example`".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;

    fn settings(arguments: &[&str]) -> Result<Settings> {
        let arguments = ["session-server", "serve"].iter().chain(arguments).map(OsString::from).collect();
        match parse(arguments, std::iter::empty())?.command {
            Command::Serve(settings) => Ok(*settings),
            other => panic!("{other:?}"),
        }
    }

    fn with_file(content: &str, arguments: &[&str]) -> Result<Settings> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("settings.toml");
        std::fs::write(&path, content).unwrap();
        settings(&[&["--config", path.to_str().unwrap()], arguments].concat())
    }

    #[test]
    fn every_setting_has_its_name_in_the_environment() {
        let command = Cli::command();
        for argument in command.find_subcommand("serve").unwrap().get_arguments() {
            let Some(long) = argument.get_long().filter(|&long| long != "help") else { continue };
            let expected = format!("{ENVIRONMENT_PREFIX}{}", long.to_ascii_uppercase().replace('-', "_"));
            assert_eq!(argument.get_env().and_then(|name| name.to_str()), Some(expected.as_str()));
        }
    }

    #[test]
    fn what_is_not_set_is_as_in_the_library() {
        let settings = settings(&[]).unwrap();
        assert_eq!(settings.attempt_limits(), AttemptLimits::default());
        assert_eq!(settings.hashing_limits(), HashingLimits::default());
        assert_eq!(settings.limits(), Limits::default());
        assert_eq!(settings.timeouts().unwrap(), Timeouts::default());
        assert_eq!(settings.same_site(), SameSite::default());
        assert_eq!(settings.statement_cookie(), Some(StatementCookie::default()));
    }

    #[test]
    fn the_statement_cookie_is_for_scripts_for_edges_or_for_nobody() {
        let expected = [
            ("readable", Some(StatementCookie::Readable)),
            ("http-only", Some(StatementCookie::HttpOnly)),
            ("off", None),
        ];
        for (value, readers) in expected {
            let flag = settings(&["--statement-cookie", value]).unwrap();
            let file = with_file(&format!("statement-cookie = \"{value}\""), &[]).unwrap();
            assert_eq!((flag.statement_cookie(), file.statement_cookie()), (readers, readers));
        }
    }

    #[test]
    fn a_wrong_value_in_the_file_is_told_with_the_file() {
        for line in ["idle-timeout = 30", "idle-timeout = true", "login-attempts-per-account = 0"] {
            let error = with_file(line, &[]).unwrap_err().to_string();
            assert!(error.contains("settings.toml`: "), "{error}");
            assert!(error.contains(line.split(' ').next().unwrap()), "{error}");
        }
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let file =
            "idle-timeout = \"10m\"\nmax-connections = 7\ntrusted-proxies = [\"10.0.0.0/8\", \"::1\"]\n";
        let settings = with_file(file, &["--idle-timeout", "5m"]).unwrap();
        assert_eq!(settings.idle_timeout, Duration::from_secs(300));
        assert_eq!(settings.limits().connections.get(), 7);
        assert_eq!(settings.trusted_proxies.len(), 2);
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let error = with_file("idle_timeout = \"10m\"\n", &[]).unwrap_err().to_string();
        assert!(error.contains("unknown setting `idle_timeout`"), "{error}");
        assert!(error.contains("idle-timeout"), "{error}");
        for stray in ["SESSION_IDLE", "SESSION_idle_timeout"] {
            let environment = [(OsString::from(stray), OsString::from("5m"))];
            let arguments = vec!["session-server".into(), "serve".into()];
            let error = parse(arguments, environment.into_iter()).unwrap_err().to_string();
            assert!(error.contains(&format!("`{stray}` is not a setting")), "{error}");
        }
    }

    #[test]
    fn a_broken_file_is_not_quoted() {
        let error = with_file("listen = \"127.0.0.1:0\"\nstore = \"redis://:hunter2@x\n", &[]).unwrap_err();
        assert!(error.to_string().contains("at line 2"), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for good in [
            "https://app.example",
            "https://app.example:8443",
            "http://localhost:8080",
            "http://127.0.0.1",
            "http://[::1]:1",
        ] {
            assert_eq!(origin(good).as_deref(), Ok(good));
        }
        for bad in [
            "http://app.example",
            "https://app.example/",
            "https://app.example/x",
            "app.example",
            "ftp://x",
            "https://u@x",
            "",
        ] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}

//! Making a connection that is known to answer, and to be to the right server.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, SendError};
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    ProtocolVersion, PushInfo, PushKind, RedisError, Value,
};
use rustls::crypto::CryptoProvider;
use tokio::sync::Notify;
use tokio::time::timeout;
use url::Url;

use super::keys::Keys;
use super::{OpenError, RedisSettings};

/// How long one command, or one dial, may take. A server that is stopped still accepts connections
///, so only an answer within a deadline proves anything.
pub(super) const DEADLINE: Duration = Duration::from_millis(250);

/// How long sent bytes may stay unacknowledged before the operating system gives a connection up.
/// Without this, one that leads into a black hole lives for a quarter of an hour (F11).
const USER_TIMEOUT: Duration = Duration::from_secs(3);

/// When an idle connection is first asked for a sign of life, and how often then.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Where to dial, and how.
pub(super) struct Dialler {
    settings: RedisSettings,
    /// All but what stands in files.
    info: ConnectionInfo,
    config: AsyncConnectionConfig,
    /// The server's address, without credentials.
    pub(super) address: String,
    /// Whether it can read is asked of this one.
    probe: String,
}

impl Dialler {
    pub(super) fn new(settings: &RedisSettings, keys: &Keys) -> Result<Self, OpenError> {
        if !is_wholly_heeded(&settings.url) {
            return Err(OpenError::Url);
        }
        // What the crate says of a URL may hold the password in it.
        let info = settings.url.as_str().into_connection_info().map_err(|_| OpenError::Url)?;
        let redis =
            info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
        let tcp =
            TcpSettings::default().set_nodelay(true).set_keepalive(keepalive).set_user_timeout(USER_TIMEOUT);
        let info = info.set_redis_settings(redis).set_tcp_settings(tcp);
        let address = info.addr().to_string();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(DEADLINE))
            .set_response_timeout(Some(DEADLINE));
        let dialler = Self { settings: settings.clone(), info, config, address, probe: keys.probe() };
        // What is wrong with a file is told now, and not at each dial.
        dialler.client()?;
        Ok(dialler)
    }

    /// With the password and the certificates as they are now.
    fn client(&self) -> Result<Client, OpenError> {
        let mut redis = self.info.redis_settings().clone();
        if let Some(password) = self.settings.read_password()? {
            if redis.password().is_some() {
                return Err(OpenError::TwoPasswords);
            }
            redis = redis.set_password(password.as_str());
        }
        let info = self.info.clone().set_redis_settings(redis);
        let is_tls = matches!(info.addr(), ConnectionAddr::TcpTls { .. });
        if !is_tls {
            return match self.settings.has_certificates() {
                true => Err(OpenError::NoTls),
                false => Client::open(info).map_err(|_| OpenError::Url),
            };
        }
        choose_cryptography();
        let certificates = self.settings.read_certificates()?;
        let unfit = |error: RedisError| OpenError::Certificates(error.to_string());
        Client::build_with_tls(info, certificates).map_err(unfit)
    }

    /// Has whoever waits on `disturbed` woken when a connection ends, so that one that nobody uses
    /// is replaced as fast as one in use.
    pub(super) fn tell_disconnections_to(self, disturbed: Arc<Notify>) -> Self {
        let tell = move |push: PushInfo| {
            if push.kind == PushKind::Disconnection {
                disturbed.notify_one();
            }
            Ok::<(), SendError>(())
        };
        Self { config: self.config.set_push_sender(tell), ..self }
    }

    /// A connection to a primary that answers and is willing to read, all within [`DEADLINE`].
    pub(super) async fn dial(&self) -> Result<MultiplexedConnection, RedisError> {
        let dialled = timeout(DEADLINE, async {
            let client = self.client().map_err(|error| {
                RedisError::from((ErrorKind::InvalidClientConfig, "credentials", error.to_string()))
            })?;
            let mut connection = client.get_multiplexed_async_connection_with_config(&self.config).await?;
            self.check(&mut connection).await?;
            Ok(connection)
        });
        dialled.await.unwrap_or_else(|_| Err((ErrorKind::Io, "no answer in time").into()))
    }

    /// Whether the server is a primary, and can read. `PING` would not tell: it fails when only
    /// writing does, and a server that is loading says hello.
    pub(super) async fn check(&self, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
        let mut questions = redis::pipe();
        questions.cmd("HELLO").cmd("EXISTS").arg(&self.probe).ignore();
        let (greeting,): (HashMap<String, Value>,) = questions.query_async(connection).await?;
        match greeting.get("role") {
            Some(Value::BulkString(role)) if role == b"master" => Ok(()),
            Some(Value::SimpleString(role)) if role == "master" => Ok(()),
            _ => Err((ErrorKind::Client, "server is a replica; expected a primary").into()),
        }
    }
}

/// The crate takes what the process has chosen, and where two are linked and none is chosen it panics.
fn choose_cryptography() {
    if CryptoProvider::get_default().is_none() {
        // Somebody else may have been faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Whether every part of a URL is one that is heeded (R76): the crate lets some pass unseen.
fn is_wholly_heeded(url: &str) -> bool {
    let Ok(parsed) = Url::parse(url) else { return false };
    let is_number = |text: &str| text.parse::<u32>().is_ok_and(|number| number.to_string() == text);
    let has_query = parsed.query().is_some();
    let known = |(name, value): (Cow<'_, str>, Cow<'_, str>)| match &*name {
        "db" => is_number(&value),
        "user" | "pass" => !value.is_empty(),
        _ => false,
    };
    let is_good = match parsed.scheme() {
        "redis" | "rediss" => {
            let database = parsed.path().trim_start_matches('/');
            let one_slash = parsed.path().len() - database.len() <= 1;
            let has_host = parsed.host_str().is_some_and(|host| !host.is_empty());
            has_host && !has_query && one_slash && (database.is_empty() || is_number(database))
        }
        "redis+unix" => {
            let names: BTreeSet<_> = parsed.query_pairs().map(|(name, _)| name).collect();
            let once = names.len() == parsed.query_pairs().count();
            let is_bare = !parsed.has_host() && parsed.path().len() > 1;
            is_bare && once && parsed.query_pairs().all(known) && parsed.query() != Some("")
        }
        _ => false,
    };
    is_good && parsed.fragment().is_none() && !url.contains(char::is_whitespace)
}

/// What an operator should know of the server's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advice {
    /// The settings keep sessions.
    Fine,
    /// The user may not ask.
    Unknown,
    /// Some are not as they should be.
    Warn {
        /// Nothing is written to the disk as it happens.
        append_only_file_is_off: bool,
        /// A full server makes room by ending sessions (F13).
        evicts: bool,
    },
}

impl Advice {
    pub(super) async fn ask(connection: &mut MultiplexedConnection) -> Self {
        let info =
            redis::cmd("INFO").arg("persistence").arg("memory").query_async::<String>(connection).await;
        info.map_or(Self::Unknown, |info| Self::of(&info))
    }

    fn of(info: &str) -> Self {
        let setting = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let (Some(aof), Some(policy)) = (setting("aof_enabled"), setting("maxmemory_policy")) else {
            return Self::Unknown;
        };
        let (append_only_file_is_off, evicts) = (aof != "1", policy != "noeviction");
        if append_only_file_is_off || evicts {
            Self::Warn { append_only_file_is_off, evicts }
        } else {
            Self::Fine
        }
    }

    pub(super) fn tell(self, address: &str) {
        match self {
            Self::Fine => tracing::info!(address, "redis keeps sessions through a restart and when full"),
            Self::Unknown => {
                tracing::info!(
                    address,
                    "unknown whether redis keeps sessions through a restart: INFO is refused"
                );
            }
            Self::Warn { append_only_file_is_off, evicts } => {
                if append_only_file_is_off {
                    tracing::warn!(address, "redis loses sessions when it is killed: set `appendonly yes`");
                }
                if evicts {
                    tracing::warn!(
                        address,
                        "redis ends sessions when it is full: set `maxmemory-policy noeviction`"
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_lose_sessions_are_warned_of() {
        let advice = |aof, policy| {
            Advice::of(&format!("# Persistence\r\naof_enabled:{aof}\r\n\r\nmaxmemory_policy:{policy}\r\n"))
        };
        assert_eq!(advice("1", "noeviction"), Advice::Fine);
        assert_eq!(advice("0", "noeviction"), Advice::Warn { append_only_file_is_off: true, evicts: false });
        assert_eq!(advice("1", "allkeys-lru"), Advice::Warn { append_only_file_is_off: false, evicts: true });
        assert_eq!(Advice::of(""), Advice::Unknown);
    }

    #[test]
    fn a_bad_url_is_refused_without_being_repeated() {
        for url in [
            "",
            "redis//x",
            "http://u:hunter2@h",
            "redis://u:hunter2@h:port",
            "redis://u:hunter2@h/one",
            "redis://u:hunter2@h/1/2",
            "redis://u:hunter2@h//1",
            "redis://u:hunter2@h/01",
            "redis://u:hunter2@h/-1",
            "redis://u:hunter2@h?db=1",
            "redis://u:hunter2@h#1",
            "redis://u:hunter2@h /1",
            "redis://u:hunter2@",
            "rediss://u:hunter2@h#insecure",
            "valkey://u:hunter2@h",
            "redis+unix://host/run/redis.sock",
            "redis+unix:///",
            "redis+unix:///run/redis.sock?database=1",
            "redis+unix:///run/redis.sock?db=x&pass=hunter2",
            "redis+unix:///run/redis.sock?db=1&db=2",
            "redis+unix:///run/redis.sock#x",
        ] {
            let Err(error) = dialler(url) else { panic!("{url} was accepted") };
            assert_eq!(error, OpenError::Url);
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn every_part_of_a_good_url_is_heeded() {
        for url in [
            "redis://h",
            "redis://h:6380",
            "redis://h/",
            "redis://h/2",
            "redis://u:p@[::1]:1/0",
            "redis://:p@h",
            "rediss://u:p@h:6380/1",
        ] {
            assert!(dialler(url).is_ok(), "{url}");
        }
        let unix = dialler("redis+unix:///run/redis.sock?db=2&user=u&pass=p").unwrap();
        let redis = unix.client().unwrap().get_connection_info().redis_settings().clone();
        assert_eq!((redis.db(), redis.username(), redis.password()), (2, Some("u"), Some("p")));
    }

    #[test]
    fn a_password_is_given_once() {
        let beside = |url: &str| RedisSettings::new(url).password("hunter2".to_owned().into());
        let dialler = |url: &str| Dialler::new(&beside(url), &Keys::new(""));
        assert_eq!(dialler("redis://:p@h").err(), Some(OpenError::TwoPasswords));
        let client = dialler("redis://u@h").unwrap().client().unwrap();
        assert_eq!(client.get_connection_info().redis_settings().password(), Some("hunter2"));
    }

    fn dialler(url: &str) -> Result<Dialler, OpenError> {
        Dialler::new(&RedisSettings::new(url), &Keys::new(""))
    }

    #[test]
    fn the_address_does_not_tell_the_password() {
        assert_eq!(dialler("redis://u:hunter2@localhost:6380/1").unwrap().address, "localhost:6380");
    }
}

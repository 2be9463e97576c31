//! Making a connection that is known to answer, and to be to the right server.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, SendError};
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo, ProtocolVersion, PushInfo, PushKind,
    RedisError, Value,
};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::OpenError;
use super::keys;

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
    client: Client,
    config: AsyncConnectionConfig,
    /// The server's address, without credentials.
    pub(super) address: String,
}

impl Dialler {
    pub(super) fn new(url: &str) -> Result<Self, OpenError> {
        // What the crate says of a URL may hold the password in it.
        let info = url.into_connection_info().map_err(|_| OpenError::Url)?;
        let settings =
            info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
        let tcp =
            TcpSettings::default().set_nodelay(true).set_keepalive(keepalive).set_user_timeout(USER_TIMEOUT);
        let info = info.set_redis_settings(settings).set_tcp_settings(tcp);
        let address = info.addr().to_string();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(DEADLINE))
            .set_response_timeout(Some(DEADLINE));
        Ok(Self { client: Client::open(info).map_err(|_| OpenError::Url)?, config, address })
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
            let mut connection =
                self.client.get_multiplexed_async_connection_with_config(&self.config).await?;
            check(&mut connection).await?;
            Ok(connection)
        });
        dialled.await.unwrap_or_else(|_| Err((ErrorKind::Io, "no answer in time").into()))
    }
}

/// Whether the server is a primary, and can read. `PING` would not tell: it fails when only writing
/// does, and a server that is loading says hello.
pub(super) async fn check(connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
    let mut questions = redis::pipe();
    questions.cmd("HELLO").cmd("EXISTS").arg(keys::PROBE).ignore();
    let (greeting,): (HashMap<String, Value>,) = questions.query_async(connection).await?;
    match greeting.get("role") {
        Some(Value::BulkString(role)) if role == b"master" => Ok(()),
        Some(Value::SimpleString(role)) if role == "master" => Ok(()),
        _ => Err((ErrorKind::Client, "server is a replica; expected a primary").into()),
    }
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
        for url in ["", "redis//x", "http://u:hunter2@h", "redis://u:hunter2@h:port"] {
            let Err(error) = Dialler::new(url) else { panic!("{url} was accepted") };
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn the_address_does_not_tell_the_password() {
        assert_eq!(Dialler::new("redis://u:hunter2@localhost:6380/1").unwrap().address, "localhost:6380");
    }
}

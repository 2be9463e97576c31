//! Making a connection to whoever is at an address.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, SendError};
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ErrorKind, IntoConnectionInfo, Pipeline,
    ProtocolVersion, PushInfo, PushKind, RedisConnectionInfo, RedisError, RedisResult, Value,
};
use rustls::crypto::CryptoProvider;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::changes::Changes;
use super::{OpenError, RedisSettings};

/// How long one command, or one dial, may take. A server that is stopped still accepts connections
///, so only an answer within a deadline proves anything.
pub(super) const DEADLINE: Duration = Duration::from_millis(250);

/// How long sent bytes may stay unacknowledged before the operating system gives a connection up.
/// Without this, one that leads into a black hole lives for a quarter of an hour (F11).
const USER_TIMEOUT: Duration = Duration::from_secs(3);

/// When an idle connection is first asked for a sign of life, and how often then.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// How to connect to any of our servers.
#[derive(Clone)]
pub(super) struct Dialler {
    settings: RedisSettings,
    /// All but what stands in files.
    redis: RedisConnectionInfo,
    config: AsyncConnectionConfig,
}

impl Dialler {
    pub(super) fn new(settings: &RedisSettings, redis: &RedisConnectionInfo) -> Self {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(DEADLINE))
            .set_response_timeout(Some(DEADLINE));
        let redis = redis.clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        Self { settings: settings.clone(), redis, config }
    }

    /// One for sentinels, which have users and databases of their own.
    pub(super) fn for_sentinels(&self) -> Self {
        let redis = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3);
        let redis = match &self.settings.sentinel_user {
            Some(user) => redis.set_username(user),
            None => redis,
        };
        let settings = self.settings.clone().of_sentinels();
        Self { settings, redis: redis.set_skip_set_lib_name(), config: self.config.clone() }
    }

    /// Has whoever waits on `disturbed` woken when a connection ends, so that one that nobody uses
    /// is replaced as fast as one in use. What the server says has changed is passed on.
    pub(super) fn tell_pushes_to(self, disturbed: Arc<Notify>, changes: Option<Arc<Changes>>) -> Self {
        let tell = move |push: PushInfo| {
            changes.iter().for_each(|changes| changes.hear(&push));
            if push.kind == PushKind::Disconnection {
                disturbed.notify_one();
            }
            Ok::<(), SendError>(())
        };
        Self { config: self.config.set_push_sender(tell), ..self }
    }

    /// Whether one could be made as things are; what is wrong with a file is told now, and not at each dial.
    pub(super) fn check(&self, address: &ConnectionAddr) -> Result<(), OpenError> {
        self.client(address).map(drop)
    }

    /// A connection to whoever is at that address, within [`DEADLINE`].
    pub(super) async fn dial(&self, address: &ConnectionAddr) -> RedisResult<MultiplexedConnection> {
        let client = self.client(address).map_err(|error| {
            RedisError::from((ErrorKind::InvalidClientConfig, "credentials", error.to_string()))
        })?;
        within_deadline(client.get_multiplexed_async_connection_with_config(&self.config)).await
    }

    /// With the password and the certificates as they are now.
    fn client(&self, address: &ConnectionAddr) -> Result<Client, OpenError> {
        let mut redis = self.redis.clone();
        if let Some(password) = self.settings.read_password()? {
            if redis.password().is_some() {
                return Err(OpenError::TwoPasswords);
            }
            redis = redis.set_password(password.as_str());
        }
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
        let tcp =
            TcpSettings::default().set_nodelay(true).set_keepalive(keepalive).set_user_timeout(USER_TIMEOUT);
        let info = address.clone().into_connection_info().map_err(|_| OpenError::Url)?;
        let info = info.set_redis_settings(redis).set_tcp_settings(tcp);
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
}

/// The crate takes what the process has chosen, and where two are linked and none is chosen it panics.
fn choose_cryptography() {
    if CryptoProvider::get_default().is_none() {
        // Somebody else may have been faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

pub(super) async fn within_deadline<T>(answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let answer = timeout(DEADLINE, answer).await;
    answer.unwrap_or_else(|_| Err((ErrorKind::Io, "no answer in time").into()))
}

/// The answers to several commands in one round trip, each of which may be an error by itself: that of a whole
/// pipeline has not every code.
pub(super) async fn ask_all(
    redis: &MultiplexedConnection,
    commands: Vec<Cmd>,
) -> RedisResult<Vec<RedisResult<Value>>> {
    let mut pipeline = Pipeline::with_capacity(commands.len());
    commands.into_iter().for_each(|command| {
        pipeline.add_command(command);
    });
    pipeline.ignore_errors().query_async(&mut redis.clone()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_given_once() {
        let beside = RedisSettings::new("").password("hunter2".to_owned().into());
        let client = |redis: RedisConnectionInfo| {
            Dialler::new(&beside, &redis).client(&ConnectionAddr::Tcp("h".to_owned(), 1))
        };
        let (alone, twice) =
            (RedisConnectionInfo::default(), RedisConnectionInfo::default().set_password("p"));
        assert_eq!(client(twice).err(), Some(OpenError::TwoPasswords));
        let client = client(alone).unwrap();
        assert_eq!(client.get_connection_info().redis_settings().password(), Some("hunter2"));
    }
}

//! Making a connection that is known to answer, and to be to the right server.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, SendError};
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ErrorKind, IntoConnectionInfo, Pipeline, ProtocolVersion,
    PushInfo, PushKind, RedisConnectionInfo, RedisError, RedisResult, Value,
};
use rustls::crypto::CryptoProvider;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::line::Connection;
use super::sentinels::Sentinels;
use super::{OpenError, RedisSettings};

/// How long one command, or one dial, may take. A server that is stopped still accepts connections
///, so only an answer within a deadline proves anything.
pub(super) const DEADLINE: Duration = Duration::from_millis(250);

/// How long sent bytes may stay unacknowledged before the operating system gives a connection up.
/// Without this, one that leads into a black hole lives for a quarter of an hour (F11).
const USER_TIMEOUT: Duration = Duration::from_secs(3);

/// When an idle connection is first asked for a sign of life, and how often then.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// The first that has `EXPIRETIME` and flags of scripts.
const OLDEST_VERSION: (u32, u32) = (7, 0);

/// Since when who has `SET … IFEQ`.
const IFEQ_SINCE: [(&str, (u32, u32)); 2] = [("redis", (8, 4)), ("valkey", (8, 1))];

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

/// A server, wherever it is just now.
pub(super) struct Target {
    dialler: Dialler,
    place: Place,
    /// Whether it is to be a primary.
    is_primary: bool,
    /// What shows that it can read. `PING` would not: it fails when only writing does, and a server that is
    /// loading says hello.
    probe: Pipeline,
}

enum Place {
    At(ConnectionAddr),
    NamedBy(Sentinels),
}

impl Target {
    /// The primary at that address.
    pub(super) fn at(dialler: Dialler, address: ConnectionAddr, probe: Pipeline) -> Self {
        Self { dialler, place: Place::At(address), is_primary: true, probe }
    }

    /// Whoever is at that address.
    pub(super) fn any_at(dialler: Dialler, address: ConnectionAddr, probe: Pipeline) -> Self {
        Self { is_primary: false, ..Self::at(dialler, address, probe) }
    }

    /// The primary that sentinels know.
    pub(super) fn named_by(dialler: Dialler, sentinels: Sentinels, probe: Pipeline) -> Self {
        Self { dialler, place: Place::NamedBy(sentinels), is_primary: true, probe }
    }

    pub(super) fn tell_disconnections_to(self, disturbed: Arc<Notify>) -> Self {
        Self { dialler: self.dialler.tell_disconnections_to(disturbed), ..self }
    }

    /// A connection to the server, which answers and is willing to read, and where that is.
    pub(super) async fn dial(&mut self) -> RedisResult<Dialled> {
        let (epoch, candidates) = match &mut self.place {
            Place::At(address) => (None, vec![address.clone()]),
            Place::NamedBy(sentinels) => {
                let (epoch, candidates) = sentinels.candidates().await?;
                (Some(epoch), candidates)
            }
        };
        let mut failure = RedisError::from((ErrorKind::Client, "nobody knows where the primary is"));
        for address in candidates {
            match self.dial_at(address, epoch).await {
                Ok(dialled) => return Ok(dialled),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn dial_at(&self, to: ConnectionAddr, epoch: Option<u64>) -> RedisResult<Dialled> {
        let mut redis = self.dialler.dial(&to).await?;
        let Version { server, numbers } = within_deadline(self.question(&mut redis)).await?;
        let has_ifeq = IFEQ_SINCE.iter().any(|(name, since)| server == *name && numbers >= *since);
        Ok(Dialled { redis, to, epoch, has_ifeq })
    }

    /// Whether the server at the other end is still the one that is meant, and can read. One that was cut off from
    /// its sentinels believes to be one for a while, so where they know of a later one that counts (F4, F10).
    pub(super) async fn check(&mut self, connection: &Connection) -> RedisResult<()> {
        self.question(&mut connection.redis.clone()).await?;
        let (Place::NamedBy(sentinels), Some(epoch)) = (&mut self.place, connection.epoch()) else {
            return Ok(());
        };
        match sentinels.know_of_later_than(epoch).await {
            true => Err((ErrorKind::Client, "sentinels name another primary").into()),
            false => Ok(()),
        }
    }

    async fn question(&self, connection: &mut MultiplexedConnection) -> RedisResult<Version> {
        let mut questions = redis::pipe();
        questions.cmd("HELLO");
        self.probe.cmd_iter().for_each(|probe| {
            questions.add_command(probe.clone());
        });
        // One by one, since the error of a whole pipeline has not every code.
        let answers: Vec<RedisResult<Value>> = questions.ignore_errors().query_async(connection).await?;
        let mut answers = answers.into_iter().collect::<RedisResult<Vec<_>>>()?.into_iter();
        let greeting: HashMap<String, Value> = redis::from_redis_value(answers.next().unwrap_or(Value::Nil))?;
        let said = |name| match greeting.get(name) {
            Some(Value::BulkString(text)) => String::from_utf8_lossy(text).into_owned(),
            Some(Value::SimpleString(text)) => text.clone(),
            _ => String::new(),
        };
        let version = said("version");
        let mut numbers = version.split('.').map(|number| number.parse().unwrap_or_default());
        let numbers = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
        if numbers < OLDEST_VERSION {
            return Err(
                (ErrorKind::Client, "server is too old; expected version 7.0 or later", version).into()
            );
        }
        if self.is_primary && said("role") != "master" {
            return Err((ErrorKind::Client, "server is a replica; expected a primary").into());
        }
        Ok(Version { server: said("server"), numbers })
    }
}

/// A connection as it was made.
pub(super) struct Dialled {
    pub(super) redis: MultiplexedConnection,
    pub(super) to: ConnectionAddr,
    /// Of the failover that made it the primary, as sentinels count them.
    pub(super) epoch: Option<u64>,
    /// Whether the server has `SET … IFEQ`.
    pub(super) has_ifeq: bool,
}

/// What a server says that it is.
struct Version {
    server: String,
    numbers: (u32, u32),
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::At(address) => address.fmt(formatter),
            Place::NamedBy(sentinels) => sentinels.fmt(formatter),
        }
    }
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

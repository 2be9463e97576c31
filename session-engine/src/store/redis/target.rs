//! The server that is meant, wherever it is just now, and whether one is it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ConnectionAddr, ErrorKind, RedisError, RedisResult, Value, cmd};
use tokio::sync::Notify;

use super::changes::Changes;
use super::dial::{Dialler, ask_all, within_deadline};
use super::line::Connection;
use super::sentinels::Sentinels;

/// The first that has `EXPIRETIME` and flags of scripts.
const OLDEST_VERSION: (u32, u32) = (7, 0);

/// Since when who has `SET … IFEQ`.
const IFEQ_SINCE: [(&str, (u32, u32)); 2] = [("redis", (8, 4)), ("valkey", (8, 1))];

/// A server, wherever it is just now.
pub(super) struct Target {
    dialler: Dialler,
    place: Place,
    /// Whether it is to be a primary.
    is_primary: bool,
    /// What shows that it can read. `PING` would not: it fails when only writing does, and a server that is
    /// loading says hello.
    probe: Cmd,
}

enum Place {
    At(ConnectionAddr),
    NamedBy(Sentinels),
}

impl Target {
    /// The primary at that address.
    pub(super) fn at(dialler: Dialler, address: ConnectionAddr, probe: Cmd) -> Self {
        Self { dialler, place: Place::At(address), is_primary: true, probe }
    }

    /// Whoever is at that address.
    pub(super) fn any_at(dialler: Dialler, address: ConnectionAddr, probe: Cmd) -> Self {
        Self { is_primary: false, ..Self::at(dialler, address, probe) }
    }

    /// The primary that sentinels know.
    pub(super) fn named_by(dialler: Dialler, sentinels: Sentinels, probe: Cmd) -> Self {
        Self { dialler, place: Place::NamedBy(sentinels), is_primary: true, probe }
    }

    pub(super) fn tell_pushes_to(self, disturbed: Arc<Notify>, changes: Option<Arc<Changes>>) -> Self {
        Self { dialler: self.dialler.tell_pushes_to(disturbed, changes), ..self }
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
        let redis = self.dialler.dial(&to).await?;
        let Version { server, numbers } = within_deadline(self.question(&redis)).await?;
        let has_ifeq = IFEQ_SINCE.iter().any(|(name, since)| server == *name && numbers >= *since);
        Ok(Dialled { redis, to, epoch, has_ifeq })
    }

    /// Whether the server at the other end is still the one that is meant, and can read. One that was cut off from
    /// its sentinels believes to be one for a while, so where they know of a later one that counts (F4, F10).
    pub(super) async fn check(&mut self, connection: &Connection) -> RedisResult<()> {
        self.question(&connection.redis).await?;
        let (Place::NamedBy(sentinels), Some(epoch)) = (&mut self.place, connection.epoch()) else {
            return Ok(());
        };
        match sentinels.know_of_later_than(epoch).await {
            true => Err((ErrorKind::Client, "sentinels name another primary").into()),
            false => Ok(()),
        }
    }

    async fn question(&self, redis: &MultiplexedConnection) -> RedisResult<Version> {
        let answers = ask_all(redis, vec![cmd("HELLO"), self.probe.clone()]).await?;
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

//! Who is the primary, by those who watch it.
//!
//! Every sentinel is asked each time, since one that was cut off tells of a primary that is none any
//! more (F7). What is newest counts: each failover has a number, its epoch.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use redis::{ConnectionAddr, ErrorKind, RedisResult};
use tokio::time::Instant;

use super::address::beside;
use super::dial::{Dialler, within_deadline};

/// How long nobody is believed who knows of fewer failovers. Sentinels that were made anew begin to count
/// again.
const FLOOR_LIFETIME: Duration = Duration::from_secs(30);

pub(super) struct Sentinels {
    name: String,
    sentinels: Vec<Sentinel>,
    /// The latest failover that was heard of, and when it was heard of last.
    floor: Option<(u64, Instant)>,
}

struct Sentinel {
    dialler: Dialler,
    address: ConnectionAddr,
    connection: Option<MultiplexedConnection>,
}

/// What one says.
struct Word {
    primary: ConnectionAddr,
    epoch: u64,
}

impl Sentinels {
    pub(super) fn new(dialler: &Dialler, addresses: &[ConnectionAddr], name: &str) -> Self {
        let sentinel = |address: &ConnectionAddr| Sentinel {
            dialler: dialler.clone(),
            address: address.clone(),
            connection: None,
        };
        Self { name: name.to_owned(), sentinels: addresses.iter().map(sentinel).collect(), floor: None }
    }

    /// Where the primary may be, and which failover made it one. Sentinels are connected to anew, with the
    /// password as it is now.
    pub(super) async fn candidates(&mut self) -> RedisResult<(u64, Vec<ConnectionAddr>)> {
        self.sentinels.iter_mut().for_each(|sentinel| sentinel.connection = None);
        let words = self.ask_all().await?;
        let newest = words.iter().map(|word| word.epoch).max().unwrap_or_default();
        // Those that were cut off while others went on tell of one that may still believe to be a primary.
        if let Some((floor, heard_at)) = self.floor
            && newest < floor
            && heard_at.elapsed() < FLOOR_LIFETIME
        {
            return Err((ErrorKind::Client, "sentinels that answer know less than others did").into());
        }
        self.floor = Some((newest, Instant::now()));
        let mut candidates: Vec<ConnectionAddr> = Vec::new();
        for Word { primary, epoch } in words {
            if epoch == newest && !candidates.contains(&primary) {
                candidates.push(primary);
            }
        }
        Ok((newest, candidates))
    }

    /// Whether any knows of a failover after this one. While none of them answers, what is there goes on.
    pub(super) async fn know_of_later_than(&mut self, epoch: u64) -> bool {
        let words = self.ask_all().await.unwrap_or_default();
        let Some(newest) = words.iter().map(|word| word.epoch).max() else { return false };
        if newest >= epoch {
            self.floor = Some((newest, Instant::now()));
        }
        newest > epoch
    }

    /// What those say that answer.
    async fn ask_all(&mut self) -> RedisResult<Vec<Word>> {
        let name = &self.name;
        let words = join_all(self.sentinels.iter_mut().map(|sentinel| sentinel.ask(name))).await;
        let (said, failed): (Vec<_>, Vec<_>) = words.into_iter().partition(Result::is_ok);
        match failed.into_iter().find_map(Result::err) {
            Some(error) if said.is_empty() => Err(error),
            _ => Ok(said.into_iter().flatten().collect()),
        }
    }
}

/// Without credentials.
impl fmt::Display for Sentinels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses: Vec<_> = self.sentinels.iter().map(|sentinel| sentinel.address.to_string()).collect();
        write!(formatter, "{} of {}", self.name, addresses.join(","))
    }
}

impl Sentinel {
    async fn ask(&mut self, name: &str) -> RedisResult<Word> {
        let answers = within_deadline(async {
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => self.dialler.dial(&self.address).await?,
            };
            let mut questions = redis::pipe();
            // While a failover goes on the one that leads it tells of the new primary here, and of its epoch
            // there, where it tells of the old primary still.
            questions.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(name);
            questions.cmd("SENTINEL").arg("MASTER").arg(name);
            let answers: Answers = questions.query_async(&mut connection).await?;
            Ok((connection, answers))
        });
        // A connection that did not answer in time is not asked again.
        let (connection, (primary, about)) = answers.await?;
        self.connection = Some(connection);
        let epoch = about.get("config-epoch").and_then(|epoch| epoch.parse().ok());
        match (primary, epoch) {
            (Some((host, port)), Some(epoch)) => {
                Ok(Word { primary: beside(&self.address, host, port), epoch })
            }
            _ => Err((ErrorKind::UnexpectedReturnType, "sentinel does not say where the primary is").into()),
        }
    }
}

/// Where the primary is, and everything about it.
type Answers = (Option<(String, u16)>, HashMap<String, String>);

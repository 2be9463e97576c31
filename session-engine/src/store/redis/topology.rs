//! Which server is asked for what: the only place that knows how many there are.

use futures_util::future::join_all;
use redis::{Cmd, FromRedisValue, Pipeline, cmd};

use super::fault::{Fault, NO_SCRIPT};
use super::keys::Keys;
use super::link::Link;
use super::request::Request;
use super::scripts::Script;
use super::{Observers, OpenError, RedisSettings};

/// The servers that keep the keys.
pub(super) enum Topology {
    /// One, which has all of them.
    Standalone(Link),
    /// Two, of which the second has the keys of one session: what a cluster is to the code above.
    #[cfg(test)]
    Pair(Box<[Link; 2]>, session_core::SessionId),
}

impl Topology {
    /// Begins to connect to what the settings name, and waits for nothing.
    pub(super) fn open(
        settings: &RedisSettings,
        keys: &Keys,
        observers: &Observers,
    ) -> Result<Self, OpenError> {
        Ok(Self::Standalone(Link::open(settings, keys, observers.clone())?))
    }

    #[cfg_attr(not(test), expect(unused_variables, reason = "one server has every key"))]
    fn link_for(&self, key: &str) -> &Link {
        match self {
            Self::Standalone(link) => link,
            #[cfg(test)]
            Self::Pair(links, second) => &links[usize::from(key == format!("session:{second}"))],
        }
    }

    /// Whether whoever is needed has answered lately.
    pub(super) fn is_up(&self) -> bool {
        match self {
            Self::Standalone(link) => link.is_up(),
            #[cfg(test)]
            Self::Pair(links, _) => links.iter().all(Link::is_up),
        }
    }

    /// How many connections there were, to whichever server.
    pub(super) fn connections(&self) -> u64 {
        match self {
            Self::Standalone(link) => link.connections(),
            #[cfg(test)]
            Self::Pair(links, _) => links.iter().map(Link::connections).sum(),
        }
    }

    /// The result of a command that may change something: sent once, since after an error nobody
    /// knows what became of it.
    pub(super) async fn run<T: FromRedisValue>(&self, request: &Request) -> Result<T, Fault> {
        self.link_for(&request.key).run(&request.command).await
    }

    /// The result of a command that changes nothing, or the same when sent twice: if its connection
    /// broke it is sent once more.
    pub(super) async fn run_idempotent<T: FromRedisValue>(&self, request: &Request) -> Result<T, Fault> {
        self.link_for(&request.key).run_idempotent(&request.command).await
    }

    /// The results of several commands, in their order, by one round trip to each server that is
    /// concerned. Each command may fail on its own, and a server that is down fails only what it was
    /// asked; the commands for one key are done in their order.
    pub(super) async fn run_all<T: FromRedisValue>(&self, requests: &[Request]) -> Vec<Result<T, Fault>> {
        let mut batches: Vec<Batch<'_>> = Vec::new();
        for (place, Request { key, command }) in requests.iter().enumerate() {
            let link = self.link_for(key);
            let batch = batches.iter().position(|batch| std::ptr::eq(batch.link, link));
            let batch = batch.unwrap_or_else(|| {
                batches.push(Batch { link, commands: Pipeline::new(), places: Vec::new() });
                batches.len() - 1
            });
            batches[batch].commands.add_command(command.clone());
            batches[batch].places.push(place);
        }
        let answered =
            join_all(batches.iter_mut().map(|batch| batch.link.run_all(&mut batch.commands))).await;
        let mut results: Vec<_> = requests.iter().map(|_| Err(Fault::Unavailable)).collect();
        for (batch, answers) in batches.iter().zip(answered) {
            for (&place, answer) in batch.places.iter().zip(answers.into_iter().flatten()) {
                results[place] = answer;
            }
        }
        results
    }

    /// The result of a script that touches this one key.
    pub(super) async fn run_script<T: FromRedisValue>(
        &self,
        script: &Script,
        key: &str,
        arguments: &[&[u8]],
    ) -> Result<T, Fault> {
        let link = self.link_for(key);
        let mut call: Cmd = cmd("EVALSHA");
        call.arg(&script.hash).arg(1).arg(key).arg(arguments);
        match link.run(&call).await {
            // The server was started since; the script did not run.
            Err(fault) if fault.is_any_of(&NO_SCRIPT) => {
                let _: String = link.run(cmd("SCRIPT").arg("LOAD").arg(&script.text)).await?;
                link.run(&call).await
            }
            result => result,
        }
    }
}

/// What one server is asked in one round trip, and where the answers belong.
struct Batch<'l> {
    link: &'l Link,
    commands: Pipeline,
    places: Vec<usize>,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use session_core::{SessionId, UnixTime};
    use session_testing::RedisServer;

    use super::*;
    use crate::store::redis::RedisStore;
    use crate::store::redis::skew::Skew;
    use crate::store::{Creation, Documents, Entry, Freshness, Outcome, SubjectIndex, Unavailable};
    use crate::subject::Subject;
    use crate::{Clock, ManualClock, SystemClock};

    fn observers() -> Observers {
        Observers { refusals: Arc::default(), skew: None }
    }

    /// A store on two servers: the index and one session's document on the first, the other
    /// session's document on the second.
    struct Pair {
        store: RedisStore,
        servers: [RedisServer; 2],
        entries: [Entry; 2],
        deadline: UnixTime,
    }

    impl Pair {
        async fn start() -> Self {
            let servers = [RedisServer::start(&[]), RedisServer::start(&[])];
            let now = SystemClock.now();
            let deadline = now.saturating_add(Duration::from_secs(600));
            let entries = [(); 2].map(|()| Entry {
                id: SessionId::generate().unwrap(),
                subject: Some(Subject::new("alice").unwrap()),
                issued_at: now,
                absolute_expires_at: deadline,
            });
            let keys = Keys::new("");
            let open = |server: &RedisServer| {
                Link::open(&RedisSettings::new(&server.url()), &keys, observers()).unwrap()
            };
            let pair = || Topology::Pair(Box::new([open(&servers[0]), open(&servers[1])]), entries[1].id);
            let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(now));
            let store = RedisStore {
                servers: pair(),
                bulk: pair(),
                keys: keys.clone(),
                clock: Arc::clone(&clock),
                refusals: Arc::default(),
                skew: Arc::new(Skew::new(clock)),
                known_revocations: Arc::default(),
            };
            while !store.servers.is_up() || !store.bulk.is_up() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            for entry in &entries {
                let created = store.create(entry, b"document", deadline).await;
                assert_eq!(created, Ok(Creation::Created));
            }
            Self { store, servers, entries, deadline }
        }

        async fn list(&self) -> Result<usize, Unavailable> {
            let subject = self.entries[0].subject.as_ref().unwrap();
            Ok(self.store.list(subject, Freshness::Confirmed).await?.len())
        }
    }

    #[tokio::test]
    async fn each_server_is_asked_for_its_own_keys() {
        let pair = Pair::start().await;
        for (server, entry) in pair.servers.iter().zip(&pair.entries) {
            let sessions: Vec<String> = server.run(&["KEYS", "session:*"]);
            assert_eq!(sessions, [format!("session:{}", entry.id)]);
        }
        assert_eq!(pair.list().await, Ok(2), "answers of both, by one batch");
        for entry in &pair.entries {
            // A script that each server has to be given once.
            let updated = pair.store.update(entry.id, b"document", b"new").await;
            assert_eq!(updated, Ok(Outcome::Done));
            assert_eq!(pair.store.delete(entry).await, Ok(true));
        }
        assert_eq!(pair.list().await, Ok(0));
    }

    #[tokio::test]
    async fn a_server_that_is_down_fails_only_what_it_was_asked() {
        let mut pair = Pair::start().await;
        let [of_first, of_second] = pair.entries.clone();
        pair.servers[1].kill();
        let load = |entry: &Entry| pair.store.load(entry.id, Freshness::Confirmed, Some(pair.deadline));
        assert!(load(&of_first).await.unwrap().is_some());
        assert_eq!(load(&of_second).await, Err(Unavailable));
        assert_eq!(pair.list().await, Err(Unavailable), "half a list is none");
        assert_eq!(pair.store.delete(&of_first).await, Ok(true));
        assert_eq!(pair.store.delete(&of_second).await, Err(Unavailable));
    }

    /// The document decides whether a session was deleted; its index is only tidied.
    #[tokio::test]
    async fn a_deletion_that_was_done_is_said_to_be_done_though_the_index_is_down() {
        let mut pair = Pair::start().await;
        pair.servers[0].kill();
        assert_eq!(pair.store.delete(&pair.entries[1]).await, Ok(true));
    }
}

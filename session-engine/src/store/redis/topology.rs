//! Which server is asked for what: the only place that knows how many there are.

use futures_util::future::join_all;
use redis::{Cmd, FromRedisValue, Pipeline, cmd};

use super::OpenError;
use super::fault::{Fault, NO_SCRIPT};
use super::link::Link;
use super::request::Request;
use super::scripts::Script;

/// The servers that keep the keys.
pub(super) enum Topology {
    /// One, which has all of them.
    Standalone(Link),
}

impl Topology {
    /// Begins to connect to what a URL names, and waits for nothing.
    pub(super) fn open(url: &str) -> Result<Self, OpenError> {
        Ok(Self::Standalone(Link::open(url)?))
    }

    fn link_for(&self, _key: &str) -> &Link {
        match self {
            Self::Standalone(link) => link,
        }
    }

    /// Whether whoever is needed has answered lately.
    pub(super) fn is_up(&self) -> bool {
        match self {
            Self::Standalone(link) => link.is_up(),
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
    /// concerned. Each command may fail on its own; those for one key are done in their order.
    pub(super) async fn run_all<T: FromRedisValue>(
        &self,
        requests: &[Request],
    ) -> Result<Vec<Result<T, Fault>>, Fault> {
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
            for (&place, answer) in batch.places.iter().zip(answers?) {
                results[place] = answer;
            }
        }
        Ok(results)
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
                let _: String = link.run(cmd("SCRIPT").arg("LOAD").arg(script.text)).await?;
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

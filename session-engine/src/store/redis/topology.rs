//! Which server is asked for what: the only place that knows how many there are.

use std::ops::Deref;
use std::sync::Arc;

use futures_util::future::join_all;
use redis::{FromRedisValue, cmd};

use super::address::{Address, Servers};
use super::cluster::Cluster;
use super::dial::Dialler;
use super::fault::Fault;
use super::keys::Keys;
use super::link::Link;
use super::request::Request;
use super::sentinels::Sentinels;
use super::target::Target;
use super::{LinkOptions, OpenError, RedisSettings};
use crate::store::Unavailable;

/// The servers that keep the keys.
pub(super) enum Topology {
    /// One, which has all of them.
    Primary(Link),
    /// Several, each with the keys of some slots.
    Cluster(Cluster),
}

impl Topology {
    /// Begins to connect to what the settings name, and waits for nothing.
    pub(super) fn open(
        settings: &RedisSettings,
        keys: &Keys,
        options: LinkOptions,
    ) -> Result<Self, OpenError> {
        let Address { servers, redis } = Address::parse(&settings.url)?;
        if settings.is_for_sentinels() && !matches!(servers, Servers::Sentinel { .. }) {
            return Err(OpenError::NoSentinels);
        }
        let dialler = Dialler::new(settings, &redis);
        let probe = cmd("EXISTS").arg(keys.probe()).to_owned();
        let target = match servers {
            Servers::Single(address) => {
                dialler.check(&address)?;
                Target::at(dialler, address, probe)
            }
            Servers::Sentinel { sentinels, name } => {
                let for_sentinels = dialler.for_sentinels();
                for address in &sentinels {
                    dialler.check(address)?;
                    for_sentinels.check(address)?;
                }
                Target::named_by(dialler, Sentinels::new(&for_sentinels, &sentinels, &name), probe)
            }
            Servers::Cluster(nodes) => {
                let cluster = Cluster::open(dialler, &nodes, &keys.revocations(), options)?;
                return Ok(Self::Cluster(cluster));
            }
        };
        Ok(Self::Primary(Link::open(target, &options, true)?))
    }

    /// Whether whoever is needed has answered lately.
    pub(super) fn is_up(&self) -> bool {
        match self {
            Self::Primary(link) => link.is_up(),
            Self::Cluster(cluster) => cluster.is_up(),
        }
    }

    /// Which connection leads to a key: another number is another server, for all one knows.
    pub(super) fn connection_for(&self, key: &str) -> u64 {
        match self {
            Self::Primary(link) => link.connection(),
            Self::Cluster(cluster) => cluster.connection_for(key),
        }
    }

    /// Whether whoever has a key tells of its changes.
    pub(super) fn tells_changes_of(&self, key: &str) -> bool {
        match self {
            Self::Primary(link) => link.tells_changes(),
            Self::Cluster(cluster) => cluster.tells_changes_of(key),
        }
    }

    /// Whether whoever has a key has `SET … IFEQ`.
    pub(super) fn has_ifeq(&self, key: &str) -> bool {
        match self {
            Self::Primary(link) => link.has_ifeq(),
            Self::Cluster(cluster) => cluster.has_ifeq(key),
        }
    }

    /// The result of a request that may change something: sent once, since after an error nobody
    /// knows what became of it.
    pub(super) async fn run<T: FromRedisValue>(&self, request: &Request) -> Result<T, Fault> {
        match self {
            Self::Primary(link) => link.run(request).await,
            Self::Cluster(cluster) => cluster.run(request, false).await,
        }
    }

    /// The result of a request that changes nothing, or the same when sent twice: if its connection
    /// broke it is sent once more.
    pub(super) async fn run_idempotent<T: FromRedisValue>(&self, request: &Request) -> Result<T, Fault> {
        match self {
            Self::Primary(link) => link.run_idempotent(request).await,
            Self::Cluster(cluster) => cluster.run(request, true).await,
        }
    }

    /// The results of several commands, in their order, by one round trip to each server that is
    /// concerned. Each command may fail on its own, and a server that is down fails only what it was
    /// asked; the commands for one key are done in their order.
    pub(super) async fn run_all<T: FromRedisValue>(&self, requests: &[Request]) -> Vec<Result<T, Fault>> {
        let mut batches: Vec<Batch<'_>> = Vec::new();
        for (place, request) in requests.iter().enumerate() {
            let Ok(link) = self.link_for(&request.key).await else { continue };
            let batch = batches.iter().position(|batch| std::ptr::eq(&*batch.link, &*link));
            let batch = batch.unwrap_or_else(|| {
                batches.push(Batch { link, requests: Vec::new(), places: Vec::new() });
                batches.len() - 1
            });
            batches[batch].requests.push(request);
            batches[batch].places.push(place);
        }
        let answered = join_all(batches.iter().map(|batch| batch.link.run_all(&batch.requests))).await;
        let mut results: Vec<_> = requests.iter().map(|_| Err(Fault::Unavailable)).collect();
        for (batch, answers) in batches.iter().zip(answered) {
            for (&place, answer) in batch.places.iter().zip(answers.into_iter().flatten()) {
                results[place] = match (self, &batch.link) {
                    // One after the other, so that their order is kept.
                    (Self::Cluster(cluster), LinkFor::Shared(link)) => {
                        cluster.follow(&requests[place], false, link, answer).await
                    }
                    _ => answer,
                };
            }
        }
        results
    }

    async fn link_for(&self, key: &str) -> Result<LinkFor<'_>, Unavailable> {
        match self {
            Self::Primary(link) => Ok(LinkFor::Only(link)),
            Self::Cluster(cluster) => Ok(LinkFor::Shared(cluster.link_for(key).await?)),
        }
    }
}

/// The link to whoever has a key.
enum LinkFor<'t> {
    Only(&'t Link),
    Shared(Arc<Link>),
}

impl Deref for LinkFor<'_> {
    type Target = Link;

    fn deref(&self) -> &Link {
        match self {
            Self::Only(link) => link,
            Self::Shared(link) => link,
        }
    }
}

/// What one server is asked in one round trip, and where the answers belong.
struct Batch<'t> {
    link: LinkFor<'t>,
    requests: Vec<&'t Request>,
    places: Vec<usize>,
}

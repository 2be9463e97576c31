//! The servers of a cluster, and which of them has which keys (Redis cluster specification).
//!
//! Each node has a link of its own, so that one that is down fails nothing but what it was asked. Who
//! has which slots is asked whenever somebody was sent elsewhere, and now and then.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crc16::{State, XMODEM};
use futures_util::future::join_all;
use redis::{ConnectionAddr, ErrorKind, FromRedisValue, RedisError, RedisResult, cmd};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::address::beside;
use super::cluster_view::{Node, View, questions};
use super::dial::{Dialler, ask_all, within_deadline};
use super::fault::{CLUSTER_DOWN, Fault, Redirection};
use super::link::{Link, pause_after};
use super::request::Request;
use super::target::Target;
use super::{LinkOptions, OpenError};
use crate::store::Unavailable;

const SLOTS: u16 = 16_384;

/// How often one request is sent elsewhere.
const MAX_REDIRECTIONS: usize = 5;

/// How often the map is read while nobody finds it wrong, and how often at most.
const LONGEST_AGE: Duration = Duration::from_secs(5);
const SHORTEST_AGE: Duration = Duration::from_millis(100);

/// How often at most while it stays the same.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How many nodes are asked for the map at once.
const ASKED_NODES: usize = 5;

/// The way to a cluster.
pub(super) struct Cluster {
    shared: Arc<Shared>,
    surveyor: JoinHandle<()>,
}

impl Cluster {
    /// Begins to connect to the cluster that these nodes know, and waits for nothing.
    pub(super) fn open(
        dialler: Dialler,
        seeds: &[ConnectionAddr],
        timekeeper: &str,
        options: LinkOptions,
    ) -> Result<Self, OpenError> {
        for seed in seeds {
            dialler.check(seed)?;
        }
        let runtime = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
        let shared = Arc::new(Shared {
            dialler,
            options,
            seeds: seeds.to_vec(),
            timekeeper: slot_of(timekeeper),
            map: RwLock::new(Map { links: BTreeMap::new(), owners: vec![None; usize::from(SLOTS)] }),
            is_doubted: Notify::new(),
        });
        let surveyor = runtime.spawn(Arc::clone(&shared).survey());
        Ok(Self { shared, surveyor })
    }

    /// Whether any node has answered lately: those that did not fail only what they are asked.
    pub(super) fn is_up(&self) -> bool {
        self.shared.read(|map| map.links.values().any(|link| link.is_up()))
    }

    /// Which connection leads to a key.
    pub(super) fn connection_for(&self, key: &str) -> u64 {
        self.owner_of(key).map_or(0, |link| link.connection())
    }

    /// Whether whoever has a key tells of its changes.
    pub(super) fn tells_changes_of(&self, key: &str) -> bool {
        self.owner_of(key).is_some_and(|link| link.tells_changes())
    }

    /// Whether whoever has a key has `SET … IFEQ`.
    pub(super) fn has_ifeq(&self, key: &str) -> bool {
        self.owner_of(key).is_some_and(|link| link.has_ifeq())
    }

    fn owner_of(&self, key: &str) -> Option<Arc<Link>> {
        self.shared.read(|map| map.owners[usize::from(slot_of(key))].clone())
    }

    pub(super) async fn link_for(&self, key: &str) -> Result<Arc<Link>, Unavailable> {
        if let Some(link) = self.owner_of(key) {
            if link.is_up() {
                return Ok(link);
            }
            // Whoever has just been given slots was never dialled before, and is well.
            if link.is_new() && link.wait_until_up().await.is_ok() {
                return Ok(link);
            }
        }
        // Perhaps another has taken over.
        self.shared.is_doubted.notify_one();
        Err(Unavailable)
    }

    /// The result of a request, by whichever node it is sent to in the end. Who sends it on has done nothing,
    /// so it is done once.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        request: &Request,
        is_idempotent: bool,
    ) -> Result<T, Fault> {
        let link = self.link_for(&request.key).await?;
        let result = match is_idempotent {
            true => link.run_idempotent(request).await,
            false => link.run(request).await,
        };
        self.follow(request, is_idempotent, &link, result).await
    }

    /// Goes where a result says, if it says so. Every request but those of events is for one key, so none is told that half of
    /// what it is for is elsewhere (`TRYAGAIN`); events are kept until they can be appended.
    pub(super) async fn follow<T: FromRedisValue>(
        &self,
        request: &Request,
        is_idempotent: bool,
        link: &Arc<Link>,
        mut result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut link = Arc::clone(link);
        for _ in 0..MAX_REDIRECTIONS {
            let redirection = match result {
                Err(Fault::Redirected(redirection)) => redirection,
                result => {
                    if result.as_ref().is_err_and(|fault| fault.is_any_of(&CLUSTER_DOWN)) {
                        self.shared.is_doubted.notify_one();
                    }
                    return result;
                }
            };
            let is_ask = redirection.is_ask;
            link = self.shared.redirect(&link, redirection)?;
            link.wait_until_up().await?;
            result = match (is_ask, is_idempotent) {
                (true, _) => link.run_asking(request).await,
                (false, true) => link.run_idempotent(request).await,
                (false, false) => link.run(request).await,
            };
        }
        result
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.surveyor.abort();
    }
}

struct Shared {
    dialler: Dialler,
    options: LinkOptions,
    seeds: Vec<ConnectionAddr>,
    /// Whose clock sessions go by: that of whoever has this slot.
    timekeeper: u16,
    map: RwLock<Map>,
    is_doubted: Notify,
}

struct Map {
    links: BTreeMap<Node, Arc<Link>>,
    /// By slot.
    owners: Vec<Option<Arc<Link>>>,
}

impl Shared {
    fn read<T>(&self, look: impl FnOnce(&Map) -> T) -> T {
        look(&self.map.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The node that somebody was sent to by another.
    fn redirect(
        &self,
        from: &Arc<Link>,
        Redirection { node, slot, is_ask }: Redirection,
    ) -> Result<Arc<Link>, Fault> {
        // What is asked elsewhere for once is still where it was.
        if !is_ask {
            self.is_doubted.notify_one();
        }
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        let (host, port) = node;
        let host_of = |map: &Map| {
            let known = map.links.iter().find(|(_, link)| Arc::ptr_eq(link, from));
            known.map(|((host, _), _)| host.clone())
        };
        let host = host.or_else(|| host_of(&map)).ok_or(Unavailable)?;
        let keeps_time = !is_ask && slot == self.timekeeper;
        let link = self.link_to(&mut map, (host, port), keeps_time)?;
        if !is_ask && let Some(owner) = map.owners.get_mut(usize::from(slot)) {
            let former = owner.replace(Arc::clone(&link));
            drop(map);
            if former.is_some_and(|former| !Arc::ptr_eq(&former, &link)) {
                self.forget_what_was_read();
            }
        }
        Ok(link)
    }

    /// `keeps_time`: whether the node, if it is met for the first time, is taken for the one whose clock counts.
    fn link_to(&self, map: &mut Map, node: Node, keeps_time: bool) -> Result<Arc<Link>, Unavailable> {
        if let Some(link) = map.links.get(&node) {
            return Ok(Arc::clone(link));
        }
        let address = beside(&self.seeds[0], node.0.clone(), node.1);
        // It has no key of which to ask, and says this only once it has loaded.
        let probe = cmd("CLUSTER").arg("MYID").to_owned();
        // One that was demoted says itself who has its slots now.
        let target = Target::any_at(self.dialler.clone(), address, probe);
        let link = Arc::new(Link::open(target, &self.options, keeps_time).map_err(|_| Unavailable)?);
        map.links.insert(node, Arc::clone(&link));
        Ok(link)
    }

    async fn survey(self: Arc<Self>) {
        let (mut known, mut pause, mut failures) = (Vec::new(), SHORTEST_AGE, 0);
        let mut told = None;
        loop {
            match self.ask_around().await {
                Ok(view) => {
                    (failures, told) = (0, None);
                    // Whoever waits for a node to be replaced need not ask all the time.
                    pause = if view.ranges == known { LONGEST_PAUSE.min(2 * pause) } else { SHORTEST_AGE };
                    self.adopt(&view);
                    known = view.ranges;
                    sleep(pause).await;
                    // Whether somebody doubted it or it grew old, it is read again.
                    let _ = timeout(LONGEST_AGE - pause, self.is_doubted.notified()).await;
                }
                Err(error) => {
                    self.tell_lost(&mut told, &error);
                    sleep(pause_after(&error, failures)).await;
                    failures += 1;
                }
            }
        }
    }

    /// Tells each reason once.
    fn tell_lost(&self, told: &mut Option<String>, error: &RedisError) {
        let reason = error.category();
        if self.options.is_told_of && told.as_deref() != Some(reason) {
            *told = Some(reason.to_owned());
            tracing::warn!(reason, %error, "no node of the redis cluster says who has which slots: look after the cluster");
        }
    }

    /// What the best of some nodes says; where none is connected, what one says that is dialled.
    async fn ask_around(&self) -> RedisResult<View> {
        let mut links: Vec<_> = self.read(|map| {
            let up = map.links.iter().filter(|(_, link)| link.is_up());
            up.map(|((host, _), link)| (host.clone(), Arc::clone(link))).collect()
        });
        // Others each time, so that no few of them are all that is ever heard.
        let first = random_below(links.len());
        links.rotate_left(first);
        let questions = questions();
        let asked = links
            .iter()
            .take(ASKED_NODES)
            .map(async |(host, link)| View::read(host, link.ask_all(&questions.each_ref()).await.ok()?));
        let views = join_all(asked).await;
        match views.into_iter().flatten().max_by_key(View::merit) {
            Some(view) => Ok(view),
            None => self.ask_seed(&self.seeds[random_below(self.seeds.len())]).await,
        }
    }

    /// Any node knows, primary or not.
    async fn ask_seed(&self, seed: &ConnectionAddr) -> RedisResult<View> {
        let redis = self.dialler.dial(seed).await?;
        let answers = within_deadline(ask_all(&redis, questions().into())).await?;
        if let Some(Err(error)) = answers.iter().find(|answer| answer.is_err()) {
            return Err(error.clone());
        }
        let view = match seed {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => View::read(host, answers),
            _ => None,
        };
        view.ok_or_else(|| {
            (ErrorKind::UnexpectedReturnType, "node names others in a way unknown to us").into()
        })
    }

    fn adopt(&self, view: &View) {
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        let mut owners = vec![None; usize::from(SLOTS)];
        let mut links = BTreeMap::new();
        let has_timekeeper = |(first, last, _): &&_| (*first..=*last).contains(&self.timekeeper);
        let timekeeper = view.ranges.iter().find(has_timekeeper).map(|(_, _, node)| node);
        for (first, last, node) in &view.ranges {
            let Ok(link) = self.link_to(&mut map, node.clone(), timekeeper == Some(node)) else { continue };
            for owner in owners.iter_mut().take(usize::from(*last) + 1).skip(usize::from(*first)) {
                *owner = Some(Arc::clone(&link));
            }
            links.insert(node.clone(), link);
        }
        // Whoever has no slots is forgotten, unless it may be about to get some.
        let young = map.links.iter().filter(|(node, link)| !links.contains_key(*node) && link.is_young());
        let young: Vec<_> = young.map(|(node, link)| (node.clone(), Arc::clone(link))).collect();
        links.extend(young);
        for (node, link) in &links {
            link.keep_time(timekeeper == Some(node));
        }
        let is_lost = |(former, owner): (&Option<Arc<Link>>, &Option<Arc<Link>>)| {
            former.is_some() && former.as_ref().map(Arc::as_ptr) != owner.as_ref().map(Arc::as_ptr)
        };
        let are_slots_lost = map.owners.iter().zip(&owners).any(is_lost);
        *map = Map { links, owners };
        drop(map);
        if are_slots_lost {
            self.forget_what_was_read();
        }
    }

    /// Whoever had a slot tells nobody of what another changes.
    fn forget_what_was_read(&self) {
        self.options.changes.iter().for_each(|changes| changes.are_unknown());
    }
}

fn random_below(bound: usize) -> usize {
    // Without entropy the first is as good as any.
    getrandom::u32().map_or(0, |random| random as usize).checked_rem(bound).unwrap_or_default()
}

/// Where a key is. Ours have no braces, so it goes by the whole of it.
fn slot_of(key: &str) -> u16 {
    State::<XMODEM>::calculate(key.as_bytes()) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, and two slots that redis-cli tells (`CLUSTER KEYSLOT`).
    #[test]
    fn a_key_is_in_the_slot_that_redis_says() {
        assert_eq!(State::<XMODEM>::calculate(b"123456789"), 0x31c3);
        assert_eq!(slot_of("foo"), 12_182);
        assert_eq!(slot_of("session:AAAAAAAAAAAAAAAAAAAAAA"), 14_548);
    }
}

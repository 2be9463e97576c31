//! Stores with a fault that was put there, to see it caught.

use std::sync::Arc;

use async_trait::async_trait;
use redis::aio::MultiplexedConnection;
use session_core::{SessionId, UnixTime};
use session_engine::store::{Creation, Documents, Entry, Freshness, Outcome, Stored, Unavailable};
use session_testing::RedisServer;

/// Stores that look first, and then write whatever is there by then.
pub(super) fn get_then_set(redis: &RedisServer, stores: Vec<Arc<dyn Documents>>) -> Vec<Arc<dyn Documents>> {
    plant(redis, stores, Fault::GetThenSet)
}

/// Stores that read from a replica.
pub(super) fn read_from(replica: &RedisServer, stores: Vec<Arc<dyn Documents>>) -> Vec<Arc<dyn Documents>> {
    plant(replica, stores, Fault::StaleRead)
}

fn plant(redis: &RedisServer, stores: Vec<Arc<dyn Documents>>, fault: Fault) -> Vec<Arc<dyn Documents>> {
    let client = redis::Client::open(redis.url()).unwrap();
    let plant = |store| Arc::new(Planted { store, client: client.clone(), fault }) as Arc<dyn Documents>;
    stores.into_iter().map(plant).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    GetThenSet,
    StaleRead,
}

struct Planted {
    store: Arc<dyn Documents>,
    client: redis::Client,
    fault: Fault,
}

impl Planted {
    async fn redis(&self) -> Result<MultiplexedConnection, Unavailable> {
        self.client.get_multiplexed_async_connection().await.map_err(|_| Unavailable)
    }
}

#[async_trait]
impl Documents for Planted {
    async fn create(&self, entry: &Entry, document: &[u8], until: UnixTime) -> Result<Creation, Unavailable> {
        self.store.create(entry, document, until).await
    }

    async fn load(
        &self,
        id: SessionId,
        freshness: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Unavailable> {
        if self.fault != Fault::StaleRead {
            return self.store.load(id, freshness, extend_to).await;
        }
        let get = redis::cmd("GET").arg(format!("session:{id}")).to_owned();
        let document = get.query_async::<Option<Vec<u8>>>(&mut self.redis().await?).await;
        let stored = |document| Stored { document, idle_expires_at: None, is_told_of: false };
        document.map(|document| document.map(stored)).map_err(|_| Unavailable)
    }

    async fn idle_deadline(
        &self,
        id: SessionId,
        freshness: Freshness,
    ) -> Result<Option<UnixTime>, Unavailable> {
        self.store.idle_deadline(id, freshness).await
    }

    async fn update(&self, id: SessionId, expected: &[u8], document: &[u8]) -> Result<Outcome, Unavailable> {
        if self.fault != Fault::GetThenSet {
            return self.store.update(id, expected, document).await;
        }
        match self.store.load(id, Freshness::Confirmed, None).await? {
            None => return Ok(Outcome::Absent),
            Some(stored) if stored.document != expected => return Ok(Outcome::Conflict),
            Some(_) => {}
        }
        let set = redis::cmd("SET").arg(format!("session:{id}")).arg(document).arg("KEEPTTL").to_owned();
        let done: Result<(), _> = set.query_async(&mut self.redis().await?).await;
        done.map(|()| Outcome::Done).map_err(|_| Unavailable)
    }

    async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable> {
        self.store.delete(entry).await
    }

    async fn delete_unchanged(&self, entry: &Entry, expected: &[u8]) -> Result<Outcome, Unavailable> {
        self.store.delete_unchanged(entry, expected).await
    }

    fn is_available(&self) -> bool {
        self.store.is_available()
    }
}

//! Which store a `--store` names.

use std::path::Path;
use std::sync::Arc;

use session_engine::Clock;
use session_engine::store::embedded::EmbeddedStore;
use session_engine::store::redis::RedisStore;
use session_engine::store::{EventLog, Store};

use crate::Result;
use crate::settings::Settings;

/// A store, and the log of events in it.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) log: Arc<dyn EventLog>,
}

impl Opened {
    fn new<S: Store + EventLog>(store: S) -> Self {
        let store = Arc::new(store);
        Self { log: Arc::clone(&store) as _, store }
    }
}

pub(crate) fn open(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Opened> {
    let url = &settings.store;
    match url.split_once(':') {
        Some(("embedded", _)) if settings.redis.is_set() => Err(
            "`--durability strict` and the settings that begin with `--redis-` are for a store in redis, \
                 and this one is embedded"
                .into(),
        ),
        Some(("embedded", directory)) if !directory.is_empty() => {
            Ok(Opened::new(EmbeddedStore::open(Path::new(directory), Arc::clone(clock))?))
        }
        Some((scheme, rest)) if scheme.starts_with("redis") && rest.starts_with("//") => {
            Ok(Opened::new(RedisStore::open(&settings.redis.of(url)?, Arc::clone(clock))?))
        }
        // The URL may hold a password, so it is not repeated.
        _ => {
            Err("store is not `embedded:DIRECTORY` or the url of a redis, such as `redis://HOST:PORT`".into())
        }
    }
}

/// Whether a store on this machine has been here before; of Redis that cannot be said.
pub(crate) fn has_been_used(url: &str) -> bool {
    url.strip_prefix("embedded:").is_some_and(|directory| EmbeddedStore::exists(Path::new(directory)))
}

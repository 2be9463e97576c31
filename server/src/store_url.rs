//! Which store a `--store` names.

use std::path::Path;
use std::sync::Arc;

use session_engine::store::embedded::EmbeddedStore;
use session_engine::store::redis::RedisStore;
use session_engine::store::{EventLog, Store};
use session_engine::{Clock, LegacyStore};

use crate::Result;
use crate::settings::Settings;

/// A store, the log of events in it, and what other libraries keep in the same place.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) legacy: Option<Arc<dyn LegacyStore>>,
}

pub(crate) fn open(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Opened> {
    let url = &settings.store;
    match url.split_once(':') {
        Some(("embedded", _)) if settings.redis.is_set() => Err(
            "`--durability strict` and the settings that begin with `--redis-` are for a store in redis, \
                 and this one is embedded"
                .into(),
        ),
        Some(("embedded", _)) if settings.legacy.is_set() => {
            Err("`--legacy-sessions` is for a store in redis, where the other library's sessions are, and this one is embedded".into())
        }
        Some(("embedded", directory)) if !directory.is_empty() => {
            let store = Arc::new(EmbeddedStore::open(Path::new(directory), Arc::clone(clock))?);
            Ok(Opened { log: Arc::clone(&store) as _, legacy: None, store })
        }
        Some((scheme, rest)) if scheme.starts_with("redis") && rest.starts_with("//") => {
            let store = Arc::new(RedisStore::open(&settings.redis.of(url)?, Arc::clone(clock))?);
            Ok(Opened { log: Arc::clone(&store) as _, legacy: Some(Arc::clone(&store) as _), store })
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

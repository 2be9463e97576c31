//! Which store a `--store` names.

use std::path::Path;
use std::sync::Arc;

use session_engine::Clock;
use session_engine::store::Store;
use session_engine::store::embedded::EmbeddedStore;
use session_engine::store::redis::RedisStore;

use crate::Result;
use crate::settings::Settings;

pub(crate) fn open(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Store>> {
    let url = &settings.store;
    match url.split_once(':') {
        Some(("embedded", _)) if settings.redis.is_set() => Err(
            "`--durability strict` and the settings that begin with `--redis-` are for a store in redis, \
                 and this one is embedded"
                .into(),
        ),
        Some(("embedded", directory)) if !directory.is_empty() => {
            Ok(Arc::new(EmbeddedStore::open(Path::new(directory), Arc::clone(clock))?))
        }
        Some((scheme, rest)) if scheme.starts_with("redis") && rest.starts_with("//") => {
            Ok(Arc::new(RedisStore::open(&settings.redis.of(url)?, Arc::clone(clock))?))
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

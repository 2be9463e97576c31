//! Which store a `--store` names.

use std::path::Path;
use std::sync::Arc;

use session_engine::Clock;
use session_engine::store::Store;
use session_engine::store::embedded::EmbeddedStore;
use session_engine::store::redis::RedisStore;

use crate::Result;

pub(crate) fn open(url: &str, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Store>> {
    match url.split_once(':') {
        Some(("embedded", directory)) if !directory.is_empty() => {
            Ok(Arc::new(EmbeddedStore::open(Path::new(directory), Arc::clone(clock))?))
        }
        Some(("redis", _)) => Ok(Arc::new(RedisStore::open(url, Arc::clone(clock))?)),
        // The URL may hold a password, so it is not repeated.
        _ => Err("store is not `embedded:DIRECTORY` or `redis://HOST:PORT`".into()),
    }
}

/// Whether a store on this machine has been here before; of Redis that cannot be said.
pub(crate) fn has_been_used(url: &str) -> bool {
    url.strip_prefix("embedded:").is_some_and(|directory| EmbeddedStore::exists(Path::new(directory)))
}

//! Which store a `--store` names.

use std::path::Path;
use std::sync::Arc;

use session_engine::Clock;
use session_engine::store::Store;
use session_engine::store::embedded::EmbeddedStore;
use session_engine::store::redis::{RedisSettings, RedisStore};
use zeroize::Zeroizing;

use crate::Result;
use crate::settings::Settings;

pub(crate) fn open(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Store>> {
    let url = &settings.store;
    match url.split_once(':') {
        Some(("embedded", _)) if settings.redis_password_file.is_some() || !settings.redis_prefix.is_empty() => {
            Err("`--redis-password-file` and `--redis-prefix` are for a store in redis, and this one is embedded".into())
        }
        Some(("embedded", directory)) if !directory.is_empty() => {
            Ok(Arc::new(EmbeddedStore::open(Path::new(directory), Arc::clone(clock))?))
        }
        Some(("redis" | "redis+unix", _)) => {
            let mut redis = RedisSettings::new(url).prefix(settings.redis_prefix.clone());
            if let Some(path) = &settings.redis_password_file {
                redis = redis.password(password(path)?);
            }
            Ok(Arc::new(RedisStore::open(&redis, Arc::clone(clock))?))
        }
        // The URL may hold a password, so it is not repeated.
        _ => Err("store is not `embedded:DIRECTORY`, `redis://HOST:PORT` or `redis+unix:///PATH`".into()),
    }
}

/// The first line of a file, as orchestrators mount secrets.
fn password(path: &Path) -> Result<Zeroizing<String>> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|error| format!("password file `{}` cannot be read: {error}", path.display()))?;
    let line = text.lines().next().filter(|line| !line.is_empty());
    let line = line.ok_or_else(|| format!("password file `{}` has no first line", path.display()))?;
    Ok(line.to_owned().into())
}

/// Whether a store on this machine has been here before; of Redis that cannot be said.
pub(crate) fn has_been_used(url: &str) -> bool {
    url.strip_prefix("embedded:").is_some_and(|directory| EmbeddedStore::exists(Path::new(directory)))
}

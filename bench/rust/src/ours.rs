//! The library as an application has it: by default but for the store, the keys and the near cache.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use session_http::App;
use session_http::engine::core::{CookieName, KeyRing};
use session_http::engine::store::redis::{RedisSettings, RedisStore};
use session_http::engine::store::{Documents, Store};
use session_http::engine::{Keys, NearCacheLimits, NewSession, Subject, SystemClock};

use crate::{Result, arguments};

/// The application of the arguments `REDIS-URL KEY-FILE NEAR-CACHE`, the last of which is `near` or `far`, once
/// its store answers.
pub async fn app() -> Result<App> {
    let [redis, key_file, near_cache] = arguments()?;
    let store = RedisStore::open(&RedisSettings::new(&redis), Arc::new(SystemClock))?;
    while !store.is_available() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let near_cache = (near_cache == "near").then(NearCacheLimits::default);
    let store: Arc<dyn Store> = Arc::new(store);
    Ok(App::builder(keys(Path::new(&key_file))?, store).near_cache(near_cache).build()?)
}

/// Those of the shipped server too: all take each other's cookies.
fn keys(path: &Path) -> Result<Keys> {
    let ring = KeyRing::from_json(&std::fs::read_to_string(path)?)?;
    Ok(Keys::new(&ring, CookieName::default()))
}

/// Somebody who has proved to be this, in whatever way: nothing is hashed.
pub fn somebody(name: &str) -> Result<NewSession> {
    Ok(NewSession::of(Subject::new(name)?))
}

//! The library as an application has it: by default but for the store, the keys and the near cache.

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
    let near_cache = (near_cache == "near").then(NearCacheLimits::default);
    app_of(&redis, &key_ring(&key_file)?, near_cache).await
}

/// The same of these.
pub async fn app_of(redis: &str, ring: &KeyRing, near_cache: Option<NearCacheLimits>) -> Result<App> {
    let store = RedisStore::open(&RedisSettings::new(redis), Arc::new(SystemClock))?;
    while !store.is_available() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (keys, store) = (Keys::new(ring, CookieName::default()), Arc::new(store) as Arc<dyn Store>);
    Ok(App::builder(keys, store).near_cache(near_cache).build()?)
}

/// That of the shipped server too: all take each other's cookies.
pub fn key_ring(path: &str) -> Result<KeyRing> {
    Ok(KeyRing::from_json(&std::fs::read_to_string(path)?)?)
}

/// Somebody who has proved to be this, in whatever way: nothing is hashed.
pub fn somebody(name: &str) -> Result<NewSession> {
    Ok(NewSession::of(Subject::new(name)?))
}

use std::time::Duration;

use async_trait::async_trait;

use super::request::Request;
use super::{RedisStore, scripts};
use crate::store::{AttemptCounter, AttemptKey, Attempts, Unavailable};

#[async_trait]
impl AttemptCounter for RedisStore {
    async fn count_attempt(&self, key: &AttemptKey, window: Duration) -> Result<Attempts, Unavailable> {
        let of_counter = |name| Request::new(name, self.keys.attempts(key));
        let requests = [
            of_counter("INCR"),
            // Not only with the first attempt: no counter can stay without an end.
            of_counter("EXPIRE").arg(window.as_secs().max(1)).arg("NX"),
            of_counter("TTL"),
        ];
        let replies = self.servers.run_all(&requests).await;
        let replies: Vec<i64> = replies.into_iter().collect::<Result<_, _>>()?;
        let [count, _, seconds] = replies[..] else { return Err(Unavailable) };
        let positive = |number: i64| u64::try_from(number).map_err(|_| Unavailable);
        Ok(Attempts { count: positive(count)?, forgotten_in: Duration::from_secs(positive(seconds)?) })
    }

    async fn forgive_attempt(&self, key: &AttemptKey) -> Result<(), Unavailable> {
        Ok(self.servers.run_script(&scripts::FORGIVE_ATTEMPT, &self.keys.attempts(key), &[]).await?)
    }
}

use std::time::Duration;

use async_trait::async_trait;

use super::request::Request;
use super::{RedisStore, scripts};
use crate::store::{
    ATTEMPT_PATIENCE, Admission, AttemptCounter, AttemptEnd, AttemptKey, AttemptLimit, Unavailable,
};

#[async_trait]
impl AttemptCounter for RedisStore {
    async fn begin_attempt(&self, key: &AttemptKey, limit: AttemptLimit) -> Result<Admission, Unavailable> {
        let (failures, patience) = (limit.failures.to_string(), ATTEMPT_PATIENCE.as_secs().to_string());
        let arguments = [failures.as_bytes(), patience.as_bytes()];
        let request = Request::script(&scripts::BEGIN_ATTEMPT, self.keys.attempts(key), &arguments);
        let (admission, seconds): (String, i64) = self.servers.run(&request).await?;
        match admission.as_str() {
            "admitted" => Ok(Admission::Admitted),
            "full" => Ok(Admission::Full),
            "refused" => {
                let forgotten_in = Duration::from_secs(u64::try_from(seconds).map_err(|_| Unavailable)?);
                Ok(Admission::Refused { forgotten_in })
            }
            _ => Err(Unavailable),
        }
    }

    async fn end_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
        end: AttemptEnd,
    ) -> Result<(), Unavailable> {
        let failed = match end {
            AttemptEnd::Failed => "1",
            AttemptEnd::Forgiven => "0",
        };
        let window = limit.window.as_secs().max(1).to_string();
        let arguments = [failed.as_bytes(), window.as_bytes()];
        let request = Request::script(&scripts::END_ATTEMPT, self.keys.attempts(key), &arguments);
        Ok(self.servers.run(&request).await?)
    }
}

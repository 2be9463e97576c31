use async_trait::async_trait;
use session_core::{REVOCATION_INTEREST, SessionId, UnixTime};

use super::known_revocations::News;
use super::{RedisStore, scripts};
use crate::store::{MAX_REVOCATIONS, RevocationLog, Revocations, Unavailable};

#[async_trait]
impl RevocationLog for RedisStore {
    async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable> {
        let (id, interest) = (id.to_string(), REVOCATION_INTEREST.as_secs().to_string());
        let arguments = [id.as_bytes(), interest.as_bytes()];
        Ok(self.servers.run_script(&scripts::NOTE_REVOCATION, &self.keys.revocations(), &arguments).await?)
    }

    /// Asks for what is new since it was asked last. Where that does not add up to as many as there
    /// are, because Redis was restarted, replaced by a replica or given another clock, it asks for all.
    async fn revocations(&self) -> Result<Revocations, Unavailable> {
        let mut known = self.known_revocations.lock().await;
        if let Some(since) = known.as_of() {
            let news = self.revocations_since(since).await?;
            if known.learn(news) {
                return Ok(known.told());
            }
        }
        known.forget();
        let all = self.revocations_since(UnixTime::from_secs(0)).await?;
        let _ = known.learn(all);
        Ok(known.told())
    }
}

impl RedisStore {
    async fn revocations_since(&self, since: UnixTime) -> Result<News, Unavailable> {
        let arguments = [REVOCATION_INTEREST.as_secs(), MAX_REVOCATIONS as u64, since.as_secs()];
        let arguments = arguments.map(|argument| argument.to_string());
        let arguments = arguments.each_ref().map(String::as_bytes);
        let key = self.keys.revocations();
        let (now, total, noted) = self.bulk()?.run_script(&scripts::REVOCATIONS, &key, &arguments).await?;
        Ok(News { as_of: UnixTime::from_secs(now), total, noted })
    }
}

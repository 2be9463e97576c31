use std::sync::Arc;

use async_trait::async_trait;
use session_core::{REVOCATION_INTEREST, SessionId, UnixTime};
use tokio::sync::OwnedMutexGuard;

use super::known_revocations::{KnownRevocations, News};
use super::request::Request;
use super::{RedisStore, scripts};
use crate::store::{MAX_REVOCATIONS, RevocationLog, Revocations, Unavailable};

#[async_trait]
impl RevocationLog for RedisStore {
    async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable> {
        let (id, interest) = (id.to_string(), REVOCATION_INTEREST.as_secs().to_string());
        let arguments = [id.as_bytes(), interest.as_bytes()];
        let request = Request::script(&scripts::NOTE_REVOCATION, self.keys.revocations(), &arguments);
        Ok(self.durable().run(&request).await?)
    }

    /// Asks for what is new since it was asked last. Over another connection, which may lead to another
    /// server, and where the news does not add up to as many as there are, it asks for all.
    async fn revocations(&self) -> Result<Revocations, Unavailable> {
        let mut known = Arc::clone(&self.known_revocations).lock_owned().await;
        known.hear_over(self.bulk.connection_for(&self.keys.revocations()));
        if let Some(since) = known.as_of() {
            let news = self.revocations_since(since).await?;
            let (is_whole, revocations);
            (known, is_whole, revocations) = learn(known, news).await?;
            if is_whole {
                return Ok(revocations);
            }
        }
        known.forget();
        let all = self.revocations_since(UnixTime::from_secs(0)).await?;
        let (_, _, revocations) = learn(known, all).await?;
        Ok(revocations)
    }
}

type Known = OwnedMutexGuard<KnownRevocations>;

/// Beside the requests, since there may be a hundred thousand. Says whether what is known is as much as
/// there is.
async fn learn(mut known: Known, news: News) -> Result<(Known, bool, Revocations), Unavailable> {
    let learn = move || {
        let is_whole = known.learn(news);
        let revocations = known.told();
        (known, is_whole, revocations)
    };
    tokio::task::spawn_blocking(learn).await.map_err(|_| Unavailable)
}

impl RedisStore {
    async fn revocations_since(&self, since: UnixTime) -> Result<News, Unavailable> {
        let arguments = [REVOCATION_INTEREST.as_secs(), MAX_REVOCATIONS as u64, since.as_secs()];
        let arguments = arguments.map(|argument| argument.to_string());
        let arguments = arguments.each_ref().map(String::as_bytes);
        let request = Request::script(&scripts::REVOCATIONS, self.keys.revocations(), &arguments);
        let (now, total, noted) = self.bulk()?.run(&request).await?;
        Ok(News { as_of: UnixTime::from_secs(now), total, noted })
    }
}

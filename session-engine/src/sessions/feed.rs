use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use session_core::{RevocationFeed, UnixTime};
use tokio::sync::Mutex;

use super::Sessions;
use crate::budget::to_its_end;
use crate::store::{MAX_REVOCATIONS, Revocations, Unavailable};

/// The feed as it was last made. Whoever asks within the same second gets that, and whoever asks while
/// it is being made waits for it: a crowd costs the store no more than one (and no less, each second, so
/// that a revocation is told of within one).
#[derive(Default)]
pub(super) struct LatestFeed {
    made: ArcSwapOption<MadeFeed>,
    making: Mutex<()>,
}

/// A feed, or that it could not be made, and in which second.
struct MadeFeed {
    made_at: UnixTime,
    feed: Result<Bytes, Unavailable>,
}

impl LatestFeed {
    fn of(&self, now: UnixTime) -> Option<Result<Bytes, Unavailable>> {
        let made = self.made.load();
        made.as_ref().filter(|made| made.made_at == now).map(|made| made.feed.clone())
    }
}

impl Sessions {
    /// The revocation feed of FORMAT.md §3, signed: what was revoked so lately that a statement may
    /// not know of it. The store is asked at most once a second.
    ///
    /// # Errors
    /// When the store is unavailable: an empty feed would say that everybody is still logged in.
    pub async fn revocation_feed(&self) -> Result<Bytes, Unavailable> {
        if let Some(feed) = self.latest_feed.of(self.now()) {
            return feed;
        }
        // In its own time: what one asker has left of theirs must not decide for everybody.
        let sessions = self.clone();
        to_its_end(async move { sessions.make_feed_in_turn().await }).await?
    }

    async fn make_feed_in_turn(&self) -> Result<Bytes, Unavailable> {
        let _turn = self.latest_feed.making.lock().await;
        let made_at = self.now();
        if let Some(feed) = self.latest_feed.of(made_at) {
            return feed;
        }
        let feed = self.make_feed().await;
        self.latest_feed.made.store(Some(Arc::new(MadeFeed { made_at, feed: feed.clone() })));
        feed
    }

    async fn make_feed(&self) -> Result<Bytes, Unavailable> {
        let noted = self.store.revocations().await?;
        if noted.ids.len() >= MAX_REVOCATIONS {
            tracing::error!(
                "revocation feed is full, and the oldest revocations are told no more: find who ends so many sessions"
            );
        }
        // A full feed has megabytes to write and to sign, and session checks are not to wait for that.
        let sessions = self.clone();
        tokio::task::spawn_blocking(move || sessions.sign_feed(noted)).await.unwrap_or(Err(Unavailable))
    }

    fn sign_feed(&self, noted: Revocations) -> Result<Bytes, Unavailable> {
        let feed = RevocationFeed::new(self.issuer.to_string(), noted.ids, noted.as_of);
        let signed = self.keys.load().statements(self.now()).sign_revocations(&feed).map_err(|error| {
            tracing::error!(%error, "revocation feed cannot be signed, and edges hear of no log-out: mend what the error names");
            Unavailable
        })?;
        Ok(signed.into())
    }
}

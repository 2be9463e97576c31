use bytes::Bytes;
use session_core::{RevocationFeed, UnixTime};
use tokio::sync::Mutex;

use super::Sessions;
use crate::store::{MAX_REVOCATIONS, Unavailable};

/// The feed as it was last made, or could not be made, and in which second. Whoever asks while it
/// is being made waits for it: a crowd costs the store no more than one (and no less, each second,
/// so that a revocation is told of within one).
pub(super) type LatestFeed = Mutex<Option<(UnixTime, Result<Bytes, Unavailable>)>>;

impl Sessions {
    /// The revocation feed of FORMAT.md §3, signed: what was revoked so lately that a statement may
    /// not know of it. The store is asked at most once a second.
    ///
    /// # Errors
    /// When the store is unavailable: an empty feed would say that everybody is still logged in.
    pub async fn revocation_feed(&self) -> Result<Bytes, Unavailable> {
        let mut latest = self.latest_feed.lock().await;
        let now = self.now();
        if let Some((_, feed)) = latest.as_ref().filter(|(made_at, _)| *made_at == now) {
            return feed.clone();
        }
        let feed = self.make_feed().await;
        *latest = Some((now, feed.clone()));
        feed
    }

    async fn make_feed(&self) -> Result<Bytes, Unavailable> {
        let noted = self.store.revocations().await?;
        if noted.ids.len() >= MAX_REVOCATIONS {
            tracing::error!("revocation feed is full: the oldest revocations are not told any more");
        }
        let feed = RevocationFeed::new(self.issuer.to_string(), noted.ids, noted.as_of);
        let signed = self.keys.load().statements().sign_revocations(&feed).map_err(|error| {
            tracing::error!(%error, "revocation feed cannot be signed");
            Unavailable
        })?;
        Ok(signed.into())
    }
}

use std::time::Duration;

use serde_json::Map;
use session_core::{StartKey, StartNonce};
use tracing::Instrument;

use super::live::LiveSession;
use super::{Issued, NewSession, SessionError, Sessions};
use crate::budget::to_its_end;
use crate::record::StartMarker;
use crate::store::{Creation, Entry, Freshness, Unavailable};

/// How long a key stands for what was started with it.
pub const START_KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How often, and after what pauses, a store in trouble is asked to note what was started.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

impl Sessions {
    /// Starts a session for a subject that has just been authenticated, once: whoever asks for the same again
    /// with the same key, on whichever server, within [`START_KEY_LIFETIME`], gets the same session with a
    /// cookie of the same secret.
    ///
    /// # Errors
    /// [`SessionError::KeyReused`] when the key was used for something else, [`SessionError::KeySpent`] when
    /// the session is over, and as [`start`](Self::start); where the store was unavailable it may be repeated.
    pub async fn start_once(&self, login: NewSession, key: StartKey) -> Result<Issued, SessionError> {
        let sessions = self.clone();
        to_its_end(async move { sessions.try_to_start_once(&login, &key).await }).await?
    }

    async fn try_to_start_once(&self, login: &NewSession, key: &StartKey) -> Result<Issued, SessionError> {
        let request_hash = login.fingerprint();
        if let Some(marker) = self.started_with(key).await? {
            return self.repeat(&marker, &request_hash, key).await;
        }
        // The session comes first and counts once the marker is there: its ID is a new one at each try, so
        // that none that has ended can come back to life.
        let nonce = StartNonce::generate()?;
        let issued: Issued = self.begin(Some(login), &login.client, Map::new(), &key.secret(&nonce)).await?;
        let marker = StartMarker { started: issued.session.id(), nonce, request_hash };
        match self.place(&marker, key).await {
            Ok(Creation::Created) => {
                self.end_surplus(&login.subject, issued.session.id()).await;
                Ok(issued)
            }
            Ok(Creation::Exists) => {
                self.take_back(issued.session.kept()).await;
                let first = self.started_with(key).await?.ok_or(SessionError::KeySpent)?;
                self.repeat(&first, &marker.request_hash, key).await
            }
            Err(unavailable) => {
                self.place_later(issued, marker, key.clone());
                Err(unavailable.into())
            }
        }
    }

    async fn started_with(&self, key: &StartKey) -> Result<Option<StartMarker>, SessionError> {
        let stored = self.store.load(key.marker_id(), Freshness::Confirmed, None).await?;
        stored
            .map(|stored| StartMarker::from_document(&stored.document).ok_or(SessionError::KeySpent))
            .transpose()
    }

    async fn repeat(
        &self,
        marker: &StartMarker,
        request_hash: &str,
        key: &StartKey,
    ) -> Result<Issued, SessionError> {
        if marker.request_hash != request_hash {
            return Err(SessionError::KeyReused);
        }
        let kept = match self.look_up(marker.started, Freshness::Confirmed, None).await {
            Ok(kept) if kept.record.successor.is_none() => kept,
            Ok(_) | Err(SessionError::Ended | SessionError::Expired) => return Err(SessionError::KeySpent),
            Err(error) => return Err(error),
        };
        let (secret, record) = (key.secret(&marker.nonce), &kept.record);
        let cookie =
            self.keys.load().cookie().sign(kept.id, &secret, record.issued_at, record.absolute_expires_at)?;
        Ok(Issued { session: LiveSession::new(kept)?, cookie })
    }

    async fn place(&self, marker: &StartMarker, key: &StartKey) -> Result<Creation, Unavailable> {
        let (now, id) = (self.now(), key.marker_id());
        let end = now.saturating_add(START_KEY_LIFETIME);
        let entry = Entry { id, subject: None, issued_at: now, absolute_expires_at: end };
        self.store.create(&entry, &marker.to_document(), end).await
    }

    /// Nobody knows whether the marker is there. The session must not stay without it, nor it without the
    /// session.
    fn place_later(&self, issued: Issued, marker: StartMarker, key: StartKey) {
        let sessions = self.clone();
        let place = async move {
            for _ in 0..TRIES {
                tokio::time::sleep(PAUSE).await;
                let there = match sessions.place(&marker, &key).await {
                    Ok(Creation::Created) => return,
                    Ok(Creation::Exists) => sessions.started_with(&key).await,
                    Err(unavailable) => Err(unavailable.into()),
                };
                match there {
                    Ok(Some(there)) if there == marker => return,
                    Ok(_) => return sessions.take_back(issued.session.kept()).await,
                    Err(_) => {}
                }
            }
            tracing::warn!(session_id = %issued.session.id(), "unused session stays until it idles out: the store does not answer");
        };
        tokio::spawn(place.in_current_span());
    }
}

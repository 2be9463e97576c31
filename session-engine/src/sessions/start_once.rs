use std::time::Duration;

use serde_json::{Map, Value};
use session_core::{SessionId, StartKey, StartNonce};
use tokio::time::Instant;
use tracing::Instrument;

use super::live::LiveSession;
use super::{Issued, NewSession, SessionError, Sessions};
use crate::budget::to_its_end;
use crate::record::StartMarker;
use crate::store::{Creation, Entry, Freshness, Outcome, Unavailable};

/// How long a key stands for what was started with it.
pub const START_KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// So long whoever claimed a key has it: longer than any start takes. Then another may take it over.
const CLAIM_LIFETIME: Duration = Duration::from_secs(5);

/// How long, and after what pauses, it is looked whether a parallel request has started the session: well within what
/// a request may take.
const LOOKING: Duration = Duration::from_millis(500);
const LOOK_PAUSE: Duration = Duration::from_millis(25);

/// How often, and after what pauses, a store in trouble is asked to note what was started.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

/// What stands under a key.
enum Found {
    /// Nothing, until this was placed there.
    Claimed(Claim),
    /// The session that was started with it, and what its secret follows from.
    Started(SessionId, StartNonce),
    /// The claim of another request that is under way.
    UnderWay,
}

/// The right to start the session of a key.
struct Claim {
    entry: Entry,
    marker: StartMarker,
    document: Vec<u8>,
}

impl Sessions {
    /// Starts a session for a subject that has just been authenticated, once: whoever asks for the same again
    /// with the same key, on whichever server, within [`START_KEY_LIFETIME`], gets the same session with a
    /// cookie of the same secret.
    ///
    /// # Errors
    /// [`SessionError::KeyReused`] when the key was used for something else, [`SessionError::KeySpent`] when
    /// the session is over, [`SessionError::Contended`] while another request with the key is under way, and
    /// as [`start`](Self::start); where the store was unavailable it may be repeated.
    pub async fn start_once(&self, login: NewSession, key: StartKey) -> Result<Issued, SessionError> {
        let (sessions, request_hash) = (self.clone(), login.fingerprint());
        let starting =
            async move { sessions.try_to_start_once(&request_hash, &login, Map::new(), &key).await };
        to_its_end(starting).await?
    }

    pub(super) async fn try_to_start_once(
        &self,
        request_hash: &str,
        login: &NewSession,
        data: Map<String, Value>,
        key: &StartKey,
    ) -> Result<Issued, SessionError> {
        let began_at = Instant::now();
        while began_at.elapsed() < LOOKING {
            match self.claim(request_hash, key).await? {
                Found::Claimed(claim) => return self.start_claimed(login, data, key, claim).await,
                Found::Started(id, nonce) => return self.repeat(id, &nonce, key).await,
                Found::UnderWay => tokio::time::sleep(LOOK_PAUSE).await,
            }
        }
        Err(SessionError::Contended)
    }

    /// What was started with a key before, whatever was asked for.
    ///
    /// # Errors
    /// [`SessionError::KeySpent`] when there is nothing, or no more.
    #[cfg(feature = "legacy")]
    pub(super) async fn started_once(&self, key: &StartKey) -> Result<Issued, SessionError> {
        let began_at = Instant::now();
        while began_at.elapsed() < LOOKING {
            let stored = self.store.load(key.marker_id(), Freshness::Confirmed, None).await?;
            let there = stored.and_then(|stored| StartMarker::from_document(&stored.document));
            let there = there.ok_or(SessionError::KeySpent)?;
            if let Some(started) = there.started {
                return self.repeat(started, &there.nonce, key).await;
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
        Err(SessionError::Contended)
    }

    async fn claim(&self, request_hash: &str, key: &StartKey) -> Result<Found, SessionError> {
        let (now, id) = (self.now(), key.marker_id());
        let end = now.saturating_add(START_KEY_LIFETIME);
        let marker = StartMarker {
            request_hash: request_hash.to_owned(),
            nonce: StartNonce::generate()?,
            claimed_at: now,
            started: None,
        };
        let entry = Entry { id, subject: None, issued_at: now, absolute_expires_at: end };
        let claim = Claim { entry, document: marker.to_document(), marker };
        if self.store.create(&claim.entry, &claim.document, end).await? == Creation::Created {
            return Ok(Found::Claimed(claim));
        }
        let Some(stored) = self.store.load(id, Freshness::Confirmed, None).await? else {
            return Ok(Found::UnderWay);
        };
        let there = StartMarker::from_document(&stored.document).ok_or(SessionError::KeySpent)?;
        if there.request_hash != request_hash {
            return Err(SessionError::KeyReused);
        }
        if let Some(started) = there.started {
            return Ok(Found::Started(started, there.nonce));
        }
        if there.claimed_at.saturating_add(CLAIM_LIFETIME) > now {
            return Ok(Found::UnderWay);
        }
        match self.store.update(id, &stored.document, &claim.document).await? {
            Outcome::Done => Ok(Found::Claimed(claim)),
            Outcome::Conflict | Outcome::Absent => Ok(Found::UnderWay),
        }
    }

    /// The session has an ID and a secret of its own at each try, so that none that has ended can come back
    /// to life; it counts once the marker names it.
    async fn start_claimed(
        &self,
        login: &NewSession,
        data: Map<String, Value>,
        key: &StartKey,
        claim: Claim,
    ) -> Result<Issued, SessionError> {
        let secret = key.secret(&claim.marker.nonce);
        let issued: Issued = match self.begin(Some(login), &login.client, data, &secret).await {
            Ok(issued) => issued,
            Err(error) => {
                // So that it can be tried again at once; else it can be once the claim is old.
                let _ = self.store.delete_unchanged(&claim.entry, &claim.document).await;
                return Err(error);
            }
        };
        let done = StartMarker { started: Some(issued.session.id()), ..claim.marker.clone() }.to_document();
        match self.name(&claim, &done).await {
            Ok(true) => {
                self.has_started(&issued).await;
                Ok(issued)
            }
            Ok(false) => {
                self.take_back(issued.session.kept()).await;
                Err(SessionError::Contended)
            }
            Err(unavailable) => {
                self.name_later(issued, claim, done);
                Err(unavailable.into())
            }
        }
    }

    /// Puts `done` in the place of a claim; says whether it is there, also by an earlier try of which nobody
    /// has heard.
    async fn name(&self, claim: &Claim, done: &[u8]) -> Result<bool, Unavailable> {
        match self.store.update(claim.entry.id, &claim.document, done).await? {
            Outcome::Done => Ok(true),
            Outcome::Absent => Ok(false),
            Outcome::Conflict => {
                let stored = self.store.load(claim.entry.id, Freshness::Confirmed, None).await?;
                Ok(stored.is_some_and(|stored| stored.document == done))
            }
        }
    }

    /// Whoever asked is told that nothing is known. In the end the marker names the session, or it goes.
    fn name_later(&self, issued: Issued, claim: Claim, done: Vec<u8>) {
        let sessions = self.clone();
        let name = async move {
            for _ in 0..TRIES {
                tokio::time::sleep(PAUSE).await;
                match sessions.name(&claim, &done).await {
                    Ok(true) => return sessions.has_started(&issued).await,
                    Ok(false) => return sessions.take_back(issued.session.kept()).await,
                    Err(_) => {}
                }
            }
            let session_id = issued.session.id();
            tracing::warn!(%session_id, "unused session will idle out, since the store does not answer; nobody has its cookie");
        };
        tokio::spawn(name.in_current_span());
    }

    /// What comes of a start once it counts, and of no repetition.
    async fn has_started(&self, issued: &Issued) {
        self.audit.signed_in(issued);
        self.end_surplus(issued.session.subject(), issued.session.id()).await;
    }

    async fn repeat(
        &self,
        id: SessionId,
        nonce: &StartNonce,
        key: &StartKey,
    ) -> Result<Issued, SessionError> {
        let kept = match self.look_up(id, Freshness::Confirmed, None).await {
            Ok(kept) if kept.record.successor.is_none() => kept,
            Ok(_) | Err(SessionError::Ended | SessionError::Expired) => return Err(SessionError::KeySpent),
            Err(error) => return Err(error),
        };
        let (secret, record) = (key.secret(nonce), &kept.record);
        let cookie =
            self.keys.load().cookie().sign(kept.id, &secret, record.issued_at, record.absolute_expires_at)?;
        Ok(Issued { session: LiveSession::new(kept)?, cookie })
    }
}

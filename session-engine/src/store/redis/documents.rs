use std::time::Duration;

use async_trait::async_trait;
use session_core::{SessionId, UnixTime};

use super::RedisStore;
use super::fault::{CANNOT_WRITE, Fault, WRONG_TYPE};
use super::request::Request;
use super::scripts::{self, Script};
use crate::store::{
    Creation, Documents, Entry, Freshness, MAX_DOCUMENT_LENGTH, Outcome, Stored, Trouble, Unavailable,
};

#[async_trait]
impl Documents for RedisStore {
    async fn create(
        &self,
        entry: &Entry,
        document: &[u8],
        idle_expires_at: UnixTime,
    ) -> Result<Creation, Unavailable> {
        let is_new_in_index = match &entry.subject {
            Some(subject) => self.put_in_index(entry, subject).await?,
            None => false,
        };
        let set = Request::new("SET", self.keys.session(entry.id)).arg(document);
        let set = set.arg("NX").arg("PX").arg(self.lifetime(idle_expires_at));
        let set: Option<String> = self.servers.run(&set).await?;
        if set.is_some() {
            return Ok(Creation::Created);
        }
        // What was there is another's, unless the entry was there too: then it is what an earlier
        // try of this same creation made, and must stay in the index.
        if is_new_in_index {
            self.take_from_index(entry).await?;
        }
        Ok(Creation::Exists)
    }

    // There is no cache in between, so every answer is a confirmed one.
    async fn load(
        &self,
        id: SessionId,
        _: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Unavailable> {
        let get = || Request::new("GET", self.keys.session(id));
        let Some(deadline) = extend_to else {
            let document = readable(self.servers.run_idempotent(&get()).await)?;
            return Ok(document.map(|document| Stored { document, idle_expires_at: None }));
        };
        let extending = Request::new("GETEX", self.keys.session(id)).arg("PX").arg(self.lifetime(deadline));
        let (document, idle_expires_at) = match self.servers.run_idempotent(&extending).await {
            Err(fault) if fault.is_any_of(&CANNOT_WRITE) => (self.servers.run_idempotent(&get()).await, None),
            result => (result, Some(deadline)),
        };
        Ok(readable(document)?.map(|document| Stored { document, idle_expires_at }))
    }

    async fn idle_deadline(&self, id: SessionId, _: Freshness) -> Result<Option<UnixTime>, Unavailable> {
        let request = Request::new("EXPIRETIME", self.keys.session(id));
        Ok(deadline_of(self.servers.run_idempotent(&request).await?))
    }

    async fn update(&self, id: SessionId, expected: &[u8], document: &[u8]) -> Result<Outcome, Unavailable> {
        Ok(self.change(&scripts::UPDATE, id, &[expected, document]).await?)
    }

    async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable> {
        let document = Request::new("DEL", self.keys.session(entry.id));
        let requests: Vec<_> = std::iter::once(document).chain(self.keys.removal(entry)).collect();
        let replies: Vec<Result<u64, Fault>> = self.servers.run_all(&requests).await;
        // The document decides; an entry that stayed is trimmed by whoever reads the index.
        let deleted = replies.into_iter().next().ok_or(Unavailable)??;
        Ok(deleted == 1)
    }

    async fn delete_unchanged(&self, entry: &Entry, expected: &[u8]) -> Result<Outcome, Unavailable> {
        let outcome = self.change(&scripts::DELETE_UNCHANGED, entry.id, &[expected]).await?;
        if outcome == Outcome::Done {
            // Done is done; an entry that stayed is trimmed by whoever reads the index.
            let _ = self.take_from_index(entry).await;
        }
        Ok(outcome)
    }

    fn is_available(&self) -> bool {
        self.servers.is_up() && self.bulk.is_up()
    }

    fn seconds_ahead(&self) -> i64 {
        self.skew.seconds_ahead()
    }

    fn troubles(&self) -> Vec<Trouble> {
        self.refusals.recent()
    }
}

impl RedisStore {
    /// How long from now, in milliseconds, for a command that counts from when it arrives: a deadline
    /// that the clock of Redis has passed would end the session by being set (R71). On average half of
    /// the present second is over.
    fn lifetime(&self, deadline: UnixTime) -> u64 {
        let left = deadline.saturating_since(self.now()).max(Duration::from_secs(1));
        left.as_secs().saturating_mul(1000).saturating_sub(500)
    }

    async fn change(&self, script: &Script, id: SessionId, arguments: &[&[u8]]) -> Result<Outcome, Fault> {
        let outcome = self.servers.run_script::<String>(script, &self.keys.session(id), arguments).await;
        match outcome.as_deref() {
            Ok("done") => Ok(Outcome::Done),
            Ok("conflict") => Ok(Outcome::Conflict),
            Ok("absent") => Ok(Outcome::Absent),
            Ok(_) => Err(Fault::Unavailable),
            // Something is there, and it is not the document that was expected.
            Err(fault) if fault.is_any_of(&WRONG_TYPE) => Ok(Outcome::Conflict),
            Err(_) => outcome.map(|_| Outcome::Conflict),
        }
    }
}

/// What is under a session's key is somebody else's if it is no string, or one that is too long.
/// It is there all the same: an empty document, which is no record, makes that session invalid and
/// leaves all others alone (R48).
pub(super) fn readable(value: Result<Option<Vec<u8>>, Fault>) -> Result<Option<Vec<u8>>, Fault> {
    match value {
        Ok(Some(document)) if document.len() > MAX_DOCUMENT_LENGTH => Ok(Some(Vec::new())),
        Err(fault) if fault.is_any_of(&WRONG_TYPE) => Ok(Some(Vec::new())),
        value => value,
    }
}

/// What `EXPIRETIME` says: -2 for a key that is not there, -1 for one that stays. It is by the clock of
/// Redis, which is the one that sessions go by.
pub(super) fn deadline_of(expire_time: i64) -> Option<UnixTime> {
    match expire_time {
        -1 => Some(UnixTime::MAX),
        secs => u64::try_from(secs).ok().map(UnixTime::from_secs),
    }
}

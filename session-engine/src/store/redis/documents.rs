use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use session_core::{SessionId, UnixTime};

use super::RedisStore;
use super::fault::{CANNOT_WRITE, Fault, WRONG_TYPE};
use super::request::Request;
use super::scripts;
use super::topology::Topology;
use crate::store::{
    ChangeListener, Creation, Documents, Entry, Freshness, MAX_DOCUMENT_LENGTH, Outcome, Stored, Trouble,
    Unavailable,
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
        let set: Option<String> = self.durable().run(&set).await?;
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

    // Whatever is kept is kept above, so every answer is a confirmed one. That a session has ended is not told
    // before it cannot be undone any more (R55).
    async fn load(
        &self,
        id: SessionId,
        _: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Unavailable> {
        let stored = self.read(&self.servers, id, extend_to).await?;
        match (stored, &self.confirmed) {
            (None, Some(confirmed)) => Ok(self.read(confirmed, id, None).await?),
            (stored, _) => Ok(stored),
        }
    }

    async fn idle_deadline(&self, id: SessionId, _: Freshness) -> Result<Option<UnixTime>, Unavailable> {
        let request = Request::new("EXPIRETIME", self.keys.session(id));
        let deadline = deadline_of(self.servers.run_idempotent(&request).await?);
        match (deadline, &self.confirmed) {
            (None, Some(confirmed)) => Ok(deadline_of(confirmed.run_idempotent(&request).await?)),
            _ => Ok(deadline),
        }
    }

    async fn update(&self, id: SessionId, expected: &[u8], document: &[u8]) -> Result<Outcome, Unavailable> {
        let (servers, key) = (self.durable(), self.keys.session(id));
        let request = match servers.has_ifeq(&key) {
            true => Request::new("SET", key).arg(document).arg("IFEQ").arg(expected).arg("KEEPTTL"),
            false => Request::script(&scripts::UPDATE, key, &[expected, document]),
        };
        match outcome_of(servers.run(&request).await)? {
            Some(outcome) => Ok(outcome),
            // Without a script it is not said why nothing was done.
            None => match self.idle_deadline(id, Freshness::Confirmed).await? {
                Some(_) => Ok(Outcome::Conflict),
                None => Ok(Outcome::Absent),
            },
        }
    }

    async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable> {
        let document = Request::new("DEL", self.keys.session(entry.id));
        let requests: Vec<_> = std::iter::once(document).chain(self.keys.removal(entry)).collect();
        let replies: Vec<Result<u64, Fault>> = self.durable().run_all(&requests).await;
        // The document decides; an entry that stayed is trimmed by whoever reads the index.
        let deleted = replies.into_iter().next().ok_or(Unavailable)??;
        Ok(deleted == 1)
    }

    async fn delete_unchanged(&self, entry: &Entry, expected: &[u8]) -> Result<Outcome, Unavailable> {
        let key = self.keys.session(entry.id);
        let request = Request::script(&scripts::DELETE_UNCHANGED, key, &[expected]);
        let outcome = outcome_of(self.durable().run(&request).await)?.ok_or(Unavailable)?;
        if outcome == Outcome::Done {
            // Done is done; an entry that stayed is trimmed by whoever reads the index.
            let _ = self.take_from_index(entry).await;
        }
        Ok(outcome)
    }

    fn is_available(&self) -> bool {
        self.servers.is_up() && self.bulk.is_up()
    }

    fn is_ready(&self) -> bool {
        self.readiness.given(self.is_available())
    }

    fn seconds_ahead(&self) -> i64 {
        self.skew.seconds_ahead()
    }

    fn tell_changes_to(&self, listener: Arc<dyn ChangeListener>) {
        self.changes.tell(&listener);
    }

    fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = self.refusals.recent();
        if self.confirmed.as_ref().is_some_and(|confirmed| !confirmed.is_up()) {
            let (asked, reason) = ("WAIT".to_owned(), "no connection".to_owned());
            troubles.push(Trouble { asked, reason, times: 1 });
        }
        troubles
    }
}

impl RedisStore {
    async fn read(
        &self,
        servers: &Topology,
        id: SessionId,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Fault> {
        let key = || self.keys.session(id);
        if let Some(deadline) = extend_to {
            let extending = Request::new("GETEX", key()).arg("PX").arg(self.lifetime(deadline));
            let document = servers.run_idempotent(&extending).await;
            if !document.as_ref().is_err_and(|fault: &Fault| fault.is_any_of(&CANNOT_WRITE)) {
                // A write, after which Redis tells of nothing.
                let stored =
                    |document| Stored { document, idle_expires_at: Some(deadline), is_told_of: false };
                return Ok(readable(document)?.map(stored));
            }
        }
        let key = key();
        // Where the connection is lost meanwhile, and another takes its place, all is said to have changed; a node
        // of a cluster may have sent the question on to another.
        let (is_told_of, asked) = (servers.tells_changes_of(&key), servers.connection_for(&key));
        let request = Request::new("GET", key);
        let document = readable(servers.run_idempotent(&request).await)?;
        let is_told_of = is_told_of && servers.connection_for(&request.key) == asked;
        Ok(document.map(|document| Stored { document, idle_expires_at: None, is_told_of }))
    }

    /// How long from now, in milliseconds, for a command that counts from when it arrives: a deadline
    /// that the clock of Redis has passed would end the session by being set (R71). On average half of
    /// the present second is over.
    fn lifetime(&self, deadline: UnixTime) -> u64 {
        let left = deadline.saturating_since(self.now()).max(Duration::from_secs(1));
        left.as_secs().saturating_mul(1000).saturating_sub(500)
    }
}

/// What became of a change, as a script or a command says; nothing where a command did nothing.
fn outcome_of(answer: Result<Option<String>, Fault>) -> Result<Option<Outcome>, Fault> {
    match answer.as_ref().map(Option::as_deref) {
        Ok(Some("done" | "OK")) => Ok(Some(Outcome::Done)),
        Ok(Some("conflict")) => Ok(Some(Outcome::Conflict)),
        Ok(Some("absent")) => Ok(Some(Outcome::Absent)),
        Ok(Some(_)) => Err(Fault::Unavailable),
        Ok(None) => Ok(None),
        // Something is there, and it is not the document that was expected.
        Err(fault) if fault.is_any_of(&WRONG_TYPE) => Ok(Some(Outcome::Conflict)),
        Err(_) => answer.map(|_| None),
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

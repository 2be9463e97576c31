//! Sessions in Redis, shared by every server.
//!
//! | key | value |
//! |---|---|
//! | `session:<session-id>` | the document, as a plain string that expires at the idle deadline |
//! | `subject-sessions:<subject>` | sorted set of `<session-id>.<issued-at>` by absolute deadline |
//! | `subject-epoch:<subject>` | random bytes, for an hour |
//! | `revocations` | sorted set of session IDs by when they were revoked, for minutes |
//! | `attempts:<key>` | a counter, for its window |
//!
//! The subject is percent-encoded. Every command touches one key, so all of this works on a
//! cluster, and there is no `MULTI`, which a full Redis refuses even for a deletion.
//!
//! An entry of the index is written before its document and removed after it, so a living session
//! is always in the index. What stays of dead ones is trimmed by whoever reads or writes the index,
//! and the index expires with the last session that may be in it.

mod dial;
mod fault;
mod keys;
mod link;
mod scripts;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::{FromRedisValue, Pipeline, Value, cmd};
use session_core::{REVOCATION_INTEREST, SessionId, UnixTime};

use self::fault::{CANNOT_WRITE, Fault, NO_SCRIPT, WRONG_TYPE};
use self::link::Link;
use self::scripts::Script;
use super::{
    AttemptCounter, AttemptKey, Attempts, Creation, Documents, EPOCH_LIFETIME, Entry, Epoch, Freshness,
    Listed, Outcome, RevocationLog, Revocations, Stored, SubjectIndex, TRIM_AGE, Unavailable,
};
use crate::clock::Clock;
use crate::record::MAX_DOCUMENT_LENGTH;
use crate::subject::Subject;

/// How many documents of a list are asked for at once: few enough to come within one deadline.
const LIST_CHUNK: usize = 100;

/// The sessions of every server that has the same Redis.
pub struct RedisStore {
    link: Link,
    clock: Arc<dyn Clock>,
}

impl RedisStore {
    /// Begins to connect to the server of a `redis://` URL, within a Tokio runtime. Does not wait
    /// for it: a server that is down makes the store unavailable until it is there.
    ///
    /// # Errors
    /// When the URL is none of a Redis server, or there is no Tokio runtime.
    pub fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Ok(Self { link: Link::open(url)?, clock })
    }

    /// What is older has no document on its way, whichever server's clock is asked.
    fn trimmed_before(&self) -> UnixTime {
        self.clock.now().saturating_sub(TRIM_AGE)
    }

    /// Whether the entry is new in the index.
    async fn put_in_index(&self, entry: &Entry, subject: &Subject) -> Result<bool, Fault> {
        let key = keys::index(subject);
        let deadline = entry.absolute_expires_at.as_secs();
        let mut commands = Pipeline::new();
        commands.cmd("ZADD").arg(&key).arg(deadline).arg(keys::member(entry));
        // The first sets a deadline where there is none, the second pushes it and never pulls it.
        commands.cmd("EXPIREAT").arg(&key).arg(deadline).arg("NX");
        commands.cmd("EXPIREAT").arg(&key).arg(deadline).arg("GT");
        commands.cmd("ZREMRANGEBYSCORE").arg(&key).arg("-inf").arg(self.trimmed_before().as_secs());
        let added: Vec<u64> =
            self.link.run_all(&mut commands).await?.into_iter().collect::<Result<_, _>>()?;
        Ok(added.first() == Some(&1))
    }

    async fn take_from_index(&self, entry: &Entry) -> Result<(), Fault> {
        let Some(subject) = &entry.subject else { return Ok(()) };
        let mut command = cmd("ZREM");
        self.link.run(command.arg(keys::index(subject)).arg(keys::member(entry))).await
    }

    async fn entries(&self, subject: &Subject) -> Result<Vec<Entry>, Fault> {
        let mut command = cmd("ZRANGE");
        command.arg(keys::index(subject)).arg(0).arg(-1).arg("WITHSCORES");
        let members: Vec<(String, f64)> = self.link.run_idempotent(&command).await?;
        let entries =
            members.iter().filter_map(|(member, score)| keys::parse_member(member, *score, subject));
        Ok(entries.collect())
    }

    /// Those of the entries whose document is there; of the others, the old ones are trimmed.
    async fn read_entries(&self, subject: &Subject, entries: &[Entry]) -> Result<Vec<Listed>, Fault> {
        let mut commands = Pipeline::new();
        for entry in entries {
            let key = keys::session(entry.id);
            commands.cmd("GET").arg(&key).cmd("EXPIRETIME").arg(&key);
        }
        let replies: Vec<Result<Value, Fault>> = self.link.run_all(&mut commands).await?;
        let (mut listed, mut dead) = (Vec::new(), Vec::new());
        let mut replies = replies.into_iter();
        for entry in entries {
            let (Some(document), Some(deadline)) = (replies.next(), replies.next()) else {
                return Err(Fault::Unavailable);
            };
            match (readable(decode(document))?, deadline_of(decode(deadline)?)) {
                (None, _) => dead.push(entry),
                // It expired between the two answers.
                (Some(_), None) => {}
                (Some(document), Some(idle_expires_at)) => {
                    listed.push(Listed { entry: entry.clone(), document, idle_expires_at });
                }
            }
        }
        self.trim(subject, &dead).await;
        Ok(listed)
    }

    /// Only tidies: what cannot be trimmed now is trimmed another time.
    async fn trim(&self, subject: &Subject, dead: &[&Entry]) {
        let trimmed_before = self.trimmed_before();
        let old = dead.iter().filter(|entry| entry.issued_at <= trimmed_before);
        let members: Vec<_> = old.map(|entry| keys::member(entry)).collect();
        if !members.is_empty() {
            let mut command = cmd("ZREM");
            let trimmed: Result<(), _> = self.link.run(command.arg(keys::index(subject)).arg(members)).await;
            let _ = trimmed.inspect_err(|fault| tracing::debug!(?fault, "redis index is not trimmed"));
        }
    }

    async fn run_script<T: FromRedisValue>(
        &self,
        script: &Script,
        key: &str,
        arguments: &[&[u8]],
    ) -> Result<T, Fault> {
        let mut call = cmd("EVALSHA");
        call.arg(&script.hash).arg(1).arg(key).arg(arguments);
        match self.link.run(&call).await {
            // Redis was restarted since; the script did not run.
            Err(fault) if fault.is_any_of(&NO_SCRIPT) => {
                let _: String = self.link.run(cmd("SCRIPT").arg("LOAD").arg(script.text)).await?;
                self.link.run(&call).await
            }
            result => result,
        }
    }

    async fn change(&self, script: &Script, id: SessionId, arguments: &[&[u8]]) -> Result<Outcome, Fault> {
        let outcome: Result<String, _> = self.run_script(script, &keys::session(id), arguments).await;
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
        let mut command = cmd("SET");
        command.arg(keys::session(entry.id)).arg(document);
        command.arg("NX").arg("EXAT").arg(idle_expires_at.as_secs());
        let set: Option<String> = self.link.run(&command).await?;
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
        let key = keys::session(id);
        let mut get = cmd("GET");
        get.arg(&key);
        let Some(deadline) = extend_to else {
            let document = readable(self.link.run_idempotent(&get).await)?;
            return Ok(document.map(|document| Stored { document, idle_expires_at: None }));
        };
        let mut get_and_extend = cmd("GETEX");
        get_and_extend.arg(&key).arg("EXAT").arg(deadline.as_secs());
        let (document, idle_expires_at) = match self.link.run_idempotent(&get_and_extend).await {
            Err(fault) if fault.is_any_of(&CANNOT_WRITE) => (self.link.run_idempotent(&get).await, None),
            result => (result, Some(deadline)),
        };
        Ok(readable(document)?.map(|document| Stored { document, idle_expires_at }))
    }

    async fn idle_deadline(&self, id: SessionId, _: Freshness) -> Result<Option<UnixTime>, Unavailable> {
        let mut command = cmd("EXPIRETIME");
        Ok(deadline_of(self.link.run_idempotent(command.arg(keys::session(id))).await?))
    }

    async fn update(&self, id: SessionId, expected: &[u8], document: &[u8]) -> Result<Outcome, Unavailable> {
        Ok(self.change(&scripts::UPDATE, id, &[expected, document]).await?)
    }

    async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable> {
        let mut commands = Pipeline::new();
        commands.cmd("DEL").arg(keys::session(entry.id));
        if let Some(subject) = &entry.subject {
            commands.cmd("ZREM").arg(keys::index(subject)).arg(keys::member(entry));
        }
        let replies: Vec<Result<u64, Fault>> = self.link.run_all(&mut commands).await?;
        // The document decides; an entry that stayed is trimmed by whoever reads the index.
        let deleted = replies.into_iter().next().ok_or(Unavailable)??;
        Ok(deleted == 1)
    }

    async fn delete_unchanged(&self, entry: &Entry, expected: &[u8]) -> Result<Outcome, Unavailable> {
        let change = self.change(&scripts::DELETE_UNCHANGED, entry.id, &[expected]).await?;
        if change == Outcome::Done {
            // Done is done; an entry that stayed is trimmed by whoever reads the index.
            let _ = self.take_from_index(entry).await;
        }
        Ok(change)
    }

    fn is_available(&self) -> bool {
        self.link.is_up()
    }
}

#[async_trait]
impl SubjectIndex for RedisStore {
    async fn list(&self, subject: &Subject, _: Freshness) -> Result<Vec<Listed>, Unavailable> {
        let entries = self.entries(subject).await?;
        let mut listed = Vec::with_capacity(entries.len());
        for chunk in entries.chunks(LIST_CHUNK) {
            listed.extend(self.read_entries(subject, chunk).await?);
        }
        Ok(listed)
    }

    async fn epoch(&self, subject: &Subject) -> Result<Epoch, Unavailable> {
        let mut command = cmd("GET");
        Ok(Epoch::new(self.link.run_idempotent(command.arg(keys::epoch(subject))).await?))
    }

    async fn change_epoch(&self, subject: &Subject) -> Result<(), Unavailable> {
        let value = SessionId::generate().map_err(|_| Unavailable)?.to_string();
        let lifetime = EPOCH_LIFETIME.as_secs().to_string();
        let arguments = [value.as_bytes(), lifetime.as_bytes()];
        Ok(self.run_script(&scripts::CHANGE_EPOCH, &keys::epoch(subject), &arguments).await?)
    }
}

#[async_trait]
impl RevocationLog for RedisStore {
    async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable> {
        let (id, interest) = (id.to_string(), REVOCATION_INTEREST.as_secs().to_string());
        let arguments = [id.as_bytes(), interest.as_bytes()];
        Ok(self.run_script(&scripts::NOTE_REVOCATION, keys::REVOCATIONS, &arguments).await?)
    }

    async fn revocations(&self) -> Result<Revocations, Unavailable> {
        let interest = REVOCATION_INTEREST.as_secs().to_string();
        let arguments = [interest.as_bytes()];
        let (now, members): (u64, Vec<String>) =
            self.run_script(&scripts::REVOCATIONS, keys::REVOCATIONS, &arguments).await?;
        // What is no session ID is not ours.
        let ids = members.iter().filter_map(|member| member.parse().ok()).collect();
        Ok(Revocations { ids, as_of: UnixTime::from_secs(now) })
    }
}

#[async_trait]
impl AttemptCounter for RedisStore {
    async fn count_attempt(&self, key: &AttemptKey, window: Duration) -> Result<Attempts, Unavailable> {
        let key = keys::attempts(key);
        let mut commands = Pipeline::new();
        commands.cmd("INCR").arg(&key);
        // Not only with the first attempt: no counter can stay without an end.
        commands.cmd("EXPIRE").arg(&key).arg(window.as_secs().max(1)).arg("NX");
        commands.cmd("TTL").arg(&key);
        let replies: Vec<i64> =
            self.link.run_all(&mut commands).await?.into_iter().collect::<Result<_, _>>()?;
        let [count, _, seconds] = replies[..] else { return Err(Unavailable) };
        let positive = |number: i64| u64::try_from(number).map_err(|_| Unavailable);
        Ok(Attempts { count: positive(count)?, forgotten_in: Duration::from_secs(positive(seconds)?) })
    }

    async fn forgive_attempt(&self, key: &AttemptKey) -> Result<(), Unavailable> {
        Ok(self.run_script(&scripts::FORGIVE_ATTEMPT, &keys::attempts(key), &[]).await?)
    }
}

/// What is under a session's key is somebody else's if it is no string, or one that is too long.
/// It is there all the same: an empty document, which is no record, makes that session invalid and
/// leaves all others alone (R48).
fn readable(value: Result<Option<Vec<u8>>, Fault>) -> Result<Option<Vec<u8>>, Fault> {
    match value {
        Ok(Some(document)) if document.len() > MAX_DOCUMENT_LENGTH => Ok(Some(Vec::new())),
        Err(fault) if fault.is_any_of(&WRONG_TYPE) => Ok(Some(Vec::new())),
        value => value,
    }
}

/// What `EXPIRETIME` says: -2 for a key that is not there, -1 for one that stays.
fn deadline_of(expire_time: i64) -> Option<UnixTime> {
    match expire_time {
        -1 => Some(UnixTime::MAX),
        secs => u64::try_from(secs).ok().map(UnixTime::from_secs),
    }
}

fn decode<T: FromRedisValue>(reply: Result<Value, Fault>) -> Result<T, Fault> {
    redis::from_redis_value(reply?).map_err(|_| Fault::Unavailable)
}

/// Why the store could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL is none of a Redis server. It is not repeated here, since it may hold a password.
    #[error("url of the session store is not redis://[user:password@]host[:port][/database]")]
    Url,
    /// Nothing can be dialled outside a runtime.
    #[error("redis store needs a running tokio runtime")]
    NoRuntime,
}

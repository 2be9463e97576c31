use async_trait::async_trait;
use redis::{FromRedisValue, Value};
use session_core::{SessionId, UnixTime};

use super::documents::{deadline_of, readable};
use super::fault::Fault;
use super::request::Request;
use super::{RedisStore, keys, scripts};
use crate::store::{
    EPOCH_LIFETIME, Entry, Epoch, Freshness, HEAD_LENGTH, Listed, SubjectIndex, TRIM_AGE, Unavailable,
};
use crate::subject::Subject;

/// How many documents of a list are asked for at once: few enough to come within one deadline.
const LIST_CHUNK: usize = 100;

#[async_trait]
impl SubjectIndex for RedisStore {
    async fn entries(&self, subject: &Subject) -> Result<Vec<Entry>, Unavailable> {
        let request = Request::new("ZRANGE", self.keys.index(subject)).arg(0).arg(-1).arg("WITHSCORES");
        let members: Vec<(String, f64)> = self.bulk()?.run_idempotent(&request).await?;
        let entries =
            members.iter().filter_map(|(member, score)| keys::parse_member(member, *score, subject));
        Ok(entries.collect())
    }

    async fn list(&self, subject: &Subject, _: Freshness) -> Result<Vec<Listed>, Unavailable> {
        let entries = self.entries(subject).await?;
        let mut listed = Vec::with_capacity(entries.len());
        for chunk in entries.chunks(LIST_CHUNK) {
            listed.extend(self.read_entries(subject, chunk).await?);
        }
        Ok(listed)
    }

    async fn epoch(&self, subject: &Subject) -> Result<Epoch, Unavailable> {
        let request = Request::new("GET", self.keys.epoch(subject));
        Ok(Epoch::new(self.servers.run_idempotent(&request).await?))
    }

    async fn change_epoch(&self, subject: &Subject) -> Result<(), Unavailable> {
        let value = SessionId::generate().map_err(|_| Unavailable)?.to_string();
        let lifetime = EPOCH_LIFETIME.as_secs().to_string();
        let arguments = [value.as_bytes(), lifetime.as_bytes()];
        let request = Request::script(&scripts::CHANGE_EPOCH, self.keys.epoch(subject), &arguments);
        Ok(self.durable().run(&request).await?)
    }
}

impl RedisStore {
    /// Whether the entry is new in the index.
    pub(super) async fn put_in_index(&self, entry: &Entry, subject: &Subject) -> Result<bool, Fault> {
        let deadline = entry.absolute_expires_at.as_secs().to_string();
        let trimmed = self.trimmed_before().as_secs().to_string();
        let member = keys::member(entry);
        let arguments = [deadline.as_bytes(), member.as_bytes(), trimmed.as_bytes()];
        let request = Request::script(&scripts::PUT_IN_INDEX, self.keys.index(subject), &arguments);
        let added: u64 = self.durable().run(&request).await?;
        Ok(added == 1)
    }

    pub(super) async fn take_from_index(&self, entry: &Entry) -> Result<(), Fault> {
        match self.keys.removal(entry) {
            Some(request) => self.servers.run(&request).await,
            None => Ok(()),
        }
    }

    /// Those of the entries whose document is there; of the others, the old ones are trimmed.
    async fn read_entries(&self, subject: &Subject, entries: &[Entry]) -> Result<Vec<Listed>, Fault> {
        let questions = |entry: &Entry| {
            let head = Request::new("GETRANGE", self.keys.session(entry.id)).arg(0).arg(HEAD_LENGTH - 1);
            [head, Request::new("EXPIRETIME", self.keys.session(entry.id))]
        };
        let requests: Vec<_> = entries.iter().flat_map(questions).collect();
        let replies: Vec<Result<Value, Fault>> = self.bulk()?.run_all(&requests).await;
        let (mut listed, mut dead) = (Vec::new(), Vec::new());
        let mut replies = replies.into_iter();
        for entry in entries {
            let (Some(head), Some(deadline)) = (replies.next(), replies.next()) else {
                return Err(Fault::Unavailable);
            };
            // Of a key that is not there the head is empty.
            let head = readable(decode(head).map(Some))?.unwrap_or_default();
            match deadline_of(decode(deadline)?) {
                None => dead.push(entry),
                Some(idle_expires_at) => listed.push(Listed { entry: entry.clone(), head, idle_expires_at }),
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
            let request = Request::new("ZREM", self.keys.index(subject)).arg(members);
            let trimmed: Result<(), _> = self.servers.run(&request).await;
            let _ = trimmed.inspect_err(|fault| tracing::debug!(?fault, "redis index is not trimmed"));
        }
    }

    /// What is older has no document on its way, whichever server's clock is asked.
    fn trimmed_before(&self) -> UnixTime {
        self.now().saturating_sub(TRIM_AGE)
    }
}

fn decode<T: FromRedisValue>(reply: Result<Value, Fault>) -> Result<T, Fault> {
    redis::from_redis_value(reply?).map_err(|_| Fault::Unavailable)
}

use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use session_core::{SessionId, UnixTime};

use super::documents::deadline_of;
use super::fault::Fault;
use super::request::Request;
use super::scripts::Script;
use super::{RedisStore, scripts};
use crate::event::Event;
use crate::store::{EventCursor, EventLog, EventPage, MAX_EVENTS, Unavailable, Watch, Watched};
use crate::subject::Subject;

/// How many sessions are looked at in one round trip whether they have expired.
const DUE_AT_ONCE: usize = 100;

/// So long a session that may have expired is left to the server that looks at it. Should that go away, another
/// looks then.
const DUE_PATIENCE: Duration = Duration::from_secs(10);

// Over the connection of what may be large, so that no session check waits (R78).
#[async_trait]
impl EventLog for RedisStore {
    async fn append(&self, event: &str, watch: &Watch) -> Result<(), Unavailable> {
        let begin = match &watch.begin {
            Some(watched) => self.begin_of(watched).await?,
            None => None,
        };
        let (id, at, subject) = begin.unwrap_or_default();
        let (kept, end) = (MAX_EVENTS.to_string(), watch.end.map(|id| id.to_string()).unwrap_or_default());
        let arguments = [&kept, event, &end, &id, &at, &subject].map(str::as_bytes);
        let request = self.on_events(&scripts::APPEND_EVENT, &arguments);
        let _: String = self.bulk()?.run(&request).await?;
        Ok(())
    }

    async fn events(&self, after: Option<EventCursor>, limit: usize) -> Result<EventPage, Unavailable> {
        let (place, limit) = (after.unwrap_or(EventCursor::START).to_string(), limit.to_string());
        let arguments = [place.as_bytes(), limit.as_bytes()];
        let request = Request::script(&scripts::READ_EVENTS, self.keys.events(), &arguments);
        let (kept, latest, texts): (u64, String, Vec<String>) = self.bulk()?.run_idempotent(&request).await?;
        let mut events = Vec::with_capacity(texts.len() / 2);
        let mut texts = texts.into_iter();
        while let (Some(place), Some(event)) = (texts.next(), texts.next()) {
            events.push((place.parse().map_err(|_| Unavailable)?, event));
        }
        let latest: EventCursor = latest.parse().map_err(|_| Unavailable)?;
        Ok(EventPage::behind(after, kept > 0, events, Some(latest)))
    }

    async fn tell_expired(&self) -> Result<bool, Unavailable> {
        let (at_once, patience) = (DUE_AT_ONCE.to_string(), DUE_PATIENCE.as_secs().to_string());
        let arguments = [at_once.as_bytes(), patience.as_bytes()];
        let others = [self.keys.watched_subjects()];
        let request = Request::script_on(&scripts::DUE_WATCHED, self.keys.watched(), &others, &arguments);
        let due: Vec<String> = self.bulk()?.run(&request).await?;
        for watched in due.chunks_exact(2) {
            self.look_at(&watched[0], &watched[1]).await?;
        }
        Ok(due.len() == 2 * DUE_AT_ONCE)
    }

    async fn lease_delivery(&self, holder: &str, term: Duration) -> Result<Option<EventCursor>, Unavailable> {
        let term = term.as_secs().to_string();
        let arguments = [holder.as_bytes(), term.as_bytes()];
        let request = Request::script(&scripts::LEASE_DELIVERY, self.keys.delivery(), &arguments);
        let cursor: Option<String> = self.bulk()?.run_idempotent(&request).await?;
        cursor.map(|cursor| cursor.parse().map_err(|_| Unavailable)).transpose()
    }

    async fn note_delivered(
        &self,
        holder: &str,
        up_to: EventCursor,
        term: Duration,
    ) -> Result<bool, Unavailable> {
        let (up_to, term) = (up_to.to_string(), term.as_secs().to_string());
        let arguments = [holder.as_bytes(), up_to.as_bytes(), term.as_bytes()];
        let request = Request::script(&scripts::NOTE_DELIVERED, self.keys.delivery(), &arguments);
        let noted: u64 = self.bulk()?.run_idempotent(&request).await?;
        Ok(noted == 1)
    }
}

impl RedisStore {
    /// A session that is gone already is not watched: else it would be said to have expired once more.
    async fn begin_of(&self, watched: &Watched) -> Result<Option<(String, String, String)>, Fault> {
        let Some(deadline) = self.deadline(watched.id).await? else { return Ok(None) };
        let subject = watched.subject.as_ref().map_or("", Subject::as_str).to_owned();
        Ok(Some((watched.id.to_string(), deadline.to_string(), subject)))
    }

    /// Ends watching a session that is gone, or does so later. Pushing a deadline costs nothing here, so it is looked
    /// at once it was due.
    async fn look_at(&self, id: &str, subject: &str) -> Result<(), Fault> {
        let Ok(session_id) = id.parse::<SessionId>() else { return self.end_watching(id, "").await };
        if let Some(deadline) = self.deadline(session_id).await? {
            let later = Request::new("ZADD", self.keys.watched()).arg("XX").arg(deadline).arg(id);
            return self.bulk()?.run(&later).await;
        }
        // Who renews or ends a session notes that before it does.
        let noted = Request::new("ZSCORE", self.keys.revocations()).arg(id);
        let noted: Option<f64> = self.bulk()?.run_idempotent(&noted).await?;
        if noted.is_some() {
            return self.end_watching(id, "").await;
        }
        // An empty one is nobody's.
        match Event::expired(session_id, Subject::new(subject).ok(), self.now()) {
            Some(event) => self.end_watching(id, &event.to_json()).await,
            None => Ok(()),
        }
    }

    async fn end_watching(&self, id: &str, event: &str) -> Result<(), Fault> {
        let kept = MAX_EVENTS.to_string();
        let arguments = [&kept, event, id].map(str::as_bytes);
        let _: String = self.bulk()?.run(&self.on_events(&scripts::END_WATCHED, &arguments)).await?;
        Ok(())
    }

    /// The second in which a session may be gone, if it is there.
    async fn deadline(&self, id: SessionId) -> Result<Option<u64>, Fault> {
        let request = Request::new("EXPIRETIME", self.keys.session(id));
        let deadline = deadline_of(self.bulk()?.run_idempotent(&request).await?);
        Ok(deadline.map(UnixTime::as_secs))
    }

    fn on_events(&self, script: &'static LazyLock<Script>, arguments: &[&[u8]]) -> Request {
        let others = [self.keys.watched(), self.keys.watched_subjects()];
        Request::script_on(script, self.keys.events(), &others, arguments)
    }
}

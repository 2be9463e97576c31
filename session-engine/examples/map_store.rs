//! A store of one's own, in maps: all that a store has to do, and nothing else. `tests/store/map.rs`
//! runs the contract's whole suite on it by one line.
//!
//! `cargo run --package session-engine --example map_store`

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use session_engine::core::{CookieName, KeyRing, REVOCATION_INTEREST, SessionId, UnixTime};
use session_engine::store::{
    Admission, AttemptCounter, AttemptEnd, AttemptKey, AttemptLimit, ChangeListener, Creation, Documents,
    Entry, Epoch, Freshness, HEAD_LENGTH, Listed, Outcome, RevocationLog, Revocations, Stored, SubjectIndex,
    Unavailable,
};
use session_engine::{Activity, Clock, Keys, NewSession, Sessions, Subject, SystemClock};

/// One lock makes every operation a single step, and whatever is past its deadline is dropped before
/// each of them.
pub(crate) struct MapStore {
    clock: Arc<dyn Clock>,
    maps: Mutex<Maps>,
    listeners: Mutex<Vec<Arc<dyn ChangeListener>>>,
}

#[derive(Default)]
struct Maps {
    sessions: HashMap<SessionId, Kept>,
    epochs: HashMap<Subject, u64>,
    revoked_at: HashMap<SessionId, UnixTime>,
    attempts: HashMap<AttemptKey, Counter>,
}

/// How many attempts failed, and until when that is remembered; and how many are under way.
#[derive(Default)]
struct Counter {
    failed: Option<(u64, UnixTime)>,
    under_way: u64,
}

struct Kept {
    entry: Entry,
    document: Vec<u8>,
    idle_expires_at: UnixTime,
}

impl MapStore {
    /// An empty one.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, maps: Mutex::default(), listeners: Mutex::default() }
    }

    fn maps(&self) -> (MutexGuard<'_, Maps>, UnixTime) {
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        maps.sessions.retain(|_, kept| now < kept.idle_expires_at);
        maps.revoked_at.retain(|_, at| now.saturating_since(*at) < REVOCATION_INTEREST);
        maps.attempts.retain(|_, counter| {
            counter.failed = counter.failed.filter(|(_, forgotten_at)| now < *forgotten_at);
            counter.failed.is_some() || counter.under_way > 0
        });
        (maps, now)
    }

    fn change(&self, id: SessionId, expected: &[u8], change: impl FnOnce(&mut Maps)) -> Outcome {
        let (mut maps, _) = self.maps();
        match maps.sessions.get(&id) {
            None => Outcome::Absent,
            Some(kept) if kept.document != expected => Outcome::Conflict,
            Some(_) => {
                change(&mut maps);
                self.tell(id);
                Outcome::Done
            }
        }
    }

    fn tell(&self, id: SessionId) {
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.iter().for_each(|listener| listener.changed(id));
    }
}

#[async_trait]
impl Documents for MapStore {
    async fn create(
        &self,
        entry: &Entry,
        document: &[u8],
        idle_expires_at: UnixTime,
    ) -> Result<Creation, Unavailable> {
        let (mut maps, _) = self.maps();
        if maps.sessions.contains_key(&entry.id) {
            return Ok(Creation::Exists);
        }
        let kept = Kept { entry: entry.clone(), document: document.to_vec(), idle_expires_at };
        maps.sessions.insert(entry.id, kept);
        Ok(Creation::Created)
    }

    async fn load(
        &self,
        id: SessionId,
        _: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Unavailable> {
        Ok(self.maps().0.sessions.get_mut(&id).map(|kept| {
            kept.idle_expires_at = extend_to.unwrap_or(kept.idle_expires_at);
            Stored {
                document: kept.document.clone(),
                idle_expires_at: Some(kept.idle_expires_at),
                is_told_of: true,
            }
        }))
    }

    async fn idle_deadline(&self, id: SessionId, _: Freshness) -> Result<Option<UnixTime>, Unavailable> {
        Ok(self.maps().0.sessions.get(&id).map(|kept| kept.idle_expires_at))
    }

    async fn update(&self, id: SessionId, expected: &[u8], document: &[u8]) -> Result<Outcome, Unavailable> {
        Ok(self.change(id, expected, |maps| {
            maps.sessions.entry(id).and_modify(|kept| kept.document = document.to_vec());
        }))
    }

    async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable> {
        let removed = self.maps().0.sessions.remove(&entry.id);
        self.tell(entry.id);
        Ok(removed.is_some())
    }

    async fn delete_unchanged(&self, entry: &Entry, expected: &[u8]) -> Result<Outcome, Unavailable> {
        Ok(self.change(entry.id, expected, |maps| {
            maps.sessions.remove(&entry.id);
        }))
    }

    fn is_available(&self) -> bool {
        true
    }

    fn tell_changes_to(&self, listener: Arc<dyn ChangeListener>) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }
}

#[async_trait]
impl SubjectIndex for MapStore {
    async fn entries(&self, subject: &Subject) -> Result<Vec<Entry>, Unavailable> {
        let (maps, _) = self.maps();
        let entries = maps.sessions.values().map(|kept| &kept.entry);
        Ok(entries.filter(|entry| entry.subject.as_ref() == Some(subject)).cloned().collect())
    }

    async fn list(&self, subject: &Subject, _: Freshness) -> Result<Vec<Listed>, Unavailable> {
        let (maps, _) = self.maps();
        let theirs = maps.sessions.values().filter(|kept| kept.entry.subject.as_ref() == Some(subject));
        let listed = |kept: &Kept| Listed {
            entry: kept.entry.clone(),
            head: kept.document.iter().copied().take(HEAD_LENGTH).collect(),
            idle_expires_at: kept.idle_expires_at,
        };
        Ok(theirs.map(listed).collect())
    }

    async fn epoch(&self, subject: &Subject) -> Result<Epoch, Unavailable> {
        let epoch = self.maps().0.epochs.get(subject).copied();
        Ok(Epoch::new(epoch.map(|number| number.to_be_bytes().to_vec())))
    }

    async fn change_epoch(&self, subject: &Subject) -> Result<(), Unavailable> {
        *self.maps().0.epochs.entry(subject.clone()).or_default() += 1;
        Ok(())
    }
}

#[async_trait]
impl RevocationLog for MapStore {
    async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable> {
        let (mut maps, now) = self.maps();
        maps.revoked_at.insert(id, now);
        Ok(())
    }

    async fn revocations(&self) -> Result<Revocations, Unavailable> {
        let (maps, as_of) = self.maps();
        Ok(Revocations { ids: maps.revoked_at.keys().copied().collect(), as_of })
    }
}

#[async_trait]
impl AttemptCounter for MapStore {
    async fn begin_attempt(&self, key: &AttemptKey, limit: AttemptLimit) -> Result<Admission, Unavailable> {
        let (mut maps, now) = self.maps();
        let counter = maps.attempts.entry(key.clone()).or_default();
        let (count, forgotten_at) = counter.failed.unwrap_or((0, now));
        if count >= limit.failures {
            return Ok(Admission::Refused { forgotten_in: forgotten_at.saturating_since(now) });
        }
        if count + counter.under_way >= limit.failures {
            return Ok(Admission::Full);
        }
        counter.under_way += 1;
        Ok(Admission::Admitted)
    }

    async fn end_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
        end: AttemptEnd,
    ) -> Result<(), Unavailable> {
        let (mut maps, now) = self.maps();
        let counter = maps.attempts.entry(key.clone()).or_default();
        counter.under_way = counter.under_way.saturating_sub(1);
        if end == AttemptEnd::Failed {
            let (count, forgotten_at) = counter.failed.unwrap_or((0, now.saturating_add(limit.window)));
            counter.failed = Some((count + 1, forgotten_at));
        }
        Ok(())
    }
}

#[tokio::main]
#[allow(dead_code, reason = "not called where the test includes this file")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keys = Keys::new(&KeyRing::generate()?, CookieName::default());
    let sessions = Sessions::builder(keys, Arc::new(MapStore::new(Arc::new(SystemClock)))).build();
    let issued = sessions.start(NewSession::of(Subject::new("alice")?), None).await?;

    let header = format!("__Host-session={}", issued.cookie.expose());
    let cookie = sessions.authenticate([header.as_bytes()])?;
    let live = sessions.resume(&cookie, Activity::Active).await?;
    println!("session {} of {}", live.id(), live.subject());
    sessions.revoke(&cookie).await?;
    if let Err(ended) = sessions.resume(&cookie, Activity::Active).await {
        println!("after logging out: {ended}");
    }
    Ok(())
}

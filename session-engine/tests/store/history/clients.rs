//! Those who ask, and note what they are told.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use session_core::SessionId;
use session_engine::store::testing::{ABSOLUTE, IDLE, entry_of};
use session_engine::store::{Documents, Entry, Freshness};
use session_engine::{Clock, SystemClock};
use tokio::task::JoinSet;

use super::checker::{Asked, Event, Histories, Revision, Told};

const CLIENTS: usize = 8;

/// So many sessions are worked on at a time, and each is asked for so often.
const OPEN: usize = 12;
const QUESTIONS: usize = 40;

/// What is of unknown outcome may be anywhere in an order, so of that there may be but little.
const MAX_UNKNOWN: usize = 10;

/// How long a client waits that was told nothing, and one that was told something. So few ask while nothing
/// is there that the same sessions are asked for before and after.
const LONG_PAUSE: Duration = Duration::from_millis(400);
const SHORT_PAUSE: Duration = Duration::from_millis(2);

/// As many servers as there are stores.
pub(super) struct Clients {
    stores: Vec<Arc<dyn Documents>>,
    seed: u64,
    desk: Arc<Desk>,
}

/// What is worked on, and what happened.
#[derive(Default)]
struct Desk {
    open: Mutex<Vec<Arc<Session>>>,
    all: Mutex<Vec<Arc<Session>>>,
    numbers: AtomicUsize,
    is_over: AtomicBool,
}

struct Session {
    entry: Entry,
    events: Mutex<Vec<Event>>,
    questions: AtomicUsize,
    unknown: AtomicUsize,
}

impl Clients {
    pub(super) fn of(stores: Vec<Arc<dyn Documents>>, seed: u64) -> Self {
        Self { stores, seed, desk: Arc::default() }
    }

    /// What they were told while something happened.
    pub(super) async fn work_while(self, happens: impl Future<Output = ()>) -> Histories {
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let store = Arc::clone(&self.stores[number % self.stores.len()]);
            let client = Client {
                store,
                desk: Arc::clone(&self.desk),
                dice: StdRng::seed_from_u64(self.seed ^ number as u64),
            };
            clients.spawn(client.work());
        }
        happens.await;
        self.desk.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = clients.join_next().await {
            ended.expect("a client that found nothing amiss");
        }
        let all = self.desk.all.lock().unwrap();
        all.iter().map(|session| (session.entry.id, session.events.lock().unwrap().clone())).collect()
    }
}

struct Client {
    store: Arc<dyn Documents>,
    desk: Arc<Desk>,
    dice: StdRng,
}

impl Client {
    async fn work(mut self) {
        let mut last_read = None;
        while !self.desk.is_over.load(Ordering::Relaxed) {
            let (session, is_new) = self.pick();
            let what = match (is_new, self.dice.random_range(0..20)) {
                (true, _) => Asked::Create(self.next_number() as Revision),
                (false, 0..11) => Asked::Read,
                (false, 11..19) => match last_read {
                    Some((id, expected)) if id == session.entry.id => {
                        Asked::Update { expected, new: self.next_number() as Revision }
                    }
                    _ => Asked::Read,
                },
                (false, _) => Asked::Delete,
            };
            let told = self.ask(&session, what).await;
            if let Told::Read(Some(revision)) = told {
                last_read = Some((session.entry.id, revision));
                // Who read it goes on with it, sometimes.
                if self.dice.random_bool(0.7) {
                    let new = self.next_number() as Revision;
                    self.ask(&session, Asked::Update { expected: revision, new }).await;
                }
            }
            let pause = if matches!(told, Told::Nothing) { LONG_PAUSE } else { SHORT_PAUSE };
            tokio::time::sleep(pause).await;
        }
    }

    /// A session to work on, and whether it has to be made.
    fn pick(&mut self) -> (Arc<Session>, bool) {
        let mut open = self.desk.open.lock().unwrap();
        let is_worn = |session: &Arc<Session>| {
            session.questions.load(Ordering::Relaxed) >= QUESTIONS
                || session.unknown.load(Ordering::Relaxed) >= MAX_UNKNOWN
        };
        open.retain(|session| !is_worn(session));
        if open.len() >= OPEN {
            return (Arc::clone(&open[self.dice.random_range(0..OPEN)]), false);
        }
        let now = SystemClock.now();
        let entry =
            Entry { issued_at: now, absolute_expires_at: now.saturating_add(ABSOLUTE), ..entry_of("alice") };
        let session = Arc::new(Session {
            entry,
            events: Mutex::default(),
            questions: AtomicUsize::new(0),
            unknown: AtomicUsize::new(0),
        });
        open.push(Arc::clone(&session));
        self.desk.all.lock().unwrap().push(Arc::clone(&session));
        (session, true)
    }

    fn next_number(&self) -> usize {
        self.desk.numbers.fetch_add(1, Ordering::Relaxed)
    }

    async fn ask(&self, session: &Session, what: Asked) -> Told {
        let by = self.next_number();
        session.questions.fetch_add(1, Ordering::Relaxed);
        session.events.lock().unwrap().push(Event::Asked { by, what });
        let told = self.hear(&session.entry, what).await;
        if matches!(told, Told::Nothing) && !matches!(what, Asked::Read) {
            session.unknown.fetch_add(1, Ordering::Relaxed);
        }
        session.events.lock().unwrap().push(Event::Told { by, what: told });
        told
    }

    async fn hear(&self, entry: &Entry, what: Asked) -> Told {
        let (store, id) = (&self.store, entry.id);
        let told = match what {
            Asked::Create(new) => {
                let deadline = SystemClock.now().saturating_add(IDLE);
                store.create(entry, &document(id, new), deadline).await.map(Told::Creation)
            }
            Asked::Read => {
                let loaded = store.load(id, Freshness::Confirmed, None).await;
                loaded.map(|loaded| Told::Read(loaded.map(|loaded| revision(id, &loaded.document))))
            }
            Asked::Update { expected, new } => {
                store.update(id, &document(id, expected), &document(id, new)).await.map(Told::Outcome)
            }
            Asked::Delete => store.delete(entry).await.map(Told::Deleted),
        };
        told.unwrap_or(Told::Nothing)
    }
}

fn document(id: SessionId, revision: Revision) -> Vec<u8> {
    format!("{id} {revision}").into_bytes()
}

fn revision(id: SessionId, document: &[u8]) -> Revision {
    let text = std::str::from_utf8(document).expect("text");
    let (owner, revision) = text.split_once(' ').expect("an owner and a revision");
    assert_eq!(owner, id.to_string(), "another's session");
    revision.parse().expect("a revision")
}

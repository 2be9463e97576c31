use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use session_core::{AuthenticCookie, CookieName, CookieValue, KeyRing, Timeouts, UnixTime};
use session_engine::store::embedded::EmbeddedStore;
use session_engine::{Client, Events, Keys, ManualClock, NewSession, Sessions, SessionsBuilder, Subject};
use tempfile::TempDir;

use crate::watched_store::WatchedStore;

const START: UnixTime = UnixTime::from_secs(1_800_000_000);
pub(crate) const IDLE: Duration = Duration::from_secs(30 * 60);
pub(crate) const GUEST_IDLE: Duration = Duration::from_secs(10 * 60);
pub(crate) const GUEST_ABSOLUTE: Duration = Duration::from_secs(60 * 60);

/// Sessions on the embedded store, with a clock that a test moves and a store that it watches.
pub(crate) struct World {
    pub(crate) sessions: Sessions,
    pub(crate) store: Arc<WatchedStore>,
    pub(crate) clock: ManualClock,
    pub(crate) ring: KeyRing,
    log: Arc<EmbeddedStore>,
    _directory: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let (directory, clock) = (tempfile::tempdir().unwrap(), ManualClock::at(START));
        let log = Arc::new(EmbeddedStore::open(directory.path(), Arc::new(clock.clone())).unwrap());
        let store = Arc::new(WatchedStore::over(log.clone()));
        let ring = KeyRing::generate().unwrap();
        let sessions = builder(keys_of(&ring), &store, &clock).build();
        Self { sessions, store, clock, ring, log, _directory: directory }
    }

    /// What tells in the same store of what happens to sessions.
    pub(crate) fn events(&self) -> Events {
        Events::start(self.log.clone(), Arc::new(self.clock.clone()))
    }

    /// One more server on the same store.
    pub(crate) fn server(&self) -> Sessions {
        self.server_with(keys_of(&self.ring))
    }

    /// The same, with keys of its own.
    pub(crate) fn server_with(&self, keys: Keys) -> Sessions {
        builder(keys, &self.store, &self.clock).build()
    }

    /// One more server, put together otherwise.
    pub(crate) fn server_of(&self, change: impl FnOnce(SessionsBuilder) -> SessionsBuilder) -> Sessions {
        change(builder(keys_of(&self.ring), &self.store, &self.clock)).build()
    }

    /// What a browser sends back.
    pub(crate) fn sent(&self, cookie: &CookieValue) -> AuthenticCookie {
        let header = format!("__Host-session={}", cookie.expose());
        self.sessions.authenticate([header.as_bytes()]).expect("an authentic cookie")
    }

    pub(crate) async fn alice(&self) -> AuthenticCookie {
        self.session_of(alice()).await
    }

    pub(crate) async fn session_of(&self, subject: Subject) -> AuthenticCookie {
        let issued = self.sessions.start(NewSession::of(subject), None).await.expect("a session");
        self.sent(&issued.cookie)
    }

    pub(crate) async fn guest(&self, data: Value) -> AuthenticCookie {
        let issued = self.sessions.start_guest(&Client::default(), object(data)).await.expect("a session");
        self.sent(&issued.cookie)
    }
}

fn keys_of(ring: &KeyRing) -> Keys {
    Keys::new(ring, CookieName::default())
}

fn builder(keys: Keys, store: &Arc<WatchedStore>, clock: &ManualClock) -> SessionsBuilder {
    Sessions::builder(keys, store.clone())
        .clock(Arc::new(clock.clone()))
        .timeouts(Timeouts::new(IDLE, Duration::from_secs(12 * 60 * 60)).unwrap())
        .guest_timeouts(Timeouts::new(GUEST_IDLE, GUEST_ABSOLUTE).unwrap())
}

pub(crate) fn alice() -> Subject {
    Subject::new("alice").unwrap()
}

pub(crate) fn bob() -> Subject {
    Subject::new("bob").unwrap()
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("{other}"),
    }
}

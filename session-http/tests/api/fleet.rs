use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use session_core::{CookieName, KeyRing, StatementCookie, Timeouts, UnixTime};
use session_engine::store::embedded::EmbeddedStore;
use session_engine::store::redis::{RedisSettings, RedisStore};
use session_engine::store::{Documents, EventLog, Store};
use session_engine::{
    AttemptLimits, Clock, Events, FileUser, HashingLimits, HashingMemory, Keys, ManualClock, Pace, Password,
    PasswordCost, PasswordHash, UsersFile,
};
use session_http::{AccessRules, App, AppBuilder, Limits, serve, warp::site};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::client::Browser;
use crate::secrecy;
use session_testing::{RedisLine, RedisServer};

/// When every test begins.
pub(crate) const START: UnixTime = UnixTime::from_secs(1_800_000_000);
/// The timeouts of every server.
pub(crate) const IDLE: Duration = Duration::from_secs(30 * 60);
pub(crate) const REAUTHENTICATE_WITHIN: Duration = Duration::from_secs(5 * 60);
pub(crate) const ABSOLUTE: Duration = Duration::from_secs(12 * 60 * 60);
/// Alice's and Bob's, which must never be seen again.
pub(crate) const PASSWORD: &str = "canary-password-correct-horse";
/// The wrong passwords that an account, and an address, may have within a window.
pub(crate) const LIMITS: AttemptLimits =
    AttemptLimits { per_account: 5, per_address: 1_000, window: Duration::from_secs(15 * 60) };

/// Several servers on one store, with one key ring and the users Alice and Bob.
pub(crate) struct Fleet {
    pub(crate) servers: Vec<Server>,
    pub(crate) clock: ManualClock,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) directory: TempDir,
    /// The server behind the store, where there is one.
    pub(crate) redis: Option<RedisServer>,
    /// Who may read the statement cookie of the servers to come.
    pub(crate) statement_cookie: Option<StatementCookie>,
    /// Where those of the first servers are that tell of events.
    logs: Vec<Arc<dyn EventLog>>,
}

/// One of them.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) app: App,
    pub(crate) task: JoinHandle<()>,
}

impl Fleet {
    pub(crate) async fn on_the_embedded_store() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(START);
        let store = Arc::new(EmbeddedStore::open(directory.path(), Arc::new(clock.clone())).unwrap());
        Self::on([store.clone(), store.clone(), store], clock, directory).await
    }

    /// Each server with a connection of its own to one Redis, whose clock is the servers'.
    pub(crate) async fn on_redis() -> Self {
        Self::on_redis_with(&[]).await
    }

    pub(crate) async fn on_redis_with(flags: &[&str]) -> Self {
        let redis = RedisServer::start_at(START, flags);
        let clock = ManualClock::at(START);
        // As a user with what a store needs and nothing else (R46).
        redis.add_user("sessions", &RedisSettings::new("").acl_rules().unwrap());
        let url = redis.url_for("sessions");
        let stores = [connect(&url, &clock).await, connect(&url, &clock).await, connect(&url, &clock).await];
        let directory = tempfile::tempdir().unwrap();
        let fleet = Self::on(stores, clock.clone(), directory).await;
        Self { redis: Some(redis), ..fleet }
    }

    async fn on<S: Store + EventLog, const N: usize>(
        stores: [Arc<S>; N],
        clock: ManualClock,
        directory: TempDir,
    ) -> Self {
        let keys = Arc::new(KeyRing::generate().unwrap());
        secrecy::watch(&keys);
        let users = UsersFile::new(directory.path().join("users"));
        let hash = PasswordHash::new(
            &Password::new(PASSWORD.into()),
            PasswordCost::Mib19,
            &mut HashingMemory::default(),
        )
        .unwrap();
        let user = FileUser { password_hash: Some(hash), sessions_since: None };
        let add = |name: &str| users.change(|users| users.put(name, user.clone())).unwrap();
        add("alice");
        add("bob");
        let statement_cookie = Some(StatementCookie::Readable);
        let logs = stores.iter().map(|store| Arc::clone(store) as Arc<dyn EventLog>).collect();
        let mut fleet =
            Self { servers: Vec::new(), clock, keys, directory, redis: None, statement_cookie, logs };
        for store in stores {
            fleet.add_server(store, Limits::default()).await;
        }
        fleet
    }

    /// Redis as a server with this clock has it.
    pub(crate) async fn connect_at(&self, clock: &ManualClock) -> Arc<dyn Store> {
        connect(&self.redis.as_ref().expect("a fleet on Redis").url(), clock).await
    }

    /// A server that reaches Redis through a line of its own.
    pub(crate) async fn add_server_behind_a_line(&mut self) -> (SocketAddr, RedisLine) {
        let line = RedisLine::to(self.redis().port()).await;
        let store = connect(line.url(), &self.clock).await;
        (self.add_server(store, Limits::default()).await.address, line)
    }

    /// One more server on the store of the first, with other settings.
    pub(crate) async fn add_server_that(&mut self, set: impl FnOnce(AppBuilder) -> AppBuilder) -> SocketAddr {
        let store = Arc::clone(self.servers[0].app.sessions().store());
        let app = set(self.builder(store, HashingLimits::default())).build().unwrap();
        self.serve(app, Limits::default()).await.address
    }

    /// One more server, on the store of one of the first, that tells of events; says which it is.
    pub(crate) async fn add_server_that_tells(&mut self, of: usize) -> usize {
        if let Some(redis) = &self.redis {
            redis.add_user("sessions", &RedisSettings::new("").acl_rules_with_events().unwrap());
        }
        let events = Events::start(Arc::clone(&self.logs[of]), Arc::new(self.clock.clone()));
        self.add_server_that(|app| app.events(events)).await;
        self.servers.len() - 1
    }

    /// One more server on the store.
    pub(crate) async fn add_server(&mut self, store: Arc<dyn Store>, limits: Limits) -> &Server {
        self.add_server_that_hashes(store, limits, HashingLimits::default()).await
    }

    /// The same, with other bounds on password hashing.
    pub(crate) async fn add_server_that_hashes(
        &mut self,
        store: Arc<dyn Store>,
        limits: Limits,
        hashing: HashingLimits,
    ) -> &Server {
        let app = self.builder(store, hashing).build().unwrap();
        self.serve(app, limits).await
    }

    fn builder(&self, store: Arc<dyn Store>, hashing: HashingLimits) -> AppBuilder {
        let users = UsersFile::new(self.directory.path().join("users"));
        App::builder(Keys::new(&self.keys, CookieName::default()), store)
            .clock(Arc::new(self.clock.clone()))
            .users(Arc::new(users))
            .hashing(hashing)
            .attempt_limits(LIMITS)
            .change_pace(UNHURRIED)
            .renewal_pace(UNHURRIED)
            .device_pace(UNHURRIED)
            .public_origin("https://app.example")
            .forward_auth(AccessRules::default())
            .timeouts(Timeouts::new(IDLE, ABSOLUTE).unwrap())
            .reauthenticate_within(REAUTHENTICATE_WITHIN)
            .statement_cookie(self.statement_cookie)
    }

    async fn serve(&mut self, app: App, limits: Limits) -> &Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(serve(listener, warp::service(site(&app)), app.lifecycle().clone(), limits));
        self.servers.push(Server { address, app, task });
        self.servers.last().unwrap()
    }

    /// A browser without cookies, at the first server.
    pub(crate) fn browser(&self) -> Browser {
        Browser::at(self.servers[0].address)
    }

    /// A browser in which Alice has just logged in.
    pub(crate) async fn alice(&self) -> Browser {
        let mut browser = self.browser();
        browser.log_in("alice", PASSWORD).await.expect_status(200);
        browser
    }

    /// Moves the servers' clocks and the store's.
    pub(crate) fn advance(&self, span: Duration) {
        self.clock.advance(span);
        if let Some(redis) = &self.redis {
            redis.set_clock(self.clock.now());
        }
    }

    pub(crate) fn redis(&mut self) -> &mut RedisServer {
        self.redis.as_mut().expect("a fleet on Redis")
    }
}

async fn connect(url: &str, clock: &ManualClock) -> Arc<RedisStore> {
    let store = RedisStore::open(&RedisSettings::new(url), Arc::new(clock.clone())).unwrap();
    while !store.is_available() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Arc::new(store)
}

/// Tests of other things do not have to wait.
const UNHURRIED: Pace = Pace { burst: u32::MAX, interval: Duration::from_nanos(1) };

impl Server {
    /// Tells the server to stop, as a signal would.
    pub(crate) fn stop(&mut self) {
        self.app.lifecycle().stop();
    }
}

//! The connection to Redis, and the task that puts another in its place.
//!
//! The crate's own connection manager stays with a server that was demoted, and with one that does
//! not answer. Here one task dials, one at a time, while commands take the connection
//! that there is or fail at once: nobody waits for a server that is down.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Arg, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult};
use session_core::UnixTime;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::dial::{Advice, Dialler};
use super::fault::{Fault, NO_SCRIPT, Verdict, WRONG_TYPE};
use super::keys::Keys;
use super::refusals::Refusals;
use super::skew::Skew;
use super::{Observers, OpenError, RedisSettings};
use crate::store::Unavailable;

/// How many answers in a row may fail to come before the connection is given up.
const MAX_TIMEOUTS: u32 = 2;

/// How long to wait between two dials, at random in between: so that Redis is found within a second
/// of its return, and many servers do not dial in step.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How long to wait when the credentials were refused. More tries would only fill Redis' log (F17).
const REFUSED_PAUSE: Duration = Duration::from_secs(5);

/// A connection on which nothing was answered for so long is asked for a sign of life.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// How often the clocks are compared.
const CLOCK_INTERVAL: Duration = Duration::from_secs(10);

/// The way to Redis.
pub(super) struct Link {
    line: Arc<Line>,
    supervisor: JoinHandle<()>,
}

impl Link {
    /// Begins to dial, and waits for nothing.
    pub(super) fn open(
        settings: &RedisSettings,
        keys: &Keys,
        observers: Observers,
    ) -> Result<Self, OpenError> {
        let Observers { refusals, skew } = observers;
        let is_told_of = skew.is_some();
        let line = Arc::new(Line { refusals, is_told_of, ..Line::default() });
        let dialler = Dialler::new(settings, keys)?.tell_disconnections_to(Arc::clone(&line.is_disturbed));
        let runtime = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
        let supervisor =
            Supervisor { dialler, line: Arc::clone(&line), skew, advice: None, is_known_down: false };
        Ok(Self { line, supervisor: runtime.spawn(supervisor.run()) })
    }

    /// Whether there is a connection that has answered lately.
    pub(super) fn is_up(&self) -> bool {
        self.line.current().is_some()
    }

    /// How many connections there were: another number is another server, for all one knows.
    pub(super) fn connections(&self) -> u64 {
        self.line.connections.load(Ordering::Relaxed)
    }

    /// The result of a command that may change something: sent once, since after an error nobody
    /// knows what became of it.
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Fault> {
        let connection = self.line.current().ok_or(Unavailable)?;
        self.line.run(&connection, command).await
    }

    /// The result of a command that changes nothing, or the same when sent twice: when its
    /// connection broke, and there is another by now, it is sent once more.
    pub(super) async fn run_idempotent<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Fault> {
        let connection = self.line.current().ok_or(Unavailable)?;
        let result = self.line.run(&connection, command).await;
        match self.line.current() {
            Some(other) if !other.is(&connection) && matches!(result, Err(Fault::Unavailable)) => {
                self.line.run(&other, command).await
            }
            _ => result,
        }
    }

    /// The results of several commands in one round trip. Each may fail on its own.
    pub(super) async fn run_all<T: FromRedisValue>(
        &self,
        commands: &mut Pipeline,
    ) -> Result<Vec<Result<T, Fault>>, Fault> {
        let connection = self.line.current().ok_or(Unavailable)?;
        let results: RedisResult<Vec<RedisResult<T>>> =
            commands.ignore_errors().query_async(&mut connection.redis.clone()).await;
        let results = self.line.settle(&connection, Asked::Named("a batch"), results)?;
        let asked = commands.cmd_iter().map(Asked::Command);
        let settled = asked.zip(results).map(|(asked, result)| self.line.settle(&connection, asked, result));
        Ok(settled.collect())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

/// The connection that commands take, if there is one.
#[derive(Default)]
struct Line {
    current: RwLock<Option<Connection>>,
    /// Woken when the connection was given up, or may have ended.
    is_disturbed: Arc<Notify>,
    refusals: Arc<Refusals>,
    /// Whether its changes are told of: of several connections to one server one is enough.
    is_told_of: bool,
    /// How many there were.
    connections: AtomicU64,
}

impl Line {
    fn current(&self) -> Option<Connection> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn has(&self, connection: &Connection) -> bool {
        self.current().is_some_and(|current| current.is(connection))
    }

    fn replace(&self, connection: Option<Connection>) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    async fn run<T: FromRedisValue>(&self, connection: &Connection, command: &Cmd) -> Result<T, Fault> {
        let result = command.query_async(&mut connection.redis.clone()).await;
        self.settle(connection, Asked::Command(command), result)
    }

    /// Learns from a result whether the connection is still good.
    fn settle<T>(
        &self,
        connection: &Connection,
        asked: Asked<'_>,
        result: RedisResult<T>,
    ) -> Result<T, Fault> {
        let error = match result {
            Ok(value) => {
                connection.note_answer();
                return Ok(value);
            }
            Err(error) => error,
        };
        match Verdict::of(&error) {
            Verdict::Sound => {
                connection.note_answer();
                let fault = Fault::Refused(error.code().unwrap_or_default().to_owned());
                if !fault.is_any_of(&NO_SCRIPT) && !fault.is_any_of(&WRONG_TYPE) {
                    self.refusals.note(&asked.name(), error.code().unwrap_or_default());
                }
                return Err(fault);
            }
            Verdict::Late if connection.note_timeout() < MAX_TIMEOUTS => {}
            Verdict::Late | Verdict::Broken => self.give_up(connection, &error),
        }
        Err(Fault::Unavailable)
    }

    /// Only the first of many commands that fail on one connection finds it still in place.
    fn give_up(&self, connection: &Connection, error: &RedisError) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|current| current.is(connection)) {
            *current = None;
            let reason = error.category();
            if self.is_told_of {
                tracing::warn!(reason, "redis connection is given up: sessions are unavailable");
            } else {
                tracing::debug!(reason, "redis connection is given up");
            }
            self.is_disturbed.notify_one();
        }
    }
}

/// One connection, shared by all commands.
#[derive(Clone)]
struct Connection {
    redis: MultiplexedConnection,
    health: Arc<Health>,
}

#[derive(Default)]
struct Health {
    timeouts_in_a_row: AtomicU32,
    /// Since the supervisor last looked.
    has_answered: AtomicBool,
}

impl Connection {
    fn new(redis: MultiplexedConnection) -> Self {
        Self { redis, health: Arc::default() }
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.health, &other.health)
    }

    fn note_answer(&self) {
        self.health.timeouts_in_a_row.store(0, Ordering::Relaxed);
        self.health.has_answered.store(true, Ordering::Relaxed);
    }

    fn note_timeout(&self) -> u32 {
        self.health.timeouts_in_a_row.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The one that dials.
struct Supervisor {
    dialler: Dialler,
    line: Arc<Line>,
    skew: Option<Arc<Skew>>,
    /// What was last told of the server's settings.
    advice: Option<Advice>,
    /// Whether it was told that there is no connection.
    is_known_down: bool,
}

impl Supervisor {
    async fn run(mut self) {
        loop {
            let connection = self.connect().await;
            let connected_at = Instant::now();
            self.advise(&connection).await;
            self.watch(&connection).await;
            // A server that answers and then breaks the connection must not be dialled in a circle.
            if connected_at.elapsed() < LONGEST_PAUSE {
                sleep(jittered_pause()).await;
            }
        }
    }

    async fn connect(&mut self) -> Connection {
        loop {
            match self.dialler.dial().await {
                Ok(redis) => {
                    let connection = Connection::new(redis);
                    // Before anybody is served by it, since deadlines go by its clock.
                    self.compare_clocks(&connection).await;
                    self.line.replace(Some(connection.clone()));
                    if self.line.is_told_of {
                        tracing::info!(address = self.dialler.address, "redis is connected");
                    }
                    self.is_known_down = false;
                    return connection;
                }
                Err(error) => {
                    self.tell_down(&error);
                    sleep(pause_after(&error)).await;
                }
            }
        }
    }

    fn tell_down(&mut self, error: &RedisError) {
        if self.line.is_told_of && !std::mem::replace(&mut self.is_known_down, true) {
            let (address, reason) = (&self.dialler.address, error.category());
            tracing::warn!(address, reason, %error, "redis is not reachable: sessions are unavailable");
        }
    }

    /// Looks at the server's settings, and tells what was not told before.
    async fn advise(&mut self, connection: &Connection) {
        if !self.line.is_told_of {
            return;
        }
        let advice = Advice::ask(&mut connection.redis.clone()).await;
        if self.advice.replace(advice) != Some(advice) {
            advice.tell(&self.dialler.address);
        }
    }

    /// Returns when the connection was given up.
    async fn watch(&self, connection: &Connection) {
        let mut compared_at = Instant::now();
        while self.line.has(connection) {
            if compared_at.elapsed() >= CLOCK_INTERVAL {
                compared_at = Instant::now();
                self.compare_clocks(connection).await;
            }
            let disturbed = timeout(PROBE_INTERVAL, self.line.is_disturbed.notified()).await;
            if disturbed.is_ok() {
                connection.health.has_answered.store(false, Ordering::Relaxed);
            }
            self.probe(connection).await;
        }
    }

    /// An idle connection is asked until it answers or is given up.
    async fn probe(&self, connection: &Connection) {
        while self.line.has(connection) && !connection.health.has_answered.swap(false, Ordering::Relaxed) {
            let answer = self.dialler.check(&mut connection.redis.clone()).await;
            // Whatever came of it is noted on the connection.
            let _ = self.line.settle(connection, Asked::Named("EXISTS"), answer);
        }
    }

    /// Where the clock may not be asked for, it is taken to be the same.
    async fn compare_clocks(&self, connection: &Connection) {
        let Some(skew) = &self.skew else { return };
        let time = redis::cmd("TIME").query_async::<(u64, u64)>(&mut connection.redis.clone()).await;
        if let Ok((secs, _)) = self.line.settle(connection, Asked::Named("TIME"), time) {
            skew.learn(UnixTime::from_secs(secs));
        }
    }
}

/// What an answer is to.
#[derive(Clone, Copy)]
enum Asked<'c> {
    Command(&'c Cmd),
    Named(&'static str),
}

impl Asked<'_> {
    /// The command's name, without what it is about.
    fn name(self) -> String {
        let command = match self {
            Self::Named(name) => return name.to_owned(),
            Self::Command(command) => command,
        };
        match command.args_iter().next() {
            Some(Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
            _ => String::new(),
        }
    }
}

fn pause_after(error: &RedisError) -> Duration {
    let is_refused = error.kind() == ErrorKind::AuthenticationFailed
        || error.code().is_some_and(|code| ["NOAUTH", "WRONGPASS", "NOPERM"].contains(&code));
    if is_refused { REFUSED_PAUSE } else { jittered_pause() }
}

fn jittered_pause() -> Duration {
    let range = LONGEST_PAUSE - SHORTEST_PAUSE;
    // Without entropy the longest pause is still a pause.
    let share = getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX));
    SHORTEST_PAUSE + range.mul_f64(share)
}

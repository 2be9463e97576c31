//! The connection to one Redis, and the task that puts another in its place.
//!
//! The crate's own connection manager stays with a server that was demoted, and with one that does
//! not answer. Here one task dials, one at a time, while commands take the connection
//! that there is or fail at once: nobody waits for a server that is down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, Value};
use session_core::UnixTime;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::advice::Advice;
use super::dial::DEADLINE;
use super::fault::{Fault, Verdict};
use super::keys::Keys;
use super::line::{Asked, Connection, Line};
use super::request::Request;
use super::skew::Skew;
use super::target::Target;
use super::{LinkOptions, OpenError};
use crate::store::Unavailable;

/// How long to wait between two dials, at random in between: so that Redis is found within a second
/// of its return, and many servers do not dial in step.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// After so many tries the pauses are longer, though not so long that a return is not noticed within a second:
/// whoever is away for seconds is no blip.
const MANY_TRIES: u32 = 20;
const LONGER_PAUSE: Duration = Duration::from_millis(800);

/// How long to wait when the credentials were refused. More tries would only fill Redis' log (F17).
const REFUSED_PAUSE: Duration = Duration::from_secs(5);

/// How often a server is asked whether it is the primary, however much else it answers: one that was demoted
/// goes on answering reads (F4, F6).
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// How often the clocks are compared.
const CLOCK_INTERVAL: Duration = Duration::from_secs(10);

/// How old a connection may grow, at random in between, so that names are looked up and credentials shown
/// again where nothing ever breaks (F17, F35).
const SHORTEST_LIFE: Duration = Duration::from_secs(240);
const LONGEST_LIFE: Duration = Duration::from_secs(360);

/// How long a node that has no slots may be about to get some.
const YOUTH: Duration = Duration::from_secs(60);

/// The way to Redis.
pub(super) struct Link {
    line: Arc<Line>,
    keeps_time: Arc<AtomicBool>,
    opened_at: Instant,
    supervisor: JoinHandle<()>,
}

impl Link {
    /// Begins to dial, and waits for nothing. `keeps_time`: see [`Link::keep_time`].
    pub(super) fn open(target: Target, options: &LinkOptions, keeps_time: bool) -> Result<Self, OpenError> {
        let LinkOptions { refusals, skew, changes, is_told_of, confirmed, needs_replica } = options.clone();
        let fences = confirmed.as_ref().map(Keys::fences);
        let line = Arc::new(Line::new(refusals, is_told_of, fences, changes.clone()));
        let target = target.tell_pushes_to(Arc::clone(&line.is_disturbed), changes);
        let runtime = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
        let keeps_time = Arc::new(AtomicBool::new(keeps_time));
        let supervisor = Supervisor {
            target,
            line: Arc::clone(&line),
            skew,
            needs_replica,
            keeps_time: Arc::clone(&keeps_time),
            compared_at: None,
            advice: None,
            known_down: None,
        };
        let supervisor = runtime.spawn(supervisor.run());
        Ok(Self { line, keeps_time, opened_at: Instant::now(), supervisor })
    }

    /// Whether there is a connection that has answered lately.
    pub(super) fn is_up(&self) -> bool {
        self.line.number() != 0
    }

    /// Waits for a connection, for no longer than it may take to dial.
    pub(super) async fn wait_until_up(&self) -> Result<(), Unavailable> {
        timeout(DEADLINE, self.line.connected()).await.map_err(|_| Unavailable)
    }

    /// Whether the first dial may still be under way.
    pub(super) fn is_new(&self) -> bool {
        // It connects, and then asks who is there.
        self.opened_at.elapsed() < 2 * DEADLINE
    }

    /// Whether it was opened of late.
    pub(super) fn is_young(&self) -> bool {
        self.opened_at.elapsed() < YOUTH
    }

    /// Which connection there is: another number is another server, for all one knows.
    pub(super) fn connection(&self) -> u64 {
        self.line.number()
    }

    /// Whether the server tells of what has changed since it was read.
    pub(super) fn tells_changes(&self) -> bool {
        self.line.tells_changes()
    }

    /// Whether the server has `SET … IFEQ`.
    pub(super) fn has_ifeq(&self) -> bool {
        self.line.has_ifeq()
    }

    /// Whether its clock is the one that sessions go by, of several.
    pub(super) fn keep_time(&self, keeps_time: bool) {
        let kept_time = self.keeps_time.swap(keeps_time, Ordering::Relaxed);
        if keeps_time && !kept_time {
            // Its clock is read at once.
            self.line.is_disturbed.notify_one();
        }
    }

    /// The result of a request that may change something: sent once, since after an error nobody
    /// knows what became of it.
    pub(super) async fn run<T: FromRedisValue>(&self, request: &Request) -> Result<T, Fault> {
        let connection = self.line.current().ok_or(Unavailable)?;
        self.line.run(&connection, request, false).await
    }

    /// The same of a node that the key is on its way to.
    pub(super) async fn run_asking<T: FromRedisValue>(&self, request: &Request) -> Result<T, Fault> {
        let connection = self.line.current().ok_or(Unavailable)?;
        self.line.run(&connection, request, true).await
    }

    /// The result of a request that changes nothing, or the same when sent twice: when its
    /// connection broke, and there is another by now, it is sent once more.
    pub(super) async fn run_idempotent<T: FromRedisValue>(&self, request: &Request) -> Result<T, Fault> {
        let connection = self.line.current().ok_or(Unavailable)?;
        let result = self.line.run(&connection, request, false).await;
        match self.line.current() {
            Some(other) if !self.line.has(&connection) && matches!(result, Err(Fault::Unavailable)) => {
                self.line.run(&other, request, false).await
            }
            _ => result,
        }
    }

    /// The results of several requests in one round trip. Each may fail on its own.
    pub(super) async fn run_all<T: FromRedisValue>(
        &self,
        requests: &[&Request],
    ) -> Result<Vec<Result<T, Fault>>, Fault> {
        let connection = self.line.current().ok_or(Unavailable)?;
        self.line.run_all(&connection, requests).await
    }

    /// What the server says of itself, which no replica has to confirm.
    pub(super) async fn ask_all(&self, questions: &[&Cmd]) -> Result<Vec<RedisResult<Value>>, Fault> {
        let connection = self.line.current().ok_or(Unavailable)?;
        self.line.ask_all(&connection, questions).await
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

/// The one that dials.
struct Supervisor {
    target: Target,
    line: Arc<Line>,
    skew: Option<Arc<Skew>>,
    needs_replica: bool,
    keeps_time: Arc<AtomicBool>,
    /// When the clocks were last compared, if they are.
    compared_at: Option<Instant>,
    /// What was last told of the server's settings.
    advice: Option<Advice>,
    /// Why there is no connection, as it was told.
    known_down: Option<String>,
}

impl Supervisor {
    async fn run(mut self) {
        let mut next = None;
        loop {
            let connection = match next.take() {
                Some(connection) => connection,
                None => self.connect().await,
            };
            let connected_at = Instant::now();
            self.advise(&connection).await;
            next = self.watch(&connection).await;
            // A server that answers and then breaks the connection must not be dialled in a circle.
            if next.is_none() && connected_at.elapsed() < LONGEST_PAUSE {
                sleep(between(SHORTEST_PAUSE, LONGEST_PAUSE)).await;
            }
        }
    }

    async fn connect(&mut self) -> Connection {
        let mut tries = 0;
        loop {
            match self.try_to_connect().await {
                Ok(connection) => {
                    if self.line.is_told_of {
                        tracing::info!(address = %connection.to, "redis is connected");
                    }
                    self.known_down = None;
                    return connection;
                }
                Err(error) => {
                    self.tell_down(&error);
                    sleep(pause_after(&error, tries)).await;
                    tries += 1;
                }
            }
        }
    }

    async fn try_to_connect(&mut self) -> Result<Connection, RedisError> {
        let connection = Connection::new(self.target.dial().await?);
        // Before anybody is served by it, since deadlines go by its clock.
        self.compare_clocks(&connection).await?;
        self.line.ask_for_changes(&connection).await;
        self.line.put(connection.clone());
        Ok(connection)
    }

    /// Tells each reason once.
    fn tell_down(&mut self, error: &RedisError) {
        let (address, reason) = (self.target.to_string(), error.category());
        if self.line.is_told_of && self.known_down.as_deref() != Some(reason) {
            self.known_down = Some(reason.to_owned());
            tracing::warn!(address, reason, %error, "redis is not reachable: sessions are unavailable until it is, which is being tried");
        }
    }

    /// Looks at the server's settings, and tells what was not told before.
    async fn advise(&mut self, connection: &Connection) {
        if !self.line.is_told_of {
            return;
        }
        let advice = Advice::ask(&mut connection.redis.clone(), self.needs_replica).await;
        if self.advice.as_ref() != Some(&advice) {
            advice.tell(&connection.to.to_string());
            self.advice = Some(advice);
        }
    }

    /// Returns when the connection was given up, or another one took its place.
    async fn watch(&mut self, connection: &Connection) -> Option<Connection> {
        let mut old_at = Instant::now() + between(SHORTEST_LIFE, LONGEST_LIFE);
        while self.line.has(connection) {
            let disturbed = timeout(PROBE_INTERVAL, self.line.is_disturbed.notified()).await;
            self.line.ask_for_changes(connection).await;
            if self.compared_at.is_none_or(|at| at.elapsed() >= CLOCK_INTERVAL) {
                // What came of it is noted on the connection.
                let _ = self.compare_clocks(connection).await;
            }
            if Instant::now() >= old_at && disturbed.is_err() {
                match self.try_to_connect().await {
                    Ok(other) => return Some(other),
                    // The old one is as good as it was.
                    Err(error) => {
                        self.tell_stuck(connection, &error);
                        old_at = Instant::now() + between(SHORTEST_LIFE, LONGEST_LIFE);
                    }
                }
            }
            self.probe(connection).await;
        }
        None
    }

    fn tell_stuck(&self, connection: &Connection, error: &RedisError) {
        if self.line.is_told_of {
            let (address, reason) = (&connection.to, error.category());
            tracing::warn!(%address, reason, %error, "redis cannot be connected to again, and the connection there is was kept: see whether its address and its password are right");
        }
    }

    /// Asks once, and where nothing is answered until something is or the connection is given up.
    async fn probe(&mut self, connection: &Connection) {
        connection.take_answered();
        while self.line.has(connection) {
            let answer = self.target.check(connection).await;
            // Whatever came of it is noted on the connection.
            let _ = self.line.settle(connection, Asked::Named("HELLO"), answer);
            if connection.take_answered() {
                break;
            }
        }
    }

    /// Where the clock may not be asked for, it is taken to be the same.
    async fn compare_clocks(&mut self, connection: &Connection) -> RedisResult<()> {
        self.compared_at = None;
        let Some(skew) = &self.skew else { return Ok(()) };
        if !self.keeps_time.load(Ordering::Relaxed) {
            return Ok(());
        }
        let time = redis::cmd("TIME").query_async::<(u64, u64)>(&mut connection.redis.clone()).await;
        // No answer is no leave to go by a clock that may be another.
        let lost = time.as_ref().err().filter(|error| Verdict::of(error) != Verdict::Sound).cloned();
        if let Ok((secs, _)) = self.line.settle(connection, Asked::Named("TIME"), time) {
            skew.learn(UnixTime::from_secs(secs));
        }
        match lost {
            Some(error) => Err(error),
            None => {
                self.compared_at = Some(Instant::now());
                Ok(())
            }
        }
    }
}

/// How long to wait before it is tried again that failed so often before.
pub(super) fn pause_after(error: &RedisError, tries: u32) -> Duration {
    let is_refused = error.kind() == ErrorKind::AuthenticationFailed
        || error.code().is_some_and(|code| ["NOAUTH", "WRONGPASS", "NOPERM"].contains(&code));
    match tries {
        _ if is_refused => REFUSED_PAUSE,
        0..MANY_TRIES => between(SHORTEST_PAUSE, LONGEST_PAUSE),
        _ => between(LONGEST_PAUSE, LONGER_PAUSE),
    }
}

/// A time that is as likely as any other.
fn between(shortest: Duration, longest: Duration) -> Duration {
    // Without entropy the longest pause is still a pause.
    let share = getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX));
    shortest + (longest - shortest).mul_f64(share)
}

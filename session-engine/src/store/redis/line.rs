//! The connection that commands take, and what their results say about it.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Arg, Cmd, ConnectionAddr, FromRedisValue, RedisError, RedisResult, Value, cmd};
use tokio::sync::{Mutex, Notify, Semaphore, SemaphorePermit, watch};
use tokio::time::timeout_at;

use super::changes::Changes;
use super::dial::{DEADLINE, ask_all};
use super::fault::{Fault, NO_SCRIPT, Verdict, WRONG_TYPE};
use super::keys::Fences;
use super::refusals::Refusals;
use super::request::Request;
use super::target::Dialled;
use super::together::Together;
use crate::budget;

/// How many answers in a row may fail to come before the connection is given up.
const MAX_TIMEOUTS: u32 = 2;

/// So many requests may be under way on a connection at a time. What is more would not come sooner, while all of it
/// would come late together: an answer that is late costs as much as one that is in time (R56).
const UNDER_WAY: usize = 128;

/// So many more wait for their turn, each for as long as its request can still be answered. It is as many as a server
/// has connections: who is told at once asks again at once, and what a thousand of these cost left nothing for those
/// who waited.
const WAITING: usize = 10_000;

/// How long the primary waits for a replica to have a change. Less than a command's deadline, so that the
/// answer comes.
const CONFIRMATION: Duration = Duration::from_millis(150);

/// One connection, shared by all commands.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) redis: MultiplexedConnection,
    /// What requests ask.
    together: Together,
    pub(super) to: Arc<ConnectionAddr>,
    health: Arc<Health>,
}

struct Health {
    /// No two connections of this process have the same.
    number: u64,
    /// Whether the server has `SET … IFEQ`.
    has_ifeq: bool,
    /// Of the failover that made the server the primary, as sentinels count them.
    epoch: Option<u64>,
    timeouts_in_a_row: AtomicU32,
    /// Whether the server tells of what has changed since it was read, once it has been asked to.
    tells_changes: OnceLock<bool>,
    /// Since the supervisor last looked.
    has_answered: AtomicBool,
}

impl Connection {
    pub(super) fn new(dialled: Dialled) -> Self {
        static CONNECTIONS: AtomicU64 = AtomicU64::new(1);
        let health = Health {
            number: CONNECTIONS.fetch_add(1, Ordering::Relaxed),
            has_ifeq: dialled.has_ifeq,
            epoch: dialled.epoch,
            timeouts_in_a_row: AtomicU32::new(0),
            tells_changes: OnceLock::new(),
            has_answered: AtomicBool::new(false),
        };
        let together = Together::on(dialled.redis.clone());
        Self { redis: dialled.redis, together, to: Arc::new(dialled.to), health: Arc::new(health) }
    }

    fn is(&self, other: &Self) -> bool {
        self.health.number == other.health.number
    }

    pub(super) fn epoch(&self) -> Option<u64> {
        self.health.epoch
    }

    /// Whether anything was answered since this was asked.
    pub(super) fn take_answered(&self) -> bool {
        self.health.has_answered.swap(false, Ordering::Relaxed)
    }

    fn note_answer(&self) {
        self.health.timeouts_in_a_row.store(0, Ordering::Relaxed);
        self.health.has_answered.store(true, Ordering::Relaxed);
    }

    fn note_timeout(&self) -> u32 {
        self.health.timeouts_in_a_row.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The connection, if there is one.
pub(super) struct Line {
    current: watch::Sender<Option<Connection>>,
    /// Woken when the connection was given up, or may have ended.
    pub(super) is_disturbed: Arc<Notify>,
    refusals: Arc<Refusals>,
    /// Whether its changes are told of: of several connections to one server one is enough.
    pub(super) is_told_of: bool,
    /// Where what is answered counts only when a replica has it: how that is found out, by one at a time.
    /// Whoever comes after a `WAIT` on its connection waits with it, and would be late.
    confirmation: Option<Mutex<Fences>>,
    /// Who is told of what has changed since it was read here.
    changes: Option<Arc<Changes>>,
    under_way: Semaphore,
    with_waiting: Semaphore,
}

impl Line {
    pub(super) fn new(
        refusals: Arc<Refusals>,
        is_told_of: bool,
        fences: Option<Fences>,
        changes: Option<Arc<Changes>>,
    ) -> Self {
        let (current, _) = watch::channel(None);
        let confirmation = fences.map(Mutex::new);
        Self {
            current,
            is_disturbed: Arc::default(),
            refusals,
            is_told_of,
            confirmation,
            changes,
            under_way: Semaphore::new(UNDER_WAY),
            with_waiting: Semaphore::new(UNDER_WAY + WAITING),
        }
    }

    pub(super) fn current(&self) -> Option<Connection> {
        self.current.borrow().clone()
    }

    /// Which connection there is; none has 0.
    pub(super) fn number(&self) -> u64 {
        self.current.borrow().as_ref().map_or(0, |connection| connection.health.number)
    }

    /// Whether the server has `SET … IFEQ`.
    pub(super) fn has_ifeq(&self) -> bool {
        self.current.borrow().as_ref().is_some_and(|connection| connection.health.has_ifeq)
    }

    pub(super) fn has(&self, connection: &Connection) -> bool {
        self.current.borrow().as_ref().is_some_and(|current| current.is(connection))
    }

    pub(super) fn put(&self, connection: Connection) {
        self.current.send_replace(Some(connection));
        self.forget_what_was_read();
    }

    /// Whoever was to be told of changes over a connection that is gone will not be.
    fn forget_what_was_read(&self) {
        self.changes.iter().for_each(|changes| changes.are_unknown());
    }

    /// Whether the server tells of what has changed since it was read.
    pub(super) fn tells_changes(&self) -> bool {
        let health = |connection: &Connection| connection.health.tells_changes.get() == Some(&true);
        self.current.borrow().as_ref().is_some_and(health)
    }

    /// Asks the server to tell, if that is wanted and it was not asked before. Without it all works, and each
    /// check costs a command.
    pub(super) async fn ask_for_changes(&self, connection: &Connection) {
        let are_wanted = self.changes.as_ref().is_some_and(|changes| changes.are_wanted());
        if !are_wanted || connection.health.tells_changes.get().is_some() {
            return;
        }
        let asked = cmd("CLIENT").arg("TRACKING").arg("ON").to_owned();
        let answer = asked.query_async::<()>(&mut connection.redis.clone()).await;
        let tells = match self.settle(connection, Asked::Named("CLIENT TRACKING"), answer) {
            Ok(()) => true,
            Err(Fault::Refused(_)) => false,
            // It is asked again.
            Err(_) => return,
        };
        let _ = connection.health.tells_changes.set(tells);
    }

    /// Until there is a connection.
    pub(super) async fn connected(&self) {
        // The sender is this line's own, so it is there.
        let _ = self.current.subscribe().wait_for(Option::is_some).await;
    }

    /// Waits for a turn and holds it. Whoever has waited so long that its command might not be answered any more
    /// within what a request may take is refused: else, where more is asked than Redis can answer, each would get its
    /// turn too late.
    async fn turn<'c>(&self, connection: &'c Connection) -> Result<Turn<'_, 'c>, Fault> {
        let place = self.with_waiting.try_acquire().map_err(|_| Fault::Unavailable)?;
        if let Ok(turn) = self.under_way.try_acquire()
            && self.has(connection)
        {
            return Ok(Turn { connection: Cow::Borrowed(connection), _permits: [place, turn] });
        }
        let latest = budget::deadline() - DEADLINE;
        let turn = timeout_at(latest, self.under_way.acquire()).await;
        let turn = turn.map_err(|_| Fault::Unavailable)?.map_err(|_| Fault::Unavailable)?;
        // Another may have taken its place meanwhile.
        let connection = Cow::Owned(self.current().ok_or(Fault::Unavailable)?);
        Ok(Turn { connection, _permits: [place, turn] })
    }

    /// The result of a request, which is sent once, unless its script has to be told first.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        connection: &Connection,
        request: &Request,
        is_asking: bool,
    ) -> Result<T, Fault> {
        let turn = self.turn(connection).await?;
        let connection = &turn.connection;
        let result = self.send(connection, request, is_asking).await;
        let Some(script) = request.script else { return result };
        match result {
            // The server was started since; the script did not run.
            Err(fault) if fault.is_any_of(&NO_SCRIPT) => {
                let load = cmd("SCRIPT").arg("LOAD").arg(&script.text).to_owned();
                let loaded = load.query_async::<String>(&mut connection.redis.clone()).await;
                self.settle(connection, Asked::Command(&load), loaded)?;
                self.send(connection, request, is_asking).await
            }
            result => result,
        }
    }

    async fn send<T: FromRedisValue>(
        &self,
        connection: &Connection,
        request: &Request,
        is_asking: bool,
    ) -> Result<T, Fault> {
        let command = &request.command;
        if !is_asking && self.confirmation.is_none() {
            let answer = connection.together.ask(command).await;
            let result = answer.and_then(|value| Ok(redis::from_redis_value(value)?));
            return self.settle(connection, Asked::Command(command), result);
        }
        let answer = self.exchange(connection, &[command], &request.key, is_asking).await?.pop();
        self.decode(connection, command, answer.ok_or(Fault::Unavailable)?)
    }

    /// The results of several requests in one round trip. Each may fail on its own.
    pub(super) async fn run_all<T: FromRedisValue>(
        &self,
        connection: &Connection,
        requests: &[&Request],
    ) -> Result<Vec<Result<T, Fault>>, Fault> {
        let Some(first) = requests.first() else { return Ok(Vec::new()) };
        let turn = self.turn(connection).await?;
        let connection = &turn.connection;
        let commands: Vec<&Cmd> = requests.iter().map(|request| &request.command).collect();
        let answers = self.exchange(connection, &commands, &first.key, false).await?;
        let answered = commands.iter().zip(answers);
        Ok(answered.map(|(command, answer)| self.decode(connection, command, answer)).collect())
    }

    /// The answers to several commands about keys that are with the same server as `key`. Those that were
    /// not refused are not known where they are to be confirmed and are not.
    async fn exchange(
        &self,
        connection: &Connection,
        commands: &[&Cmd],
        key: &str,
        is_asking: bool,
    ) -> Result<Vec<Result<Value, Fault>>, Fault> {
        let fences = match &self.confirmation {
            Some(fences) => Some(fences.lock().await),
            None => None,
        };
        let fence = fences.as_ref().map(|fences| fences.before(key));
        let wait = cmd("WAIT").arg(1).arg(CONFIRMATION.as_millis() as u64).to_owned();
        let asking = cmd("ASKING");
        // It is for the one command that comes next.
        let asked = commands.iter().copied().chain(&fence);
        let mut all: Vec<&Cmd> = match is_asking {
            true => asked.flat_map(|command| [&asking, command]).collect(),
            false => asked.collect(),
        };
        if fence.is_some() {
            all.push(&wait);
        }
        let mut answers = self.ask_all(connection, &all).await?;
        let replicas = fence.is_some().then(|| answers.pop()).flatten();
        if is_asking {
            answers = answers.into_iter().skip(1).step_by(2).collect();
        }
        let fenced = fence.is_some().then(|| answers.pop()).flatten();
        let settle = |command, answer| self.settle(connection, Asked::Command(command), answer);
        let mut answers: Vec<Result<Value, Fault>> =
            commands.iter().zip(answers).map(|(command, answer)| settle(command, answer)).collect();
        // Whatever was refused is as it was, and whoever sends elsewhere confirms nothing.
        if let (Some(fence), Some(fenced), Some(replicas)) = (&fence, fenced, replicas)
            && answers.iter().any(Result::is_ok)
        {
            let replicas = self.decode(connection, &wait, settle(&wait, replicas));
            if !self.is_confirmed(&settle(fence, fenced), replicas) {
                answers.iter_mut().filter(|answer| answer.is_ok()).for_each(|answer| {
                    *answer = Err(Fault::Unavailable);
                });
            }
        }
        Ok(answers)
    }

    /// The answers to several commands in one round trip.
    pub(super) async fn ask_all(
        &self,
        connection: &Connection,
        commands: &[&Cmd],
    ) -> Result<Vec<RedisResult<Value>>, Fault> {
        let answers = ask_all(&connection.redis, commands.iter().copied().cloned().collect()).await;
        self.settle(connection, Asked::Named("a batch"), answers)
    }

    /// Whether a replica has everything up to the fence.
    fn is_confirmed(&self, fenced: &Result<Value, Fault>, replicas: Result<u64, Fault>) -> bool {
        let is_fenced = match fenced {
            Ok(_) => true,
            // A full server takes none, and one that is giving its slot away no new key. What was changed
            // before it is waited for all the same.
            Err(fault) => fault.is_any_of(&["OOM"]) || matches!(fault, Fault::Redirected(_)),
        };
        if matches!(replicas, Ok(0)) {
            self.refusals.note("WAIT", "NOREPLICAS");
        }
        is_fenced && replicas.is_ok_and(|replicas| replicas > 0)
    }

    fn decode<T: FromRedisValue>(
        &self,
        connection: &Connection,
        command: &Cmd,
        answer: Result<Value, Fault>,
    ) -> Result<T, Fault> {
        let result = redis::from_redis_value(answer?).map_err(RedisError::from);
        self.settle(connection, Asked::Command(command), result)
    }

    /// Learns from a result whether the connection is still good.
    pub(super) fn settle<T>(
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
                let fault = Fault::of_refusal(&error);
                match &fault {
                    _ if fault.is_any_of(&NO_SCRIPT) || fault.is_any_of(&WRONG_TYPE) => {}
                    Fault::Refused(code) => self.refusals.note(&asked.name(), code),
                    _ => {}
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
        let is_given_up = self.current.send_if_modified(|current| {
            let is_current = current.as_ref().is_some_and(|current| current.is(connection));
            if is_current {
                *current = None;
            }
            is_current
        });
        if is_given_up {
            self.forget_what_was_read();
            let (reason, address) = (error.category(), &connection.to);
            if self.is_told_of {
                tracing::warn!(%address, reason, %error, "redis connection is given up: sessions are unavailable until there is another, which is being tried");
            } else {
                tracing::debug!(%address, reason, %error, "redis connection is given up");
            }
            self.is_disturbed.notify_one();
        }
    }
}

/// That somebody may ask now, and over which connection.
struct Turn<'l, 'c> {
    connection: Cow<'c, Connection>,
    _permits: [SemaphorePermit<'l>; 2],
}

/// What an answer is to.
#[derive(Clone, Copy)]
pub(super) enum Asked<'c> {
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

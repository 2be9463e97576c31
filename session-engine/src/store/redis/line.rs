//! The connection that commands take, and what their results say about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Arg, Cmd, ConnectionAddr, FromRedisValue, Pipeline, RedisError, RedisResult, Value, cmd};
use tokio::sync::{Notify, watch};

use super::dial::Dialled;
use super::fault::{Fault, NO_SCRIPT, TRY_AGAIN, Verdict, WRONG_TYPE};
use super::refusals::Refusals;
use super::request::Request;
use crate::store::Unavailable;

/// How many answers in a row may fail to come before the connection is given up.
const MAX_TIMEOUTS: u32 = 2;

/// How long the primary waits for a replica to have a change. Less than a command's deadline, so that the
/// answer comes.
const CONFIRMATION: Duration = Duration::from_millis(150);

/// One connection, shared by all commands.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) redis: MultiplexedConnection,
    pub(super) to: Arc<ConnectionAddr>,
    health: Arc<Health>,
}

struct Health {
    /// No two connections of this process have the same.
    number: u64,
    /// Whether the server has `SET … IFEQ`.
    has_ifeq: bool,
    timeouts_in_a_row: AtomicU32,
    /// Since the supervisor last looked.
    has_answered: AtomicBool,
}

impl Connection {
    pub(super) fn new(dialled: Dialled) -> Self {
        static CONNECTIONS: AtomicU64 = AtomicU64::new(1);
        let health = Health {
            number: CONNECTIONS.fetch_add(1, Ordering::Relaxed),
            has_ifeq: dialled.has_ifeq,
            timeouts_in_a_row: AtomicU32::new(0),
            has_answered: AtomicBool::new(false),
        };
        Self { redis: dialled.redis, to: Arc::new(dialled.to), health: Arc::new(health) }
    }

    fn is(&self, other: &Self) -> bool {
        self.health.number == other.health.number
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
    /// Whether a change counts only when a replica has it.
    is_confirmed: bool,
}

impl Line {
    pub(super) fn new(refusals: Arc<Refusals>, is_told_of: bool, is_confirmed: bool) -> Self {
        let (current, _) = watch::channel(None);
        Self { current, is_disturbed: Arc::default(), refusals, is_told_of, is_confirmed }
    }

    pub(super) fn current(&self) -> Option<Connection> {
        self.current.borrow().clone()
    }

    /// Which connection there is; none has 0.
    pub(super) fn number(&self) -> u64 {
        self.current.borrow().as_ref().map_or(0, |connection| connection.health.number)
    }

    pub(super) fn has(&self, connection: &Connection) -> bool {
        self.current.borrow().as_ref().is_some_and(|current| current.is(connection))
    }

    pub(super) fn put(&self, connection: Connection) {
        self.current.send_replace(Some(connection));
    }

    /// Until there is a connection.
    pub(super) async fn connected(&self) {
        // The sender is this line's own, so it is there.
        let _ = self.current.subscribe().wait_for(Option::is_some).await;
    }

    /// The result of a request, which is sent once, unless its script has to be told first.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        connection: &Connection,
        request: &Request,
        is_asking: bool,
    ) -> Result<T, Fault> {
        if let Some(command) = &request.comparing
            && connection.health.has_ifeq
        {
            return self.send(connection, command, is_asking).await;
        }
        let result = self.send(connection, &request.command, is_asking).await;
        let Some(script) = request.script else { return result };
        match result {
            // The server was started since; the script did not run.
            Err(fault) if fault.is_any_of(&NO_SCRIPT) => {
                let load = cmd("SCRIPT").arg("LOAD").arg(&script.text).to_owned();
                let loaded = load.query_async::<String>(&mut connection.redis.clone()).await;
                self.settle(connection, Asked::Command(&load), loaded)?;
                self.send(connection, &request.command, is_asking).await
            }
            result => result,
        }
    }

    async fn send<T: FromRedisValue>(
        &self,
        connection: &Connection,
        command: &Cmd,
        is_asking: bool,
    ) -> Result<T, Fault> {
        if !is_asking && !self.is_confirmed {
            let result = command.query_async(&mut connection.redis.clone()).await;
            return self.settle(connection, Asked::Command(command), result);
        }
        let mut commands = Pipeline::new();
        if is_asking {
            commands.cmd("ASKING");
        }
        commands.add_command(command.clone());
        // Of what goes with it only its own answer is of interest.
        let answer = self.exchange(connection, &mut commands).await?.pop();
        self.understand(connection, command, answer.ok_or(Fault::Unavailable)?)
    }

    /// The results of several commands in one round trip. Each may fail on its own; where changes are to be
    /// confirmed and are not, none of them counts.
    pub(super) async fn run_all<T: FromRedisValue>(
        &self,
        connection: &Connection,
        commands: &[Cmd],
    ) -> Result<Vec<Result<T, Fault>>, Fault> {
        let mut pipeline = Pipeline::with_capacity(commands.len());
        commands.iter().for_each(|command| {
            pipeline.add_command(command.clone());
        });
        let answers = self.exchange(connection, &mut pipeline).await?;
        let answered = commands.iter().zip(answers);
        Ok(answered.map(|(command, answer)| self.understand(connection, command, answer)).collect())
    }

    /// The answers to several commands, with a confirmation behind them where one is wanted.
    async fn exchange(
        &self,
        connection: &Connection,
        commands: &mut Pipeline,
    ) -> Result<Vec<RedisResult<Value>>, Fault> {
        let wait = cmd("WAIT").arg(1).arg(CONFIRMATION.as_millis() as u64).to_owned();
        if self.is_confirmed {
            commands.add_command(wait.clone());
        }
        let answers: RedisResult<Vec<RedisResult<Value>>> =
            commands.ignore_errors().query_async(&mut connection.redis.clone()).await;
        let mut answers = self.settle(connection, Asked::Named("a batch"), answers)?;
        if self.is_confirmed {
            let confirmed = answers.pop().ok_or(Fault::Unavailable)?;
            self.confirm(connection, &wait, confirmed)?;
        }
        Ok(answers)
    }

    fn understand<T: FromRedisValue>(
        &self,
        connection: &Connection,
        command: &Cmd,
        answer: RedisResult<Value>,
    ) -> Result<T, Fault> {
        let result = answer.and_then(|value| Ok(redis::from_redis_value(value)?));
        self.settle(connection, Asked::Command(command), result)
    }

    /// How many replicas have everything that was asked over this connection so far.
    fn confirm(&self, connection: &Connection, wait: &Cmd, answer: RedisResult<Value>) -> Result<(), Fault> {
        if self.understand::<u64>(connection, wait, answer)? == 0 {
            self.refusals.note("WAIT", "NOREPLICAS");
            return Err(Unavailable.into());
        }
        Ok(())
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
                let is_usual =
                    [&NO_SCRIPT, &WRONG_TYPE, &TRY_AGAIN].iter().any(|codes| fault.is_any_of(*codes));
                if let Fault::Refused(code) = &fault
                    && !is_usual
                {
                    self.refusals.note(&asked.name(), code);
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
            let (reason, address) = (error.category(), &connection.to);
            if self.is_told_of {
                tracing::warn!(%address, reason, "redis connection is given up: sessions are unavailable");
            } else {
                tracing::debug!(%address, reason, "redis connection is given up");
            }
            self.is_disturbed.notify_one();
        }
    }
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

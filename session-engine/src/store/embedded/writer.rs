//! The one thread that writes.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use redb::Database;
use session_core::UnixTime;
use tokio::sync::oneshot;

use super::Shelf;
use super::sweep::{self, Swept};
use super::tables::Tables;
use crate::clock::Clock;
use crate::store::Unavailable;

/// How many jobs may wait. Beyond this the disk is far behind, and an error at once is better than
/// a place at the end of the queue.
const QUEUE_LENGTH: usize = 4096;

/// How many jobs go into one transaction: enough for one flush to be cheap for each, and few
/// enough for the first of them not to wait long.
const MAX_BATCH: usize = 512;

/// How long the writer waits for work before it looks for what is due. Only memory and the disk
/// notice, since what is due is absent anyway.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// A transaction that takes so long is not slow: the disk hangs (R79).
const HANGING: Duration = Duration::from_secs(1);

/// One change that waits.
struct Job {
    change: Work,
    /// Closed when the transaction is over, and the database is open again if that failed.
    over: oneshot::Sender<Infallible>,
}

/// Works the tables, and returns how to say so once that is on the disk.
type Work = Box<dyn FnOnce(&mut Tables<'_>, UnixTime) -> Result<Answer, redb::Error> + Send>;
type Answer = Box<dyn FnOnce() + Send>;

/// The way to the thread. Dropping it waits until everything submitted is done.
pub(super) struct Writer {
    // Taken in `drop`: the thread ends once nobody can submit any more.
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    progress: Arc<Progress>,
}

/// Since when the thread has been at one transaction.
#[derive(Default)]
struct Progress(Mutex<Option<Instant>>);

impl Progress {
    fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn hangs(&self) -> bool {
        let began_at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        began_at.is_some_and(|began_at| began_at.elapsed() >= HANGING)
    }
}

impl Writer {
    pub(super) fn start(shelf: Arc<Shelf>, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (jobs, queue) = sync_channel(QUEUE_LENGTH);
        let progress = Arc::<Progress>::default();
        let desk = Desk { queue, shelf, clock, progress: Arc::clone(&progress) };
        let thread = thread::Builder::new().name("session-writer".into()).spawn(move || desk.work())?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), progress })
    }

    /// Has the tables changed, and answers when the change is on the disk. Whether a logical
    /// conflict was found is part of the answer, and no concern of the others in the transaction.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Tables<'_>, UnixTime) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (answer, answered) = oneshot::channel();
        let (over, is_over) = oneshot::channel();
        let change: Work = Box::new(move |tables, now| {
            let result = change(tables, now)?;
            // Whoever asked may have gone away in the meantime; the change stands all the same.
            Ok(Box::new(move || drop(answer.send(result))))
        });
        let jobs = self.jobs.as_ref().ok_or(Unavailable)?;
        jobs.try_send(Job { change, over }).map_err(|_| Unavailable)?;
        let Ok(result) = answered.await else {
            // Dropped without an answer: the transaction failed.
            let _ = is_over.await;
            return Err(Unavailable);
        };
        Ok(result)
    }

    /// Whether it works and gets on: a disk that does not answer is noticed here.
    pub(super) fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) && !self.progress.hangs()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the writer was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// What the thread works with.
struct Desk {
    queue: Receiver<Job>,
    shelf: Arc<Shelf>,
    clock: Arc<dyn Clock>,
    progress: Arc<Progress>,
}

impl Desk {
    fn work(self) {
        let mut pause = SWEEP_INTERVAL;
        while let Some(jobs) = self.next_jobs(pause) {
            let (changes, _over): (Vec<_>, Vec<_>) =
                jobs.into_iter().map(|job| (job.change, job.over)).unzip();
            self.progress.begin();
            let committed = self.commit(changes);
            self.progress.end();
            pause = match committed {
                Ok(Swept::Some) => Duration::ZERO,
                Ok(Swept::All) => SWEEP_INTERVAL,
                Err(error) => {
                    self.recover(&error);
                    SWEEP_INTERVAL
                }
            };
        }
    }

    /// Everything that waits; nothing when it is time to sweep; `None` when it is time to go.
    fn next_jobs(&self, pause: Duration) -> Option<Vec<Job>> {
        match self.queue.recv_timeout(pause) {
            Ok(first) => {
                Some(std::iter::once(first).chain(self.queue.try_iter().take(MAX_BATCH - 1)).collect())
            }
            Err(RecvTimeoutError::Timeout) => Some(Vec::new()),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    fn commit(&self, changes: Vec<Work>) -> Result<Swept, redb::Error> {
        self.shelf.write(|database| {
            let (answers, swept) = self.apply(database, changes)?;
            answers.into_iter().for_each(|answer| answer());
            Ok(swept)
        })
    }

    /// All of it is on the disk when this returns, or none of it.
    fn apply(&self, database: &Database, changes: Vec<Work>) -> Result<(Vec<Answer>, Swept), redb::Error> {
        let now = self.clock.now();
        if changes.is_empty() && !sweep::is_any_due(database, now)? {
            return Ok((Vec::new(), Swept::All));
        }
        let transaction = database.begin_write()?;
        let mut tables = Tables::open(&transaction)?;
        let answers = changes.into_iter().map(|change| change(&mut tables, now)).collect::<Result<_, _>>()?;
        let swept = tables.sweep(now)?;
        let is_changed = tables.is_changed;
        drop(tables);
        // Whoever met a conflict is told at once, and can try again before the disk has turned: or
        // those who never meet one would leave the others no chance.
        if is_changed {
            transaction.commit()?;
        } else {
            transaction.abort()?;
        }
        Ok((answers, swept))
    }

    fn recover(&self, error: &redb::Error) {
        tracing::error!(
            error = error as &dyn Error,
            "session store could not write its file: look after the disk"
        );
        match self.shelf.reopen() {
            Ok(()) => tracing::warn!("session store has opened its file again"),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn Error,
                    "session store could not open its file again: look after the disk"
                );
            }
        }
    }
}

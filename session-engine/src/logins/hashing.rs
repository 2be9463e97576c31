use std::num::NonZero;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use crate::password::HashingMemory;

/// Bounds on the time and memory that password hashing may take from everything else (R42).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingLimits {
    /// Hashes at the same time; each takes a core, and the memory of its cost.
    pub threads: NonZero<usize>,
    /// Logins that wait for a thread; the next one is told to come again.
    pub queue: usize,
}

impl Default for HashingLimits {
    /// A thread for every other core, since the cores share the memory that hashing fills: with one for
    /// each, session checks beside it took half as long again. As many wait as are done within a second
    /// or two.
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let threads = NonZero::new(cores / 2).unwrap_or(NonZero::<usize>::MIN);
        Self { threads, queue: threads.get() * 64 }
    }
}

type Job = Box<dyn FnOnce(&mut HashingMemory) + Send>;

/// Threads that hash passwords, at the lowest priority: requests that only check a session go
/// first, however many logins there are. Each thread has its own memory and keeps it.
pub struct HashingPool {
    jobs: Sender<Job>,
    slots: Semaphore,
    places: usize,
    threads: usize,
}

/// A place at a thread or in the queue, given back when it is dropped.
pub(super) struct Slot<'p> {
    pool: &'p HashingPool,
    _permit: SemaphorePermit<'p>,
}

impl HashingPool {
    /// Starts the threads; they end with the pool.
    #[must_use]
    pub fn new(limits: HashingLimits) -> Self {
        let (jobs, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..limits.threads.get() {
            let waiting = Arc::clone(&waiting);
            thread::spawn(move || work(&waiting));
        }
        let threads = limits.threads.get();
        let places = threads.saturating_add(limits.queue).min(Semaphore::MAX_PERMITS);
        Self { jobs, slots: Semaphore::new(places), places, threads }
    }

    /// How many logins wait for a thread.
    pub(super) fn waiting(&self) -> usize {
        let taken = self.places.saturating_sub(self.slots.available_permits());
        taken.saturating_sub(self.threads)
    }

    /// Takes a place, before anything else is done for a login: who cannot have one costs nothing.
    pub(super) fn reserve(&self) -> Result<Slot<'_>, Busy> {
        let permit = self.slots.try_acquire().map_err(|_| Busy)?;
        Ok(Slot { pool: self, _permit: permit })
    }
}

impl Slot<'_> {
    /// Runs `job` on one of the threads, unless its caller has gone away by then.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut HashingMemory) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (reply, result) = oneshot::channel();
        let job = move |memory: &mut HashingMemory| {
            if !reply.is_closed() {
                // The caller may go away meanwhile.
                let _ = reply.send(job(memory));
            }
        };
        self.pool.jobs.send(Box::new(job)).map_err(|_| Busy)?;
        result.await.map_err(|_| Busy)
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    // On Linux this is the priority of this thread alone. Without it hashing is merely less polite.
    let _ = rustix::process::nice(19);
    let mut memory = HashingMemory::default();
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut memory),
            Err(_) => return,
        }
    }
}

/// More passwords wait to be hashed than can be within a few seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many logins at once")]
pub struct Busy;

#[cfg(test)]
mod tests {
    use super::*;

    /// R42: as many threads as are set, a queue with an end, and nobody waits for longer than that.
    #[tokio::test]
    async fn who_finds_no_slot_is_told_at_once() {
        let limits = HashingLimits { threads: NonZero::<usize>::MIN, queue: 1 };
        let pool = HashingPool::new(limits);
        let (first, second) = (pool.reserve().unwrap(), pool.reserve().unwrap());
        assert_eq!(pool.reserve().err(), Some(Busy));
        assert_eq!(pool.waiting(), 1);
        assert_eq!(first.run(|_| 7).await, Ok(7));
        drop(first);
        assert_eq!(pool.waiting(), 0);
        let third = pool.reserve().unwrap();
        assert_eq!((second.run(|_| 8).await, third.run(|_| 9).await), (Ok(8), Ok(9)));
    }

    /// R42: who has gone away takes no thread.
    #[tokio::test]
    async fn what_nobody_waits_for_is_not_done() {
        let pool = HashingPool::new(HashingLimits { threads: NonZero::<usize>::MIN, queue: 2 });
        let (slot, other) = (pool.reserve().unwrap(), pool.reserve().unwrap());
        let (release, released) = channel::<()>();
        let (done, is_done) = channel::<()>();
        {
            let mut busy = Box::pin(slot.run(move |_| released.recv()));
            let mut abandoned = Box::pin(other.run(move |_| done.send(())));
            assert!(futures_util::poll!(&mut busy).is_pending());
            assert!(futures_util::poll!(&mut abandoned).is_pending());
            drop(abandoned);
            release.send(()).unwrap();
            busy.await.unwrap().unwrap();
        }
        other.run(|_| ()).await.unwrap();
        assert!(is_done.try_recv().is_err());
    }
}

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

/// Bounds on the time and memory that password hashing may take from everything else (R42).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingLimits {
    /// Hashes at the same time; each takes a core, and the memory of its cost.
    pub threads: NonZero<usize>,
    /// Logins that wait for a thread; the next one is told to come again.
    pub queue: usize,
}

impl Default for HashingLimits {
    /// A thread for each core, and as many waiting as are done within a few seconds.
    fn default() -> Self {
        let threads = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        Self { threads, queue: threads.get() * 32 }
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Threads that hash passwords, at the lowest priority: requests that only check a session go
/// first, however many logins there are.
pub struct HashingPool {
    jobs: SyncSender<Job>,
}

impl HashingPool {
    /// Starts the threads; they end with the pool.
    #[must_use]
    pub fn new(limits: HashingLimits) -> Self {
        let (jobs, waiting) = sync_channel(limits.queue);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..limits.threads.get() {
            let waiting = Arc::clone(&waiting);
            thread::spawn(move || work(&waiting));
        }
        Self { jobs }
    }

    /// Runs `job` on one of the threads, unless its caller has gone away by then.
    ///
    /// # Errors
    /// [`Busy`] at once when the queue is full.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let (reply, result) = oneshot::channel();
        let job = move || {
            if !reply.is_closed() {
                // The caller may go away meanwhile.
                let _ = reply.send(job());
            }
        };
        self.jobs.try_send(Box::new(job)).map_err(|_| Busy)?;
        result.await.map_err(|_| Busy)
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    // On Linux this is the priority of this thread alone. Without it hashing is merely less polite.
    let _ = rustix::process::nice(19);
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
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
    use std::sync::mpsc;

    #[tokio::test]
    async fn a_full_queue_is_busy_at_once() {
        let pool = Arc::new(HashingPool::new(HashingLimits { threads: NonZero::<usize>::MIN, queue: 1 }));
        let (started, has_started) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let slow = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move {
                pool.run(move || {
                    started.send(()).unwrap();
                    released.recv()
                })
                .await
            }
        });
        tokio::task::spawn_blocking(move || has_started.recv()).await.unwrap().unwrap();
        let mut queued = Box::pin(pool.run(|| 7));
        assert!(futures_util::poll!(&mut queued).is_pending());
        assert_eq!(pool.run(|| 8).await, Err(Busy));
        release.send(()).unwrap();
        assert_eq!(queued.await, Ok(7));
        slow.await.unwrap().unwrap().unwrap();
    }
}

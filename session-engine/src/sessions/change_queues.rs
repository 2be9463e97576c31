use std::sync::{Mutex, PoisonError};

use session_core::SessionId;
use tokio::sync::{MutexGuard, oneshot};

use super::SessionError;
use super::change::RecordChange;
use super::live::Kept;

/// How many changes become one step: each holds a whole record until it is answered.
const MAX_BATCH: usize = 64;

/// Changes that came while one was being made, by session. Against each other they would only make
/// each other try again; together they are one step, and the store hears of a busy session no more
/// often than of a quiet one. A few queues stand for all sessions: who shares one by chance waits a
/// moment.
pub(super) struct ChangeQueues([Queue; 256]);

#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

/// A change whose sender has proved the session's secret, or needs not.
pub(super) struct Waiting {
    id: SessionId,
    change: RecordChange,
    answer: oneshot::Sender<Result<Kept, SessionError>>,
}

impl ChangeQueues {
    pub(super) fn queue(&self, id: SessionId) -> &Queue {
        let [first, ..] = *id.as_bytes();
        &self.0[usize::from(first)]
    }
}

impl Default for ChangeQueues {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Queue::default()))
    }
}

impl Queue {
    pub(super) fn join(
        &self,
        id: SessionId,
        change: RecordChange,
    ) -> oneshot::Receiver<Result<Kept, SessionError>> {
        let (answer, receiver) = oneshot::channel();
        let waiting = Waiting { id, change, answer };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
        receiver
    }

    /// Whoever has it carries what waits.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// What waits for this session, first come first served. What nobody waits for any more is
    /// forgotten: it must not be done by surprise with the next change, however much later.
    pub(super) fn leave(&self, id: SessionId) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|waiting| !waiting.is_forgotten());
        waiting.extract_if(.., |waiting| waiting.id == id).take(MAX_BATCH).collect()
    }
}

impl Waiting {
    pub(super) const fn change(&self) -> &RecordChange {
        &self.change
    }

    /// Whether nobody waits for it any more.
    pub(super) fn is_forgotten(&self) -> bool {
        self.answer.is_closed()
    }

    pub(super) fn tell(self, result: Result<Kept, SessionError>) {
        // Whoever asked may have gone away meanwhile.
        let _ = self.answer.send(result);
    }
}

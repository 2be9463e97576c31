use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};
use session_core::{AuthenticCookie, SessionId};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::{Activity, LiveSession, SessionError, Sessions};
use crate::store::{Change, Unavailable};

/// How often a step is tried again after another server was faster. At each try one of them wins,
/// and whoever won has first to hear of new changes before it comes again.
pub(super) const MAX_TRIES: u32 = 100;

/// How many changes become one step: each holds a whole record until it is answered.
const MAX_BATCH: usize = 64;

/// What is to become of a session's data.
#[derive(Clone, Debug)]
pub enum DataChange {
    /// These members and no others.
    Replace(Map<String, Value>),
    /// A JSON Merge Patch (RFC 7396): members are set, and removed where they are `null`.
    Merge(Map<String, Value>),
}

impl Sessions {
    /// Changes a session's data in one step, and only if it is still at revision `expected`, where
    /// that is given. Parallel patches of different members are all kept (R24).
    ///
    /// # Errors
    /// [`SessionError::OtherRevision`] when the data has moved on, [`SessionError::Contended`] when
    /// other servers kept being faster, and as [`resume`](Self::resume).
    pub async fn change_data(
        &self,
        cookie: &AuthenticCookie,
        activity: Activity,
        expected: Option<u64>,
        change: DataChange,
    ) -> Result<LiveSession, SessionError> {
        let id = self.resume(cookie, activity).await?.id();
        let queue = self.changes.queue(id);
        let mut answer = queue.join(id, expected, change);
        let _turn = queue.turn.lock().await;
        loop {
            match answer.try_recv() {
                // Carried by whoever had the turn before, or just now.
                Ok(result) => return result,
                // Whoever carried it went away in the middle, so nobody knows what became of it.
                Err(TryRecvError::Closed) => return Err(Unavailable.into()),
                Err(TryRecvError::Empty) => self.carry(id, queue.leave(id)).await,
            }
        }
    }

    /// Makes all of these changes of one session in one step, and answers each.
    async fn carry(&self, id: SessionId, waiting: Vec<Waiting>) {
        match self.try_to_carry(id, &waiting).await {
            Ok(results) => {
                for (waiting, result) in waiting.into_iter().zip(results) {
                    waiting.tell(result);
                }
            }
            Err(error) => waiting.into_iter().for_each(|waiting| waiting.tell(Err(error))),
        }
    }

    async fn try_to_carry(
        &self,
        id: SessionId,
        waiting: &[Waiting],
    ) -> Result<Vec<Result<LiveSession, SessionError>>, SessionError> {
        for _ in 0..MAX_TRIES {
            let session = self.look_up(id, None).await?;
            let mut latest = session.clone();
            let results = waiting.iter().map(|waiting| {
                let changed = waiting.apply_to(&latest)?;
                latest = changed.clone();
                Ok(changed)
            });
            let results: Vec<_> = results.collect();
            if results.iter().all(Result::is_err) {
                return Ok(results);
            }
            match self.store.update(id, session.document(), latest.document()).await? {
                Change::Done => return Ok(results),
                Change::Absent => return Err(SessionError::Ended),
                Change::Conflict => {}
            }
        }
        Err(SessionError::Contended)
    }
}

/// Changes that came while one was being made, by session. Against each other they would only make
/// each other try again; together they are one step, and the store hears of a busy session no more
/// often than of a quiet one. A few queues stand for all sessions: who shares one by chance waits a
/// moment.
pub(super) struct ChangeQueues([Queue; 256]);

#[derive(Default)]
struct Queue {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

/// A change whose sender has proved the session's secret.
struct Waiting {
    id: SessionId,
    expected: Option<u64>,
    change: DataChange,
    answer: oneshot::Sender<Result<LiveSession, SessionError>>,
}

impl ChangeQueues {
    fn queue(&self, id: SessionId) -> &Queue {
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
    fn join(
        &self,
        id: SessionId,
        expected: Option<u64>,
        change: DataChange,
    ) -> oneshot::Receiver<Result<LiveSession, SessionError>> {
        let (answer, receiver) = oneshot::channel();
        let waiting = Waiting { id, expected, change, answer };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
        receiver
    }

    /// What waits for this session, first come first served. What nobody waits for any more is
    /// forgotten: it must not be done by surprise with the next change, however much later.
    fn leave(&self, id: SessionId) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|waiting| !waiting.answer.is_closed());
        waiting.extract_if(.., |waiting| waiting.id == id).take(MAX_BATCH).collect()
    }
}

impl Waiting {
    fn apply_to(&self, session: &LiveSession) -> Result<LiveSession, SessionError> {
        let revision = session.record().revision;
        if self.expected.is_some_and(|expected| expected != revision) {
            return Err(SessionError::OtherRevision { revision });
        }
        Ok(session.with_data(self.change.apply_to(&session.record().data))?)
    }

    fn tell(self, result: Result<LiveSession, SessionError>) {
        // Whoever asked may have gone away meanwhile.
        let _ = self.answer.send(result);
    }
}

impl DataChange {
    fn apply_to(&self, data: &Map<String, Value>) -> Map<String, Value> {
        match self {
            Self::Replace(members) => members.clone(),
            Self::Merge(patch) => {
                let mut target = Value::Object(data.clone());
                json_patch::merge(&mut target, &Value::Object(patch.clone()));
                match target {
                    Value::Object(members) => members,
                    _ => unreachable!("an object merged into an object is an object"),
                }
            }
        }
    }
}

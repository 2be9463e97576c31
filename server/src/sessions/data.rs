use serde_json::{Map, Value};
use session_core::{AuthenticCookie, SessionId};
use tokio::sync::{Mutex, MutexGuard};

use super::{Activity, LiveSession, SessionError, Sessions};
use crate::store::Change;

/// How often a change is tried again after another server was faster. At each try one of them wins,
/// and within a server changes queue up; so of ten servers that all hammer on one session, one in
/// forty thousand changes is not made. There is no pause in between: it would only let the winners
/// win again.
pub(super) const MAX_TRIES: u32 = 100;

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
        expected: Option<u64>,
        change: &DataChange,
    ) -> Result<LiveSession, SessionError> {
        let _turn = self.changes.wait_for_turn(cookie.session_id()).await;
        let mut activity = Activity::Active;
        for _ in 0..MAX_TRIES {
            let session = self.resume(cookie, activity).await?;
            if expected.is_some_and(|revision| revision != session.record().revision) {
                return Err(SessionError::OtherRevision { revision: session.record().revision });
            }
            let changed = session.with_data(change.apply_to(&session.record().data))?;
            match self.store.update(session.id(), session.document(), changed.document()).await? {
                Change::Done => return Ok(changed),
                Change::Absent => return Err(SessionError::Ended),
                Change::Conflict => {}
            }
            activity = Activity::Passive;
        }
        Err(SessionError::Contended)
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

/// Changes of one session take turns within a server: against each other they would only make each
/// other try again. A few locks stand for all sessions; who shares one by chance waits a moment.
pub(super) struct ChangeLocks([Mutex<()>; 256]);

impl ChangeLocks {
    async fn wait_for_turn(&self, id: SessionId) -> MutexGuard<'_, ()> {
        let [first, ..] = *id.as_bytes();
        self.0[usize::from(first)].lock().await
    }
}

impl Default for ChangeLocks {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

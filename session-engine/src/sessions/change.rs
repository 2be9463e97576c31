use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use session_core::{AuthenticCookie, SessionId};
use tokio::sync::oneshot::error::TryRecvError;

use super::change_queues::Waiting;
use super::find::FoundSession;
use super::live::{Kept, LiveSession, Owner};
use super::revoke::MAX_PASSES;
use super::{Activity, SessionError, Sessions};
use crate::audit;
use crate::budget::to_its_end;
use crate::store::{Freshness, Outcome, Unavailable};
use crate::subject::Subject;

/// How often a step is tried again after another server was faster. At each try one of them wins,
/// and whoever won has first to hear of new changes before it comes again.
pub(super) const MAX_TRIES: u32 = 100;

/// What is to become of a session's data, or of its claims.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DataChange {
    /// These members and no others.
    Replace(Map<String, Value>),
    /// A JSON Merge Patch (RFC 7396): members are set, and removed where they are `null`.
    Merge(Map<String, Value>),
}

/// What is to become of a record.
#[derive(Clone, Debug)]
pub(super) enum RecordChange {
    /// Only at this revision of the data, where one is given.
    Data {
        expected: Option<u64>,
        change: DataChange,
    },
    Claims(DataChange),
}

impl Sessions {
    /// Changes a session's data in one step, and only if it is still at revision `expected`, where
    /// that is given. Parallel patches of different members are all kept (R24).
    ///
    /// # Errors
    /// [`SessionError::OtherRevision`] when the data has moved on, [`SessionError::Contended`] when
    /// other servers kept being faster, [`SessionError::TooFast`] when it is done too
    /// often, and as [`resume`](Self::resume).
    pub async fn change_data<O: Owner>(
        &self,
        cookie: &AuthenticCookie,
        activity: Activity,
        expected: Option<u64>,
        change: DataChange,
    ) -> Result<LiveSession<O>, SessionError> {
        // Who is too fast costs nothing else.
        self.change_pace.step(&cookie.session_id())?;
        let session: LiveSession<O> = self.resume_confirmed(cookie, activity).await?;
        self.change(session.id(), RecordChange::Data { expected, change }).await
    }

    /// Has `edit` change a session's data, as a type of the application, and keeps the result if
    /// nobody else changed the data meanwhile; otherwise `edit` is called again with what there is
    /// by then. What it returned in the end comes back with the session.
    ///
    /// # Errors
    /// [`SessionError::UnfitData`] when the data is not of that shape, or would not be a JSON
    /// object afterwards, and as [`change_data`](Self::change_data).
    pub async fn edit_data<O: Owner, T: DeserializeOwned + Serialize, R>(
        &self,
        cookie: &AuthenticCookie,
        activity: Activity,
        mut edit: impl FnMut(&mut T) -> R,
    ) -> Result<(LiveSession<O>, R), SessionError> {
        // Once, and not again for each time that another server was faster.
        self.change_pace.step(&cookie.session_id())?;
        for _ in 0..MAX_TRIES {
            let session: LiveSession<O> = self.resume_confirmed(cookie, activity).await?;
            let mut data: T = session.data()?;
            let result = edit(&mut data);
            let Ok(Value::Object(members)) = serde_json::to_value(&data) else {
                return Err(SessionError::UnfitData);
            };
            let (expected, change) = (Some(session.record().revision), DataChange::Replace(members));
            match self.change(session.id(), RecordChange::Data { expected, change }).await {
                Ok(changed) => return Ok((changed, result)),
                Err(SessionError::OtherRevision { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(SessionError::Contended)
    }

    /// Says something else of the subject from now on: in this session's views and statements.
    ///
    /// # Errors
    /// When the claims are too long for a statement, and as [`change_data`](Self::change_data).
    pub async fn change_claims(
        &self,
        cookie: &AuthenticCookie,
        claims: Map<String, Value>,
    ) -> Result<LiveSession, SessionError> {
        let session: LiveSession = self.resume_confirmed(cookie, Activity::Active).await?;
        self.change(session.id(), RecordChange::Claims(DataChange::Replace(claims))).await
    }

    /// The same for whoever may speak for the application and has no cookie: of the session of this ID, or of
    /// the one that it was renewed as; `None` if there is none, or it is a guest's. Parallel patches of
    /// different claims are all kept.
    ///
    /// # Errors
    /// When the claims are too long for a statement, or the store is unavailable.
    pub async fn change_claims_by_id(
        &self,
        id: SessionId,
        change: DataChange,
    ) -> Result<Option<FoundSession>, SessionError> {
        for _ in 0..MAX_PASSES {
            let found = self.find(id).await?.filter(|found| found.record().subject.is_some());
            let Some(found) = found else { return Ok(None) };
            match self.change::<Subject>(found.id(), RecordChange::Claims(change.clone())).await {
                Ok(session) => {
                    let changed = self.found(session.into_kept());
                    audit::claims_changed(changed.id(), changed.record().subject.as_ref());
                    return Ok(Some(changed));
                }
                // The next look tells what has become of it.
                Err(SessionError::Renewed | SessionError::Ended | SessionError::Expired) => {}
                Err(error) => return Err(error),
            }
        }
        Err(SessionError::Contended)
    }

    /// For whoever has proved the session's secret, or needs not.
    async fn change<O: Owner>(
        &self,
        id: SessionId,
        change: RecordChange,
    ) -> Result<LiveSession<O>, SessionError> {
        let queue = self.changes.queue(id);
        let mut answer = queue.join(id, change);
        let _turn = queue.turn().await;
        loop {
            match answer.try_recv() {
                // Carried by whoever had the turn before, or just now.
                Ok(result) => return LiveSession::new(result?),
                // Carrying it broke off, so nobody knows what became of it.
                Err(TryRecvError::Closed) => return Err(Unavailable.into()),
                Err(TryRecvError::Empty) => {
                    // Others wait for what this one carries.
                    let (sessions, waiting) = (self.clone(), queue.leave(id));
                    Box::pin(to_its_end(async move { sessions.carry(id, waiting).await })).await?;
                }
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
    ) -> Result<Vec<Result<Kept, SessionError>>, SessionError> {
        for _ in 0..MAX_TRIES {
            let kept = self.look_up(id, Freshness::Confirmed, None).await?;
            // Whatever was changed here now would be lost: the session has gone on without it.
            if kept.record.successor.is_some() {
                return Err(SessionError::Renewed);
            }
            let mut latest = Kept::clone(&kept);
            let results = waiting.iter().map(|waiting| {
                // Whoever has given up may have asked again, and for something else since: what comes late would
                // come in its place.
                if waiting.is_forgotten() {
                    return Err(Unavailable.into());
                }
                let changed = waiting.change().apply_to(&latest)?;
                if let RecordChange::Claims(_) = waiting.change() {
                    self.can_be_stated(&changed)?;
                }
                latest = changed.clone();
                Ok(changed)
            });
            let results: Vec<_> = results.collect();
            if results.iter().all(Result::is_err) {
                return Ok(results);
            }
            match self.store.update(id, &kept.document(), &latest.document()).await? {
                Outcome::Done => return Ok(results),
                Outcome::Absent => return Err(SessionError::Ended),
                Outcome::Conflict => {}
            }
        }
        Err(SessionError::Contended)
    }
}

impl RecordChange {
    fn apply_to(&self, kept: &Kept) -> Result<Kept, SessionError> {
        match self {
            Self::Data { expected, change } => {
                let revision = kept.record.revision;
                if expected.is_some_and(|expected| expected != revision) {
                    return Err(SessionError::OtherRevision { revision });
                }
                Ok(kept.with_data(change.apply_to(&kept.record.data))?)
            }
            Self::Claims(change) => Ok(kept.with_claims(change.apply_to(&kept.record.claims))?),
        }
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

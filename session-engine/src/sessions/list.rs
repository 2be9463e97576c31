use std::cmp::Reverse;

use session_core::{Deadlines, Standing, UnixTime};

use super::live::{Kept, LiveSession};
use super::{SessionError, Sessions};
use crate::record::Record;
use crate::store::{Freshness, Listed};
use crate::subject::Subject;

impl Sessions {
    /// A subject's living sessions, the one used last first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn list(&self, subject: &Subject) -> Result<Vec<LiveSession>, SessionError> {
        let now = self.clock.now();
        let listed = self.store.list(subject, Freshness::MayBeCached).await?;
        let mut sessions: Vec<_> =
            listed.into_iter().filter_map(|listed| self.living(listed, subject, now)).collect();
        sessions.sort_by_key(|session| Reverse(session.idle_expires_at()));
        Ok(sessions)
    }

    /// When a session with this idle deadline was last used: at most that long ago, since an
    /// extension is made only when it is due.
    #[must_use]
    pub fn last_seen_at(&self, session: &LiveSession) -> UnixTime {
        session.idle_expires_at().saturating_sub(self.timeouts.idle()).max(session.record().issued_at)
    }

    fn living(&self, listed: Listed, subject: &Subject, now: UnixTime) -> Option<LiveSession> {
        let record = Record::from_document(&listed.document).ok()?;
        let Listed { entry, document, idle_expires_at } = listed;
        let deadlines = Deadlines { idle_expires_at, absolute_expires_at: record.absolute_expires_at };
        let lives = matches!(self.timeouts.judge(deadlines, now), Standing::Unexpired { .. });
        let is_theirs = record.subject.as_ref() == Some(subject);
        let kept = Kept { id: entry.id, record, document, idle_expires_at };
        (lives && is_theirs).then(|| LiveSession::new(kept).ok()).flatten()
    }
}

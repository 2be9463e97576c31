use std::cmp::Reverse;

use session_core::{Deadlines, SessionId, Standing, UnixTime};

use super::{LiveSession, SessionError, Sessions};
use crate::record::{Client, RecordHead, Terms};
use crate::store::{Entry, Freshness, Listed};
use crate::subject::Subject;

/// A living session in the list of a subject: what is known of it without reading what an application
/// keeps in it.
#[derive(Clone, Debug)]
pub struct ListedSession {
    entry: Entry,
    head: RecordHead,
    idle_expires_at: UnixTime,
}

impl ListedSession {
    /// Its public ID.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.entry.id
    }

    /// When the session began, by a login.
    #[must_use]
    pub const fn created_at(&self) -> UnixTime {
        self.head.created_at
    }

    /// When the subject last proved itself.
    #[must_use]
    pub const fn authenticated_at(&self) -> UnixTime {
        self.head.authenticated_at
    }

    /// When it ends in any case.
    #[must_use]
    pub const fn absolute_expires_at(&self) -> UnixTime {
        self.head.absolute_expires_at
    }

    /// Until when it lives without further use.
    #[must_use]
    pub const fn idle_expires_at(&self) -> UnixTime {
        self.idle_expires_at
    }

    /// What it was begun with.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.head.client
    }

    pub(super) const fn entry(&self) -> &Entry {
        &self.entry
    }
}

impl Sessions {
    /// The living sessions of whoever has this one, which must not have ended itself, at a pace.
    ///
    /// # Errors
    /// [`SessionError::TooFast`], as [`confirm`](Self::confirm), and as [`list`](Self::list).
    pub async fn list_own(&self, session: &LiveSession) -> Result<Vec<ListedSession>, SessionError> {
        self.device_pace.step(&session.id())?;
        let session = self.confirm(session).await?;
        Box::pin(self.list(session.subject())).await
    }

    /// A subject's living sessions, the one used last first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn list(&self, subject: &Subject) -> Result<Vec<ListedSession>, SessionError> {
        let now = self.now();
        let mut sessions = Vec::new();
        for listed in self.store.list(subject, Freshness::MayBeCached).await? {
            let Some(session) = self.living(listed, subject, now) else { continue };
            if self.stands(session.head.by_password, Some(subject), session.head.proved_at()).await {
                sessions.push(session);
            }
        }
        sessions.sort_by_key(|session| Reverse((session.idle_expires_at, session.entry.issued_at)));
        Ok(sessions)
    }

    /// When a session was last used: at most an extension's interval ago, since an extension is made
    /// only when it is due.
    #[must_use]
    pub fn last_seen_at(&self, session: &ListedSession) -> UnixTime {
        let ListedSession { entry, head, idle_expires_at } = session;
        self.seen_at(head.terms(), *idle_expires_at, entry.issued_at, head.last_seen_at)
    }

    pub(super) fn seen_at(
        &self,
        terms: Terms,
        idle_expires_at: UnixTime,
        issued_at: UnixTime,
        noted_at: Option<UnixTime>,
    ) -> UnixTime {
        let extended_at = idle_expires_at.saturating_sub(self.timeouts(terms).idle());
        extended_at.max(issued_at).max(noted_at.unwrap_or(UnixTime::EPOCH))
    }

    fn living(&self, listed: Listed, subject: &Subject, now: UnixTime) -> Option<ListedSession> {
        let Listed { entry, head, idle_expires_at } = listed;
        let head = RecordHead::of(&head)?;
        let deadlines = Deadlines { idle_expires_at, absolute_expires_at: head.absolute_expires_at };
        let lives = matches!(self.timeouts(head.terms()).judge(deadlines, now), Standing::Unexpired { .. });
        let is_theirs = head.subject.as_ref() == Some(subject);
        let is_itself = head.successor.is_none();
        (lives && is_theirs && is_itself).then_some(ListedSession { entry, head, idle_expires_at })
    }
}

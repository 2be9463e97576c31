use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use session_core::{SessionId, UnixTime};

use crate::subject::Subject;

/// Something that happened to a session, or a name and a password that were refused: as others are told of it
/// (FORMAT.md §8). It has no secret, and of what was typed only a name that is somebody's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Tells it from all others, also where it is told twice.
    pub id: String,
    /// When it happened, by the clock of the server that tells it.
    pub occurred_at: UnixTime,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened. It is told within moments and at least once, while servers and store are well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// A session began: by a password, by a back end, or a guest's.
    Created {
        /// Its ID.
        session_id: SessionId,
        /// Whose it is; a guest's is nobody's.
        #[serde(skip_serializing_if = "Option::is_none")]
        subject: Option<Subject>,
    },
    /// A session goes on under a new ID.
    Renewed {
        /// The new ID.
        session_id: SessionId,
        /// The ID that it had.
        predecessor: SessionId,
        /// Whose it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        subject: Option<Subject>,
        /// Whether the subject proved itself again.
        reauthenticated: bool,
    },
    /// A session was ended by decision; `cause` says whose.
    Revoked {
        /// Its ID.
        session_id: SessionId,
        /// Whose it was, where that is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        subject: Option<Subject>,
        /// Why, by the codes of the audit log.
        cause: &'static str,
        /// The session in which its owner ended it, with the cause `owner`.
        #[serde(skip_serializing_if = "Option::is_none")]
        by_session_id: Option<SessionId>,
    },
    /// A session ended by itself, at either timeout. Told exactly once: within 3 s of its end, or 15 s where a server goes
    /// away meanwhile.
    Expired {
        /// Its ID.
        session_id: SessionId,
        /// Whose it was; a guest's was nobody's.
        #[serde(skip_serializing_if = "Option::is_none")]
        subject: Option<Subject>,
    },
    /// A name and a password were wrong, at a sign-in or to reauthenticate. Too many attempts are no event.
    LoginRefused {
        /// Whose the name is, if anybody's.
        #[serde(skip_serializing_if = "Option::is_none")]
        subject: Option<Subject>,
        /// From where they came, where that is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        address: Option<IpAddr>,
        /// Whether they were entered again in a session.
        reauthentication: bool,
    },
}

/// The names of those that a server tells when they happen: all but `expired`, which whoever finds it tells.
pub(crate) const TOLD_TYPES: [&str; 4] = ["created", "renewed", "revoked", "login_refused"];

impl Event {
    /// What a store tells of a session that was watched and is gone by itself; nothing while the system gives no
    /// randomness.
    #[must_use]
    pub fn expired(session_id: SessionId, subject: Option<Subject>, now: UnixTime) -> Option<Self> {
        Self::of(EventKind::Expired { session_id, subject }, now)
    }

    pub(crate) fn of(kind: EventKind, now: UnixTime) -> Option<Self> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).ok()?;
        Some(Self { id: URL_SAFE_NO_PAD.encode(id), occurred_at: now, kind })
    }

    /// As a JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        // All of it is texts, numbers and truths.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl EventKind {
    /// Its name.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Renewed { .. } => "renewed",
            Self::Revoked { .. } => "revoked",
            Self::Expired { .. } => "expired",
            Self::LoginRefused { .. } => "login_refused",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_one_object_that_says_what_it_is() {
        let id = SessionId::from_bytes([0; 16]);
        let event = Event::expired(id, Subject::new("alice").ok(), UnixTime::from_secs(7)).unwrap();
        assert_eq!(event.id.len(), 22);
        let expected = json!({
            "id": event.id, "occurred_at": 7, "type": "expired", "session_id": id, "subject": "alice",
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(&event.to_json()).unwrap(), expected);
    }

    #[test]
    fn every_kind_is_called_what_its_json_says() {
        let session_id = SessionId::from_bytes([0; 16]);
        let (subject, by_session_id, address) = (None, None, None);
        let kinds = [
            EventKind::Created { session_id, subject: None },
            EventKind::Renewed { session_id, predecessor: session_id, subject: None, reauthenticated: true },
            EventKind::Revoked { session_id, subject: None, cause: "owner", by_session_id },
            EventKind::Expired { session_id, subject: None },
            EventKind::LoginRefused { subject, address, reauthentication: false },
        ];
        for kind in &kinds {
            let name = kind.name();
            assert_eq!(serde_json::to_value(kind).unwrap()["type"], json!(name));
            assert_eq!(TOLD_TYPES.contains(&name), name != "expired");
        }
    }
}

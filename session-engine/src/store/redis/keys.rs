//! The names of what is kept in Redis. They are public: other tools look there.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use redis::Cmd;
use session_core::{SessionId, UnixTime};

use super::request::Request;
use crate::store::{AttemptKey, Entry};
use crate::subject::Subject;

/// Everything but `A-Z a-z 0-9 _ - . @ +`: no colon that would look like a level of our own, and
/// no braces, which would place the key in a cluster by a part of it.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.').remove(b'@').remove(b'+');

/// The names of one installation: what they all begin with lets several share a Redis.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: Arc<str>,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.into() }
    }

    /// A key that is never there: the name is no session ID.
    pub(super) fn probe(&self) -> String {
        format!("{}session:probe", self.prefix)
    }

    /// The document of a session.
    pub(super) fn session(&self, id: SessionId) -> String {
        format!("{}session:{id}", self.prefix)
    }

    /// Whose document it is, if it is one.
    pub(super) fn session_of(&self, key: &[u8]) -> Option<SessionId> {
        let id = key.strip_prefix(self.prefix.as_bytes())?.strip_prefix(b"session:")?;
        std::str::from_utf8(id).ok()?.parse().ok()
    }

    /// The index of a subject: a sorted set of [`member`]s, by absolute deadline.
    pub(super) fn index(&self, subject: &Subject) -> String {
        format!("{}subject-sessions:{}", self.prefix, utf8_percent_encode(subject.as_str(), ENCODED))
    }

    /// The subject's epoch.
    pub(super) fn epoch(&self, subject: &Subject) -> String {
        format!("{}subject-epoch:{}", self.prefix, utf8_percent_encode(subject.as_str(), ENCODED))
    }

    /// Whether sessions that another library began for the subject are taken over no more.
    #[cfg(feature = "legacy")]
    pub(super) fn legacy_bar(&self, subject: &Subject) -> String {
        format!("{}legacy-barred:{}", self.prefix, utf8_percent_encode(subject.as_str(), ENCODED))
    }

    /// What was revoked lately: a sorted set of session IDs, by the time of Redis.
    pub(super) fn revocations(&self) -> String {
        format!("{}revocations", self.prefix)
    }

    /// What happened: a stream.
    pub(super) fn events(&self) -> String {
        format!("{}events", self.prefix)
    }

    /// The sessions that are watched: a sorted set by when they may be gone. This and the next two are with the
    /// stream, for which the braces are, so that one script changes all of them (Redis cluster specification).
    pub(super) fn watched(&self) -> String {
        self.beside_events("watched")
    }

    /// Whose they are: a hash.
    pub(super) fn watched_subjects(&self) -> String {
        self.beside_events("watched-subjects")
    }

    /// Who delivers events, for how long, and up to where that has been done: a hash.
    pub(super) fn delivery(&self) -> String {
        self.beside_events("delivery")
    }

    fn beside_events(&self, name: &str) -> String {
        format!("{}events-{name}:{{{}}}", self.prefix, self.events())
    }

    /// A counter of attempts.
    pub(super) fn attempts(&self, key: &AttemptKey) -> String {
        format!("{}attempts:{}", self.prefix, key.as_str())
    }

    /// What is written where a replica is waited for.
    pub(super) fn fences(&self) -> Fences {
        Fences(Arc::clone(&self.prefix))
    }

    /// What takes an entry out of its index; a guest's is in none.
    pub(super) fn removal(&self, entry: &Entry) -> Option<Request> {
        let subject = entry.subject.as_ref()?;
        Some(Request::new("ZREM", self.index(subject)).arg(member(entry)))
    }
}

/// Changes that are there to be waited for. `WAIT` waits for what its own connection has changed, and since
/// Redis 7.2 for nothing where that changed nothing: that there was nothing to delete would be confirmed by
/// nobody.
pub(super) struct Fences(Arc<str>);

impl Fences {
    /// One at the server that has this key, for which the braces are (Redis cluster specification).
    pub(super) fn before(&self, key: &str) -> Cmd {
        let fence = format!("{}fence:{{{key}}}", self.0);
        redis::cmd("SET").arg(fence).arg("").arg("PX").arg(1_000).to_owned()
    }
}

/// What stands for a session in its index: `<session-id>.<issued-at>`, so that whoever trims the
/// index sees how old the entry is.
pub(super) fn member(entry: &Entry) -> String {
    format!("{}.{}", entry.id, entry.issued_at)
}

/// The entry that a member stands for; `None` if it is not one of ours.
pub(super) fn parse_member(member: &str, score: f64, subject: &Subject) -> Option<Entry> {
    let (id, issued_at) = member.split_once('.')?;
    Some(Entry {
        id: id.parse().ok()?,
        subject: Some(subject.clone()),
        issued_at: UnixTime::try_from(issued_at.parse::<u64>().ok()?).ok()?,
        // Saturates at both ends, as all arithmetic of time does.
        absolute_expires_at: UnixTime::from_secs(score as u64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R45: no brace, no separator and no wildcard of a name stands in a key.
    #[test]
    fn a_subject_cannot_break_out_of_its_key() {
        let subject = Subject::new("a{b}:c d%*\u{fc}.e_f-g@h+i").unwrap();
        assert_eq!(
            Keys::new("a:").index(&subject),
            "a:subject-sessions:a%7Bb%7D%3Ac%20d%25%2A%C3%BC.e_f-g@h+i"
        );
    }

    #[test]
    fn a_member_comes_back_as_the_entry_it_stands_for() {
        let subject = Subject::new("alice").unwrap();
        let entry = Entry {
            id: SessionId::from_bytes([7; 16]),
            subject: Some(subject.clone()),
            issued_at: UnixTime::from_secs(1_800_000_000),
            absolute_expires_at: UnixTime::from_secs(1_800_043_200),
        };
        let parsed = parse_member(&member(&entry), 1_800_043_200.0, &subject);
        assert_eq!(parsed, Some(entry));
    }

    /// R28: what is none of ours makes no session.
    #[test]
    fn a_foreign_member_stands_for_nothing() {
        let subject = Subject::new("alice").unwrap();
        for member in ["", ".", "x.1", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA.-1"] {
            assert_eq!(parse_member(member, 0.0, &subject), None, "{member}");
        }
    }
}

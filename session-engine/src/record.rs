mod head;
mod json_size;
mod start_marker;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use session_core::{SecretHash, SessionId, UnixTime};

use crate::store::{Entry, MAX_DOCUMENT_LENGTH};
use crate::subject::Subject;

pub(crate) use head::RecordHead;
pub(crate) use start_marker::StartMarker;

/// The version of the document's form that this server writes and reads.
const VERSION: u32 = 1;

/// When a subject proved itself of whom nobody knows that: its session is one that another library began.
pub(crate) const NOBODY_KNOWS: UnixTime = UnixTime::EPOCH;

/// A session as the store keeps it: the JSON document of FORMAT.md §5.
///
/// Useless to whoever steals it: of the secret it holds only the hash. The idle deadline is not in
/// it, since that is the document's own lifetime in the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    version: u32,
    /// The ID that this one was renewed as: all that is left is to say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) successor: Option<SessionId>,
    /// Who the session belongs to; nobody yet, while it is a guest's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Proves the secret in the cookie.
    pub secret_hash: SecretHash,
    /// When the session began, by a login.
    pub created_at: UnixTime,
    /// When the subject last proved itself: by its password, or in the application's own way; 0 if nobody knows, of a
    /// session that another library began.
    pub authenticated_at: UnixTime,
    /// Whether a password began it, so that a new password or a removed user ends it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_password: bool,
    /// When its present ID was issued.
    pub issued_at: UnixTime,
    /// When it ends in any case.
    pub absolute_expires_at: UnixTime,
    /// When it was last used, once its idle deadline no longer says so: near its end in any case that
    /// deadline stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_seen_at: Option<UnixTime>,
    /// The ID that it had before it was renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) predecessor: Option<SessionId>,
    /// Its own idle timeout in seconds, where it has a shorter one than the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) idle_timeout: Option<u64>,
    /// What it was begun with.
    pub client: Client,
    /// What the application says of the subject; part of every statement.
    pub claims: Map<String, Value>,
    /// What the application keeps in the session.
    pub data: Map<String, Value>,
    /// Counts the changes of `data`.
    pub revision: u64,
    /// Members that a newer server wrote: kept as they are, so that servers of two versions can
    /// work on one session.
    #[serde(flatten)]
    newer: Map<String, Value>,
}

/// What of a record decides which timeouts hold for its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) is_guest: bool,
    pub(crate) idle_timeout: Option<Duration>,
}

impl Terms {
    pub(crate) fn of(subject: Option<&Subject>, idle_timeout: Option<u64>) -> Self {
        Self { is_guest: subject.is_none(), idle_timeout: idle_timeout.map(Duration::from_secs) }
    }
}

/// So much of a `User-Agent` is kept, in characters: enough to tell devices apart.
const MAX_USER_AGENT_LENGTH: usize = 256;

/// The browser or program that a session was begun with, as it described itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its address, if known.
    pub ip: Option<std::net::IpAddr>,
    /// Its `User-Agent`, shortened.
    pub user_agent: Option<String>,
    /// Members that a newer server wrote.
    #[serde(flatten)]
    pub(crate) newer: Map<String, Value>,
}

impl Client {
    /// A client at this address, if it is known, which describes itself so; the first 256 characters of
    /// that are kept.
    #[must_use]
    pub fn new(ip: Option<std::net::IpAddr>, user_agent: Option<&str>) -> Self {
        let user_agent = user_agent.map(|text| text.chars().take(MAX_USER_AGENT_LENGTH).collect());
        Self { ip, user_agent, newer: Map::new() }
    }
}

/// Where nobody knows, it counts from when the session was taken over: the password that its user has since then did
/// not end it.
fn proved_at(authenticated_at: UnixTime, created_at: UnixTime) -> UnixTime {
    if authenticated_at == NOBODY_KNOWS { created_at } else { authenticated_at }
}

impl Record {
    /// The record of a session that begins now, of nobody yet and with nothing in it.
    pub(crate) fn begin(secret_hash: SecretHash, now: UnixTime, end: UnixTime) -> Self {
        Self {
            version: VERSION,
            successor: None,
            subject: None,
            secret_hash,
            created_at: now,
            authenticated_at: now,
            by_password: false,
            issued_at: now,
            absolute_expires_at: end,
            last_seen_at: None,
            predecessor: None,
            idle_timeout: None,
            client: Client::default(),
            claims: Map::new(),
            data: Map::new(),
            revision: 0,
            newer: Map::new(),
        }
    }

    /// When its subject proved itself, as far as its user goes.
    pub(crate) fn proved_at(&self) -> UnixTime {
        proved_at(self.authenticated_at, self.created_at)
    }

    /// What stands at an ID that was renewed: who has its cookie is told so.
    pub(crate) fn renewed_as(&self, successor: SessionId, now: UnixTime) -> Self {
        let Self { secret_hash, absolute_expires_at, .. } = *self;
        let subject = self.subject.clone();
        Self { successor: Some(successor), subject, ..Self::begin(secret_hash, now, absolute_expires_at) }
    }

    /// Reads a document.
    pub(crate) fn from_document(document: &[u8]) -> Result<Self, UnreadableRecord> {
        if document.len() > MAX_DOCUMENT_LENGTH {
            return Err(UnreadableRecord::TooLarge);
        }
        let record: Self = serde_json::from_slice(document).map_err(|_| UnreadableRecord::Shape)?;
        if record.version == VERSION { Ok(record) } else { Err(UnreadableRecord::Version) }
    }

    /// Writes the document of one that was read, or has been written before.
    pub(crate) fn rewrite(&self) -> Vec<u8> {
        // Writing into memory fails by nothing but keys that are no texts.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Writes the document.
    pub(crate) fn to_document(&self) -> Result<Vec<u8>, DocumentTooLarge> {
        let document = self.rewrite();
        // A reader gives up on deep nesting, a writer does not: what is written must be readable.
        Self::from_document(&document).map_err(|_| DocumentTooLarge)?;
        Ok(document)
    }

    /// About how many bytes its values take in memory beyond those of their text.
    pub(crate) fn size_of_values(&self) -> usize {
        [&self.claims, &self.data, &self.newer, &self.client.newer]
            .into_iter()
            .map(json_size::of_members)
            .sum()
    }

    pub(crate) fn terms(&self) -> Terms {
        Terms::of(self.subject.as_ref(), self.idle_timeout)
    }

    /// What the store must know of it.
    pub(crate) fn entry(&self, id: SessionId) -> Entry {
        Entry {
            id,
            subject: self.subject.clone(),
            issued_at: self.issued_at,
            absolute_expires_at: self.absolute_expires_at,
        }
    }
}

/// Why a document is not a record. That one session is invalid then, and nothing else (R48).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableRecord {
    /// Larger than this server would write.
    #[error("record is larger than 64 KiB")]
    TooLarge,
    /// Not the JSON document that was expected.
    #[error("record is not of the expected form")]
    Shape,
    /// Of another version.
    #[error("record is of an unknown version")]
    Version,
}

/// The session's data would make its document larger than [`MAX_DOCUMENT_LENGTH`], or nested deeper
/// than it can be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("session data is too large or too deep, expected a record of at most 64 KiB and 127 levels")]
pub struct DocumentTooLarge;

#[cfg(test)]
mod tests {
    use super::*;
    use session_core::SessionSecret;

    fn record() -> Record {
        let hash = SessionSecret::from_bytes([7; 32]).hash();
        let record = Record::begin(hash, UnixTime::from_secs(1), UnixTime::from_secs(2));
        Record { subject: Some(Subject::new("alice").unwrap()), ..record }
    }

    /// R48, F24: an older server keeps what it does not know.
    #[test]
    fn a_newer_servers_members_survive_a_rewrite() {
        let mut document: Value = serde_json::from_slice(&record().to_document().unwrap()).unwrap();
        document["from_the_future"] = Value::from(42);
        document["client"]["from_the_future"] = Value::from("too");
        let read = Record::from_document(document.to_string().as_bytes()).unwrap();
        let rewritten: Value = serde_json::from_slice(&read.to_document().unwrap()).unwrap();
        assert_eq!(rewritten, document);
    }

    /// R77: a session is written again by each change of it.
    #[test]
    fn numbers_stay_the_same_however_often_they_are_rewritten() {
        let mut record = record();
        for number in ["2.393e100", "0.1", "1e-320", "12345678901234567890"] {
            record.data.insert("number".into(), number.parse::<serde_json::Number>().unwrap().into());
            let rewritten = Record::from_document(&record.to_document().unwrap()).unwrap();
            assert_eq!(rewritten.data, record.data);
        }
    }

    #[test]
    fn all_that_applications_and_newer_servers_keep_is_taken_to_need_memory() {
        let mut record = record();
        assert_eq!(record.size_of_values(), 0);
        let member = Map::from_iter([("a".to_owned(), Value::Null)]);
        record.claims.clone_from(&member);
        record.data.clone_from(&member);
        record.newer.clone_from(&member);
        record.client.newer.clone_from(&member);
        assert_eq!(record.size_of_values(), 4 * json_size::of_members(&member));
    }

    /// R67: nobody knows of a session that was taken over when its password was entered, but that it was before.
    #[test]
    fn who_was_taken_over_has_proved_to_be_somebody_by_then() {
        let mut record = record();
        record.authenticated_at = UnixTime::from_secs(3);
        assert_eq!(record.proved_at(), record.authenticated_at);
        record.authenticated_at = NOBODY_KNOWS;
        assert_eq!(record.proved_at(), record.created_at);
        let head = RecordHead::of(&record.to_document().unwrap()).unwrap();
        assert_eq!(head.proved_at(), record.created_at);
    }

    /// R48: and nothing is a panic.
    #[test]
    fn garbage_other_versions_and_giants_are_unreadable() {
        let document = String::from_utf8(record().to_document().unwrap()).unwrap();
        let read = |text: &str| Record::from_document(text.as_bytes()).map(|_| ()).unwrap_err();
        assert_eq!(read(""), UnreadableRecord::Shape);
        assert_eq!(read("\u{0}\u{1}"), UnreadableRecord::Shape);
        assert_eq!(read("[]"), UnreadableRecord::Shape);
        assert_eq!(read(&document.replace("\"version\":1", "\"version\":2")), UnreadableRecord::Version);
        let padded = |length: usize| document.clone() + &" ".repeat(length - document.len());
        assert!(Record::from_document(padded(MAX_DOCUMENT_LENGTH).as_bytes()).is_ok());
        assert_eq!(read(&padded(MAX_DOCUMENT_LENGTH + 1)), UnreadableRecord::TooLarge);
    }

    /// R44: a copy of the store has hashes.
    #[test]
    fn the_secret_is_not_in_the_document() {
        let document = String::from_utf8(record().to_document().unwrap()).unwrap();
        // 32 bytes of 7 in base64url
        assert!(!document.contains("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"));
    }
}

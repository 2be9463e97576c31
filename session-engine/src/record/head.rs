use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use session_core::{SessionId, UnixTime};

use super::{Client, Terms, VERSION};
use crate::subject::Subject;

/// The beginning of a document: what comes before that which an application keeps in it, which may be
/// large.
#[derive(Clone, Debug)]
pub(crate) struct RecordHead {
    pub(crate) successor: Option<SessionId>,
    pub(crate) subject: Option<Subject>,
    pub(crate) created_at: UnixTime,
    pub(crate) authenticated_at: UnixTime,
    pub(crate) by_password: bool,
    pub(crate) absolute_expires_at: UnixTime,
    pub(crate) last_seen_at: Option<UnixTime>,
    pub(crate) predecessor: Option<SessionId>,
    pub(crate) idle_timeout: Option<u64>,
    pub(crate) client: Client,
}

impl RecordHead {
    /// See [`Record::proved_at`](super::Record::proved_at).
    pub(crate) fn proved_at(&self) -> UnixTime {
        super::proved_at(self.authenticated_at, self.created_at)
    }

    /// Reads it from the first bytes of a document, or from all of them; `None` if it is not there.
    pub(crate) fn of(document: &[u8]) -> Option<Self> {
        let mut members = Members::default();
        // What is cut off ends in an error, and by then all of the head has been read.
        let _ = serde_json::Deserializer::from_slice(document).deserialize_map(&mut members);
        let head = Self {
            successor: members.successor,
            subject: members.subject,
            created_at: members.created_at?,
            authenticated_at: members.authenticated_at?,
            by_password: members.by_password.unwrap_or_default(),
            absolute_expires_at: members.absolute_expires_at?,
            last_seen_at: members.last_seen_at,
            predecessor: members.predecessor,
            idle_timeout: members.idle_timeout,
            client: members.client?,
        };
        (members.version? == VERSION).then_some(head)
    }

    pub(crate) fn terms(&self) -> Terms {
        Terms::of(self.subject.as_ref(), self.idle_timeout)
    }
}

#[derive(Default)]
struct Members {
    version: Option<u32>,
    successor: Option<SessionId>,
    subject: Option<Subject>,
    created_at: Option<UnixTime>,
    authenticated_at: Option<UnixTime>,
    by_password: Option<bool>,
    absolute_expires_at: Option<UnixTime>,
    last_seen_at: Option<UnixTime>,
    predecessor: Option<SessionId>,
    idle_timeout: Option<u64>,
    client: Option<Client>,
}

impl<'de> Visitor<'de> for &mut Members {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the members of a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "version" => self.version = Some(map.next_value()?),
                "successor" => self.successor = Some(map.next_value()?),
                "subject" => self.subject = Some(map.next_value()?),
                "created_at" => self.created_at = Some(map.next_value()?),
                "authenticated_at" => self.authenticated_at = Some(map.next_value()?),
                "by_password" => self.by_password = Some(map.next_value()?),
                "absolute_expires_at" => self.absolute_expires_at = Some(map.next_value()?),
                "last_seen_at" => self.last_seen_at = Some(map.next_value()?),
                "predecessor" => self.predecessor = Some(map.next_value()?),
                "idle_timeout" => self.idle_timeout = Some(map.next_value()?),
                "client" => self.client = Some(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};
    use session_core::SessionSecret;

    use super::*;
    use crate::record::Record;
    use crate::store::HEAD_LENGTH;

    #[test]
    fn the_head_of_the_largest_record_is_in_its_first_bytes() {
        let hash = SessionSecret::from_bytes([7; 32]).hash();
        let mut record = Record::begin(hash, UnixTime::from_secs(1), UnixTime::from_secs(2));
        // What takes most room when it is written: quotes, and control characters.
        record.subject = Some(Subject::new(&"\"".repeat(Subject::MAX_LENGTH)).unwrap());
        let ip = "2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap();
        record.client = Client::new(Some(ip), Some(&"\u{1}".repeat(300)));
        record.idle_timeout = Some(u64::MAX);
        record.predecessor = Some(SessionId::from_bytes([1; 16]));
        record.by_password = true;
        record.data = Map::from_iter([("large".into(), Value::from("x".repeat(60_000)))]);
        let document = record.to_document().unwrap();
        let head = RecordHead::of(&document[..HEAD_LENGTH]).expect("all of it");
        assert_eq!((&head.subject, &head.client), (&record.subject, &record.client));
        assert_eq!((head.predecessor, head.by_password), (record.predecessor, true));
        assert!(RecordHead::of(&document).is_some());
        assert!(RecordHead::of(&document[..200]).is_none());
        for garbage in [&b""[..], b"[]", b"{}", b"\0", b"{\"version\":2}"] {
            assert!(RecordHead::of(garbage).is_none());
        }
    }
}

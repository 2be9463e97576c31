use serde::{Deserialize, Serialize};
use session_core::{SessionId, StartNonce, UnixTime};

/// Which session was started with a [`StartKey`](session_core::StartKey), or is about to be: the JSON document
/// of FORMAT.md §7. It is no record, so whoever takes it for one finds it unreadable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StartMarker {
    /// Of what was asked for, to tell a repetition from another request.
    pub(crate) request_hash: String,
    pub(crate) nonce: StartNonce,
    pub(crate) claimed_at: UnixTime,
    /// Absent until the session is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) started: Option<SessionId>,
}

impl StartMarker {
    pub(crate) fn from_document(document: &[u8]) -> Option<Self> {
        serde_json::from_slice(document).ok()
    }

    pub(crate) fn to_document(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Record, RecordHead, UnreadableRecord};

    /// R32: it stands where sessions do, and is another kind of document.
    #[test]
    fn a_marker_is_taken_for_no_session() {
        let marker = StartMarker {
            request_hash: "hash".into(),
            nonce: StartNonce::from_bytes([2; 32]),
            claimed_at: UnixTime::from_secs(1),
            started: Some(SessionId::from_bytes([1; 16])),
        };
        let document = marker.to_document();
        assert_eq!(StartMarker::from_document(&document), Some(marker));
        assert_eq!(Record::from_document(&document).map(drop), Err(UnreadableRecord::Shape));
        assert!(RecordHead::of(&document).is_none());
    }
}

use serde::{Deserialize, Serialize};
use session_core::{SessionId, StartNonce};

/// Which session was started with a [`StartKey`](session_core::StartKey): the JSON document of FORMAT.md §7. It
/// is no record, so whoever takes it for one finds it unreadable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StartMarker {
    pub(crate) started: SessionId,
    pub(crate) nonce: StartNonce,
    /// Of what was asked for, to tell a repetition from another request.
    pub(crate) request_hash: String,
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

    #[test]
    fn a_marker_is_taken_for_no_session() {
        let (started, nonce) = (SessionId::from_bytes([1; 16]), StartNonce::from_bytes([2; 32]));
        let marker = StartMarker { started, nonce, request_hash: "hash".into() };
        let document = marker.to_document();
        assert_eq!(StartMarker::from_document(&document), Some(marker));
        assert_eq!(Record::from_document(&document).map(drop), Err(UnreadableRecord::Shape));
        assert!(RecordHead::of(&document).is_none());
    }
}

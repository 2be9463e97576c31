//! Conditional requests (RFC 9110 §13).

use http::HeaderMap;
use http::header::{IF_MATCH, IF_NONE_MATCH};

use crate::headers::single_value;
use crate::problem::Problem;

/// Whether the client has the document of this tag (`If-None-Match`, §13.1.2). Tags of ours hold no
/// comma.
pub(crate) fn has_already(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|theirs| theirs == "*" || theirs.strip_prefix("W/").unwrap_or(theirs) == tag)
}

/// The tag of a revision.
pub(crate) fn tag_of(revision: u64) -> String {
    format!("\"{revision}\"")
}

/// The revision that `If-Match` names (§13.1.1); `None` when any will do.
pub(crate) fn expected_revision(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    if !headers.contains_key(IF_MATCH) {
        return Ok(None);
    }
    let tag = single_value(headers, IF_MATCH.as_str()).map(str::trim);
    if tag == Some("*") {
        return Ok(None);
    }
    let revision = tag.and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    revision.map(Some).ok_or_else(Problem::other_tag)
}

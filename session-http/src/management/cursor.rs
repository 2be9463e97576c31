use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use session_core::{SessionId, UnixTime};
use session_engine::ListedSession;

/// A place in the list of a subject's sessions, behind one of them: when that began, and its ID to tell
/// apart what began in the same second. It is a place also when that session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cursor {
    created_at: Reverse<UnixTime>,
    session_id: SessionId,
}

/// A text that is no cursor.
#[derive(Debug)]
pub(super) struct InvalidCursor;

impl Cursor {
    pub(super) fn behind(session: &ListedSession) -> Self {
        Self { created_at: Reverse(session.created_at()), session_id: session.id() }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.created_at.0, self.session_id)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (created_at, session_id) = text.split_once('.').ok_or(InvalidCursor)?;
        let created_at: u64 = created_at.parse().map_err(|_| InvalidCursor)?;
        let created_at = Reverse(UnixTime::try_from(created_at).map_err(|_| InvalidCursor)?);
        let cursor = Self { created_at, session_id: session_id.parse().map_err(|_| InvalidCursor)? };
        if cursor.to_string() == text { Ok(cursor) } else { Err(InvalidCursor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn the_later_comes_first_and_ids_tell_apart_what_began_together() {
        let cursor = |text: &str| text.parse::<Cursor>().unwrap();
        let other = "AQAAAAAAAAAAAAAAAAAAAA";
        let mut cursors =
            [format!("1.{ID}"), format!("2.{other}"), format!("2.{ID}")].map(|text| cursor(&text));
        cursors.sort();
        assert_eq!(
            cursors.map(|cursor| cursor.to_string()),
            [format!("2.{ID}"), format!("2.{other}"), format!("1.{ID}")]
        );
    }

    #[test]
    fn another_text_is_no_cursor() {
        for text in ["", ".", "1", &format!("01.{ID}"), &format!("+1.{ID}"), &format!("1.{ID}A"), "1.short"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
        assert!(format!("100000000000.{ID}").parse::<Cursor>().is_err(), "no clock says so");
    }
}

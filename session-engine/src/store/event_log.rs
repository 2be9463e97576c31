use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use session_core::{SessionId, UnixTime};

use super::Unavailable;
use crate::subject::Subject;

/// Keeps what happened to sessions, in the order in which it was told, for whoever reads it later: a part of the
/// contract that a store may do without. Nothing of it is asked while events are off.
///
/// It keeps the latest [`MAX_EVENTS`] or a few more, and understands none of them but [`expired`], which it tells
/// itself: only the store sees a session go that nobody ended.
///
/// [`expired`]: crate::Event::expired
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Appends an event behind all others, and in the same step begins and ends watching. Works when the store is
    /// full, since what it takes is bounded.
    async fn append(&self, event: &str, watch: &Watch) -> Result<(), Unavailable>;

    /// The events behind a place, or from the oldest that is kept, at most so many.
    async fn events(&self, after: Option<EventCursor>, limit: usize) -> Result<EventPage, Unavailable>;

    /// Tells of sessions that are watched and are gone by themselves: each once, whichever server finds it, and none
    /// whose revocation is noted. Says whether there may be more of them.
    async fn tell_expired(&self) -> Result<bool, Unavailable>;

    /// Has `holder` deliver the events from now on for as long as `term`, or again for as long, unless somebody
    /// else does; says up to where they have been delivered.
    async fn lease_delivery(&self, holder: &str, term: Duration) -> Result<Option<EventCursor>, Unavailable>;

    /// Notes up to where events have been delivered, and has `holder` go on for as long as `term`, of which nothing
    /// is to let go. Says whether it was still the holder; nothing is noted of others.
    async fn note_delivered(
        &self,
        holder: &str,
        up_to: EventCursor,
        term: Duration,
    ) -> Result<bool, Unavailable>;
}

/// How many events are kept, or a few more.
pub const MAX_EVENTS: usize = 100_000;

/// Which sessions are watched from now on, so that it is told when they expire, and which are not any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// One that began, or has a new ID.
    pub begin: Option<Watched>,
    /// One that ended, or had that ID.
    pub end: Option<SessionId>,
}

/// A session that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Its ID.
    pub id: SessionId,
    /// Whose it is; a guest's is nobody's.
    pub subject: Option<Subject>,
    /// When it will be let go, unless it is used before.
    pub idle_expires_at: UnixTime,
}

/// Some of the events, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// Each with its place.
    pub events: Vec<(EventCursor, String)>,
    /// Where to go on: behind the last of them.
    pub cursor: EventCursor,
    /// Whether there may have been others behind the place that was asked for, which are kept no more.
    pub is_gap: bool,
}

impl EventPage {
    /// What is said of events that were found behind a place. That none was lost is known if what is at the place
    /// itself is still kept, since the oldest go first.
    #[must_use]
    pub fn behind(
        after: Option<EventCursor>,
        is_kept: bool,
        events: Vec<(EventCursor, String)>,
        latest: Option<EventCursor>,
    ) -> Self {
        let after = after.filter(|after| *after != EventCursor::START);
        let is_gap = after.is_some() && !is_kept;
        let here = match after {
            Some(after) if is_kept => after,
            // Of a log that was lost meanwhile the new one may begin anywhere.
            _ => latest.unwrap_or(EventCursor::START),
        };
        let cursor = events.last().map_or(here, |(cursor, _)| *cursor);
        Self { events, cursor, is_gap }
    }
}

/// A place in the log of events, in the form of a Redis Stream's IDs: milliseconds, and a number within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventCursor {
    /// Milliseconds since the Unix epoch, when the event was appended.
    pub milliseconds: u64,
    /// Of those within one millisecond.
    pub number: u64,
}

impl EventCursor {
    /// Before all events.
    pub const START: Self = Self { milliseconds: 0, number: 0 };
}

/// A text that is no place in the log of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of events: expected milliseconds, a hyphen and a number")]
pub struct InvalidEventCursor;

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.milliseconds, self.number)
    }
}

impl FromStr for EventCursor {
    type Err = InvalidEventCursor;

    fn from_str(text: &str) -> Result<Self, InvalidEventCursor> {
        let (milliseconds, number) = text.split_once('-').ok_or(InvalidEventCursor)?;
        let parse = |digits: &str| digits.parse::<u64>().map_err(|_| InvalidEventCursor);
        let cursor = Self { milliseconds: parse(milliseconds)?, number: parse(number)? };
        // One text for each place.
        if cursor.to_string() == text { Ok(cursor) } else { Err(InvalidEventCursor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_text() {
        let cursor = EventCursor { milliseconds: 1_800_000_000_123, number: 4 };
        assert_eq!("1800000000123-4".parse(), Ok(cursor));
        for text in
            ["", "-", "1", "1-", "-1", "01-1", "1-01", "+1-1", "1-1-1", "1 -1", "18446744073709551616-0"]
        {
            assert_eq!(text.parse::<EventCursor>(), Err(InvalidEventCursor), "{text}");
        }
    }
}

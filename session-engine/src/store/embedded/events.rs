//! The log of events, in tables of its own: it survives a restart like all else, and a session that goes by itself is
//! told of in the transaction in which it goes.

use std::ops::Bound;

use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition};
use session_core::{SessionId, UnixTime};

use super::tables::{Id, NO_SUBJECT, Tables};
use crate::event::Event;
use crate::store::{EventCursor, EventPage, MAX_EVENTS, Watch};
use crate::subject::Subject;

type Place = (u64, u64);

/// Place → event.
pub(super) const EVENTS: TableDefinition<'_, Place, &str> = TableDefinition::new("events");
/// Session ID → subject, of sessions that are watched.
pub(super) const WATCHED: TableDefinition<'_, &Id, &str> = TableDefinition::new("event-watches");
/// Nothing → the place up to which events have been delivered.
pub(super) const DELIVERED: TableDefinition<'_, (), Place> = TableDefinition::new("event-delivery");

/// The events behind a place, or from the first.
pub(super) fn read(
    transaction: &ReadTransaction,
    after: Option<EventCursor>,
    limit: usize,
) -> Result<EventPage, redb::Error> {
    let table = transaction.open_table(EVENTS)?;
    let place = after.map_or((0, 0), place_of);
    let is_kept = table.get(place)?.is_some();
    let mut events = Vec::new();
    for row in table.range::<Place>((Bound::Excluded(place), Bound::Unbounded))?.take(limit) {
        let (place, event) = row?;
        events.push((cursor_of(place.value()), event.value().to_owned()));
    }
    let latest = table.last()?.map(|(place, _)| cursor_of(place.value()));
    Ok(EventPage::behind(after, is_kept, events, latest))
}

/// Up to where events have been delivered.
pub(super) fn delivered(transaction: &ReadTransaction) -> Result<EventCursor, redb::Error> {
    let place = transaction.open_table(DELIVERED)?.get(())?.map(|place| place.value());
    Ok(place.map_or(EventCursor::START, cursor_of))
}

impl Tables<'_> {
    pub(super) fn append_event(&mut self, event: &str, now: UnixTime) -> Result<(), redb::Error> {
        let last = self.events.last()?.map(|(place, _)| place.value());
        // Places ascend, also where the clock was set back.
        let now = (now.as_secs().saturating_mul(1000), 0);
        let next = last.map_or(now, |(milliseconds, number)| now.max((milliseconds, number + 1)));
        self.events.insert(next, event)?;
        if self.events.len()? > MAX_EVENTS as u64 {
            self.events.pop_first()?;
        }
        self.is_changed = true;
        Ok(())
    }

    /// Watches a session that is there, and ends watching another.
    pub(super) fn watch(&mut self, watch: &Watch, now: UnixTime) -> Result<(), redb::Error> {
        if let Some(id) = &watch.end {
            self.watched.remove(id.as_bytes())?;
        }
        if let Some(begin) = &watch.begin
            && self.find(begin.id, now)?.is_some()
        {
            let subject = begin.subject.as_ref().map_or(NO_SUBJECT, Subject::as_str);
            self.watched.insert(begin.id.as_bytes(), subject)?;
        }
        Ok(())
    }

    /// Ends watching a session that is going; if it goes by itself, that is told, unless its revocation is noted:
    /// then it was renewed, and what goes is what was left of it.
    pub(super) fn unwatch(
        &mut self,
        id: &Id,
        gone_by_itself: bool,
        now: UnixTime,
    ) -> Result<(), redb::Error> {
        let Some(subject) = self.watched.remove(id)?.map(|subject| subject.value().to_owned()) else {
            return Ok(());
        };
        self.is_changed = true;
        if !gone_by_itself || self.revocations.get(id)?.is_some() {
            return Ok(());
        }
        // An empty one is nobody's.
        match Event::expired(SessionId::from_bytes(*id), Subject::new(&subject).ok(), now) {
            Some(event) => self.append_event(&event.to_json(), now),
            None => Ok(()),
        }
    }

    pub(super) fn note_delivered(&mut self, up_to: EventCursor) -> Result<(), redb::Error> {
        self.delivered.insert((), place_of(up_to))?;
        self.is_changed = true;
        Ok(())
    }
}

const fn place_of(cursor: EventCursor) -> Place {
    (cursor.milliseconds, cursor.number)
}

const fn cursor_of((milliseconds, number): Place) -> EventCursor {
    EventCursor { milliseconds, number }
}

//! Removing what is due, so that the file does not grow with sessions that nobody asks for again.

use redb::{Database, ReadableDatabase, ReadableTable};
use session_core::UnixTime;

use super::tables::{EXPIRIES, Expiry, Tables};

/// How many rows one transaction removes at most, so that a mass expiry never holds a login up.
const BATCH: usize = 256;

/// Whether a sweep left something that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swept {
    All,
    Some,
}

/// Whether a row is due, without the cost of a transaction that writes.
pub(super) fn is_any_due(database: &Database, now: UnixTime) -> Result<bool, redb::Error> {
    has_due_row(&database.begin_read()?.open_table(EXPIRIES)?, now)
}

fn has_due_row(expiries: &impl ReadableTable<Expiry, ()>, now: UnixTime) -> Result<bool, redb::Error> {
    Ok(expiries.first()?.is_some_and(|(key, _)| key.value().0 <= now.as_secs()))
}

impl Tables<'_> {
    /// Removes rows that are due, with all that belongs to them.
    pub(super) fn sweep(&mut self, now: UnixTime) -> Result<Swept, redb::Error> {
        for _ in 0..BATCH {
            if !has_due_row(&self.expiries, now)? {
                return Ok(Swept::All);
            }
            self.sweep_first(now)?;
        }
        Ok(Swept::Some)
    }

    fn sweep_first(&mut self, now: UnixTime) -> Result<(), redb::Error> {
        self.is_changed = true;
        let first = self.expiries.pop_first()?.map(|(key, _)| {
            let (_, kind, key) = key.value();
            (kind, key.to_vec())
        });
        first.map_or(Ok(()), |(kind, key)| self.remove(kind, &key, now))
    }
}

//! The tables, and what each operation does to them.
//!
//! Every row that has a deadline has exactly one row in [`EXPIRIES`] with the same deadline: all
//! changes go through functions that keep the two in step.

use std::cmp::Reverse;
use std::time::Duration;

use redb::{Database, ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction};
use session_core::{REVOCATION_INTEREST, SessionId, UnixTime};

use super::events;
use crate::store::{
    Creation, EPOCH_LIFETIME, Entry, HEAD_LENGTH, Listed, MAX_REVOCATIONS, Outcome, Revocations, Stored,
};
use crate::subject::Subject;

pub(super) type Id = [u8; 16];
pub(super) type Expiry = (u64, u8, &'static [u8]);

/// Session ID → idle deadline, subject, document.
const SESSIONS: TableDefinition<'_, &Id, (u64, &str, &[u8])> = TableDefinition::new("sessions");
/// Subject and session ID → when the ID was issued, absolute deadline.
const INDEX: TableDefinition<'_, (&str, &Id), (u64, u64)> = TableDefinition::new("subject-sessions");
/// Subject → when it is forgotten, random value.
const EPOCHS: TableDefinition<'_, &str, (u64, &Id)> = TableDefinition::new("subject-epochs");
/// Key → when it is forgotten, count.
const ATTEMPTS: TableDefinition<'_, &str, (u64, u64)> = TableDefinition::new("attempts");
/// Session ID → when its revocation is forgotten.
const REVOCATIONS: TableDefinition<'_, &Id, u64> = TableDefinition::new("revocations");
/// Deadline, kind of row, its key: in the order in which rows are due.
pub(super) const EXPIRIES: TableDefinition<'_, Expiry, ()> = TableDefinition::new("expiries");

/// Stands in [`SESSIONS`] for the subject of a guest; no subject is empty.
pub(super) const NO_SUBJECT: &str = "";

/// Which table a row of [`EXPIRIES`] speaks of. The numbers are part of the file's format.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Session = 1,
    Epoch = 2,
    Attempts = 3,
    Revocation = 4,
}

/// Makes the tables, so that a read transaction finds them in a new file.
pub(super) fn make(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    Tables::open(&transaction)?;
    Ok(transaction.commit()?)
}

/// The document under `id`, unless it is due.
pub(super) fn find(
    transaction: &ReadTransaction,
    id: SessionId,
    now: UnixTime,
) -> Result<Option<Stored>, redb::Error> {
    let sessions = transaction.open_table(SESSIONS)?;
    let session = sessions.get(id.as_bytes())?.map(|row| Session::from(row.value()));
    Ok(session.filter(|session| now < session.idle_expires_at).map(Stored::from))
}

/// The living documents of a subject.
pub(super) fn list(
    transaction: &ReadTransaction,
    subject: &Subject,
    now: UnixTime,
) -> Result<Vec<Listed>, redb::Error> {
    let sessions = transaction.open_table(SESSIONS)?;
    let index = transaction.open_table(INDEX)?;
    let mut found = Vec::new();
    for row in index.range((subject.as_str(), &[0; 16])..=(subject.as_str(), &[u8::MAX; 16]))? {
        let (key, times) = row?;
        let (_, id) = key.value();
        let entry = entry(id, subject, times.value());
        let session = sessions.get(id)?.map(|row| Session::from(row.value()));
        if let Some(session) = session.filter(|session| now < session.idle_expires_at) {
            found.push(Listed {
                entry,
                head: head(session.document),
                idle_expires_at: session.idle_expires_at,
            });
        }
    }
    Ok(found)
}

/// The entries of a subject, also of documents that are due and not swept yet.
pub(super) fn entries(transaction: &ReadTransaction, subject: &Subject) -> Result<Vec<Entry>, redb::Error> {
    let mut found = Vec::new();
    let ids = (subject.as_str(), &[0; 16])..=(subject.as_str(), &[u8::MAX; 16]);
    for row in transaction.open_table(INDEX)?.range(ids)? {
        let (key, times) = row?;
        let (_, id) = key.value();
        found.push(entry(id, subject, times.value()));
    }
    Ok(found)
}

fn head(mut document: Vec<u8>) -> Vec<u8> {
    document.truncate(HEAD_LENGTH);
    document
}

/// The subject's epoch, unless it is forgotten.
pub(super) fn epoch(
    transaction: &ReadTransaction,
    subject: &Subject,
    now: UnixTime,
) -> Result<Option<Vec<u8>>, redb::Error> {
    let epochs = transaction.open_table(EPOCHS)?;
    let row = epochs.get(subject.as_str())?;
    Ok(row.and_then(|row| {
        let (forgotten_at, value) = row.value();
        (now.as_secs() < forgotten_at).then(|| value.to_vec())
    }))
}

/// The revocations that are not forgotten.
pub(super) fn revocations(transaction: &ReadTransaction, now: UnixTime) -> Result<Revocations, redb::Error> {
    let mut noted = Vec::new();
    for row in transaction.open_table(REVOCATIONS)?.iter()? {
        let (id, forgotten_at) = row?;
        if now.as_secs() < forgotten_at.value() {
            noted.push((forgotten_at.value(), SessionId::from_bytes(*id.value())));
        }
    }
    if noted.len() > MAX_REVOCATIONS {
        noted.sort_unstable_by_key(|(forgotten_at, _)| Reverse(*forgotten_at));
        noted.truncate(MAX_REVOCATIONS);
    }
    Ok(Revocations { ids: noted.into_iter().map(|(_, id)| id).collect(), as_of: now })
}

/// How many attempts failed, and until when they are remembered.
pub(super) fn failures(
    transaction: &ReadTransaction,
    key: &str,
    now: UnixTime,
) -> Result<Option<(u64, UnixTime)>, redb::Error> {
    let row = transaction.open_table(ATTEMPTS)?.get(key)?.map(|row| row.value());
    let row = row.map(|(forgotten_at, count)| (count, UnixTime::from_secs(forgotten_at)));
    Ok(row.filter(|(_, forgotten_at)| now < *forgotten_at))
}

fn entry(id: &Id, subject: &Subject, (issued_at, absolute_expires_at): (u64, u64)) -> Entry {
    Entry {
        id: SessionId::from_bytes(*id),
        subject: Some(subject.clone()),
        issued_at: UnixTime::from_secs(issued_at),
        absolute_expires_at: UnixTime::from_secs(absolute_expires_at),
    }
}

/// The tables within one transaction of the writer.
pub(super) struct Tables<'t> {
    sessions: Table<'t, &'static Id, (u64, &'static str, &'static [u8])>,
    index: Table<'t, (&'static str, &'static Id), (u64, u64)>,
    epochs: Table<'t, &'static str, (u64, &'static Id)>,
    attempts: Table<'t, &'static str, (u64, u64)>,
    pub(super) revocations: Table<'t, &'static Id, u64>,
    pub(super) events: Table<'t, (u64, u64), &'static str>,
    pub(super) watched: Table<'t, &'static Id, &'static str>,
    pub(super) delivered: Table<'t, (), (u64, u64)>,
    pub(super) expiries: Table<'t, Expiry, ()>,
    /// Whether there is anything to commit.
    pub(super) is_changed: bool,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            sessions: transaction.open_table(SESSIONS)?,
            index: transaction.open_table(INDEX)?,
            epochs: transaction.open_table(EPOCHS)?,
            attempts: transaction.open_table(ATTEMPTS)?,
            revocations: transaction.open_table(REVOCATIONS)?,
            events: transaction.open_table(events::EVENTS)?,
            watched: transaction.open_table(events::WATCHED)?,
            delivered: transaction.open_table(events::DELIVERED)?,
            expiries: transaction.open_table(EXPIRIES)?,
            is_changed: false,
        })
    }

    pub(super) fn create(
        &mut self,
        entry: &Entry,
        document: &[u8],
        idle_expires_at: UnixTime,
        now: UnixTime,
    ) -> Result<Creation, redb::Error> {
        let (id, subject) = (entry.id, entry.subject.as_ref().map_or(NO_SUBJECT, Subject::as_str));
        if self.find(id, now)?.is_some() {
            return Ok(Creation::Exists);
        }
        // An expired one that is not swept yet may have been another subject's.
        self.remove_session(id, now)?;
        let times = (entry.issued_at.as_secs(), entry.absolute_expires_at.as_secs());
        if subject != NO_SUBJECT {
            self.index.insert((subject, id.as_bytes()), times)?;
        }
        self.put_session(id, idle_expires_at, subject, document)?;
        Ok(Creation::Created)
    }

    pub(super) fn extend(
        &mut self,
        id: SessionId,
        deadline: UnixTime,
        now: UnixTime,
    ) -> Result<Option<Stored>, redb::Error> {
        let Some(mut session) = self.find(id, now)? else { return Ok(None) };
        self.unschedule(session.idle_expires_at, Kind::Session, id.as_bytes())?;
        self.put_session(id, deadline, &session.subject, &session.document)?;
        session.idle_expires_at = deadline;
        Ok(Some(session.into()))
    }

    pub(super) fn update(
        &mut self,
        id: SessionId,
        expected: &[u8],
        document: &[u8],
        now: UnixTime,
    ) -> Result<Outcome, redb::Error> {
        let Some(session) = self.find(id, now)? else { return Ok(Outcome::Absent) };
        if session.document != expected {
            return Ok(Outcome::Conflict);
        }
        self.put_session(id, session.idle_expires_at, &session.subject, document)?;
        Ok(Outcome::Done)
    }

    pub(super) fn delete(&mut self, id: SessionId, now: UnixTime) -> Result<bool, redb::Error> {
        let was_there = self.find(id, now)?.is_some();
        self.remove_session(id, now)?;
        Ok(was_there)
    }

    pub(super) fn delete_unchanged(
        &mut self,
        id: SessionId,
        expected: &[u8],
        now: UnixTime,
    ) -> Result<Outcome, redb::Error> {
        match self.find(id, now)? {
            None => Ok(Outcome::Absent),
            Some(session) if session.document != expected => Ok(Outcome::Conflict),
            Some(_) => {
                self.remove_session(id, now)?;
                Ok(Outcome::Done)
            }
        }
    }

    pub(super) fn change_epoch(
        &mut self,
        subject: &Subject,
        value: &Id,
        now: UnixTime,
    ) -> Result<(), redb::Error> {
        let subject = subject.as_str();
        let forgotten_at = now.saturating_add(EPOCH_LIFETIME);
        let old = self.epochs.insert(subject, (forgotten_at.as_secs(), value))?.map(|old| old.value().0);
        self.reschedule(old, forgotten_at, Kind::Epoch, subject.as_bytes())
    }

    pub(super) fn note_revocation(&mut self, id: SessionId, now: UnixTime) -> Result<(), redb::Error> {
        let forgotten_at = now.saturating_add(REVOCATION_INTEREST);
        let old = self.revocations.insert(id.as_bytes(), forgotten_at.as_secs())?.map(|old| old.value());
        self.reschedule(old, forgotten_at, Kind::Revocation, id.as_bytes())
    }

    pub(super) fn count_failure(
        &mut self,
        key: &str,
        window: Duration,
        now: UnixTime,
    ) -> Result<(), redb::Error> {
        let old = self.attempts.get(key)?.map(|row| row.value());
        let (forgotten_at, count) = match old {
            Some((at, count)) if now.as_secs() < at => (UnixTime::from_secs(at), count.saturating_add(1)),
            _ => (now.saturating_add(window), 1),
        };
        self.attempts.insert(key, (forgotten_at.as_secs(), count))?;
        self.reschedule(old.map(|(at, _)| at), forgotten_at, Kind::Attempts, key.as_bytes())
    }

    /// Removes the row that a row of [`EXPIRIES`] speaks of.
    pub(super) fn remove(&mut self, kind: u8, key: &[u8], now: UnixTime) -> Result<(), redb::Error> {
        let text = || std::str::from_utf8(key).map_err(|_| corrupted("expiry of a key that is no text"));
        let id = || key.try_into().map_err(|_| corrupted("expiry of a session ID of another length"));
        if kind == Kind::Session as u8 {
            self.remove_session_rows(&id()?, now)?;
        } else if kind == Kind::Epoch as u8 {
            self.epochs.remove(text()?)?;
        } else if kind == Kind::Attempts as u8 {
            self.attempts.remove(text()?)?;
        } else if kind == Kind::Revocation as u8 {
            self.revocations.remove(&id()?)?;
        }
        Ok(())
    }

    pub(super) fn find(&self, id: SessionId, now: UnixTime) -> Result<Option<Session>, redb::Error> {
        let row = self.sessions.get(id.as_bytes())?;
        Ok(row.map(|row| Session::from(row.value())).filter(|session| now < session.idle_expires_at))
    }

    fn put_session(
        &mut self,
        id: SessionId,
        idle_expires_at: UnixTime,
        subject: &str,
        document: &[u8],
    ) -> Result<(), redb::Error> {
        self.sessions.insert(id.as_bytes(), (idle_expires_at.as_secs(), subject, document))?;
        self.schedule(idle_expires_at, Kind::Session, id.as_bytes())
    }

    fn remove_session(&mut self, id: SessionId, now: UnixTime) -> Result<(), redb::Error> {
        match self.remove_session_rows(id.as_bytes(), now)? {
            Some(deadline) => self.unschedule(deadline, Kind::Session, id.as_bytes()),
            None => Ok(()),
        }
    }

    fn remove_session_rows(&mut self, id: &Id, now: UnixTime) -> Result<Option<UnixTime>, redb::Error> {
        let Some(row) = self.sessions.remove(id)? else { return Ok(None) };
        let (deadline, subject, _) = row.value();
        self.index.remove((subject, id))?;
        let deadline = UnixTime::from_secs(deadline);
        drop(row);
        self.unwatch(id, deadline <= now, now)?;
        Ok(Some(deadline))
    }

    fn schedule(&mut self, at: UnixTime, kind: Kind, key: &[u8]) -> Result<(), redb::Error> {
        self.expiries.insert((at.as_secs(), kind as u8, key), ())?;
        self.is_changed = true;
        Ok(())
    }

    fn unschedule(&mut self, at: UnixTime, kind: Kind, key: &[u8]) -> Result<(), redb::Error> {
        self.expiries.remove((at.as_secs(), kind as u8, key))?;
        self.is_changed = true;
        Ok(())
    }

    fn reschedule(
        &mut self,
        old: Option<u64>,
        at: UnixTime,
        kind: Kind,
        key: &[u8],
    ) -> Result<(), redb::Error> {
        if let Some(old) = old {
            self.unschedule(UnixTime::from_secs(old), kind, key)?;
        }
        self.schedule(at, kind, key)
    }
}

/// A row of [`SESSIONS`].
pub(super) struct Session {
    idle_expires_at: UnixTime,
    subject: Box<str>,
    document: Vec<u8>,
}

impl From<(u64, &str, &[u8])> for Session {
    fn from((idle_deadline, subject, document): (u64, &str, &[u8])) -> Self {
        Self {
            idle_expires_at: UnixTime::from_secs(idle_deadline),
            subject: subject.into(),
            document: document.to_vec(),
        }
    }
}

impl From<Session> for Stored {
    fn from(session: Session) -> Self {
        Self { document: session.document, idle_expires_at: Some(session.idle_expires_at), is_told_of: false }
    }
}

fn corrupted(what: &str) -> redb::Error {
    redb::Error::Corrupted(what.to_owned())
}

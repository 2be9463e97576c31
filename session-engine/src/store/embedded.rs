//! Sessions on one machine, in a file: redb with group commit.
//!
//! One thread writes. Whatever waits for it goes into one transaction, which is on the disk before
//! any of it is answered: what was acknowledged survives a `kill -9` and a loss of power (R50), and
//! a hundred logins at once cost one flush of the disk and not a hundred.
//!
//! A document and its entry in the index are written in the same transaction, so the index is
//! exact and needs no trimming. Whatever has a deadline is absent from that moment by the clock,
//! and its rows are swept a little later by the writer.

mod events;
mod sweep;
mod tables;
mod writer;

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redb::backends::FileBackend;
use redb::{Builder, Database, ReadTransaction, ReadableDatabase};
use session_core::{SessionId, UnixTime};
use tokio::sync::{Mutex, RwLock};
use tokio::time::timeout;

use self::writer::Writer;
use super::{
    Admission, AttemptCounter, AttemptEnd, AttemptKey, AttemptLimit, Creation, Documents, Entry, Epoch,
    EventCursor, EventLog, EventPage, Freshness, Listed, Outcome, RevocationLog, Revocations, Stored,
    SubjectIndex, Unavailable, Watch,
};
use crate::clock::Clock;
use crate::private_file;
use crate::subject::Subject;

const FILE_NAME: &str = "sessions.redb";

/// So long a session check waits for its extension to be on the disk: half of what a request has (R79).
const EXTENSION_PATIENCE: Duration = Duration::from_millis(400);

/// Memory for pages that were read; redb's own default of 1 GiB is out of proportion to sessions.
const PAGE_CACHE_BYTES: usize = 64 * 1024 * 1024;

/// The sessions of one machine, in one file that only one process may have open.
///
/// Dropping it finishes what waits to be written.
pub struct EmbeddedStore {
    shelf: Arc<Shelf>,
    clock: Arc<dyn Clock>,
    writer: Writer,
    pending_attempts: Mutex<HashMap<AttemptKey, u64>>,
}

impl EmbeddedStore {
    /// Opens the store in `directory`, and makes both if they are not there: for the owner's eyes
    /// only, since documents hold what people typed.
    ///
    /// # Errors
    /// When another process has it open, or it can be neither read nor made.
    pub fn open(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let shelf = Arc::new(Shelf::open(directory)?);
        let writer = Writer::start(Arc::clone(&shelf), Arc::clone(&clock)).map_err(OpenError::Thread)?;
        Ok(Self { shelf, clock, writer, pending_attempts: Mutex::default() })
    }

    /// Whether there is one in `directory`.
    #[must_use]
    pub fn exists(directory: &Path) -> bool {
        directory.join(FILE_NAME).exists()
    }

    /// Reads straight from the caller's thread, asynchronous as it may be: a read never waits for
    /// a transaction of the writer, and takes a few microseconds from the page cache, which is
    /// less than handing it to another thread would.
    async fn read<T>(
        &self,
        look: impl FnOnce(&ReadTransaction, UnixTime) -> Result<T, redb::Error>,
    ) -> Result<T, Unavailable> {
        self.shelf.read(|transaction| look(transaction, self.clock.now())).await
    }

    async fn find(&self, id: SessionId) -> Result<Option<Stored>, Unavailable> {
        self.read(|transaction, now| tables::find(transaction, id, now)).await
    }
}

#[async_trait]
impl Documents for EmbeddedStore {
    async fn create(
        &self,
        entry: &Entry,
        document: &[u8],
        idle_expires_at: UnixTime,
    ) -> Result<Creation, Unavailable> {
        let (entry, document) = (entry.clone(), document.to_vec());
        self.writer.submit(move |tables, now| tables.create(&entry, &document, idle_expires_at, now)).await
    }

    // Nothing here is ever older than the last commit, so every answer is a confirmed one.
    async fn load(
        &self,
        id: SessionId,
        _: Freshness,
        extend_to: Option<UnixTime>,
    ) -> Result<Option<Stored>, Unavailable> {
        let Some(deadline) = extend_to.filter(|_| self.writer.is_alive()) else { return self.find(id).await };
        let extended = self.writer.submit(move |tables, now| tables.extend(id, deadline, now));
        match timeout(EXTENSION_PATIENCE, extended).await {
            Ok(Ok(stored)) => Ok(stored),
            // A disk that is full, or does not answer, must not log anybody out, so what can be read is an
            // answer.
            _ => self.find(id).await,
        }
    }

    async fn idle_deadline(&self, id: SessionId, _: Freshness) -> Result<Option<UnixTime>, Unavailable> {
        Ok(self.find(id).await?.and_then(|stored| stored.idle_expires_at))
    }

    async fn update(&self, id: SessionId, expected: &[u8], document: &[u8]) -> Result<Outcome, Unavailable> {
        let (expected, document) = (expected.to_vec(), document.to_vec());
        self.writer.submit(move |tables, now| tables.update(id, &expected, &document, now)).await
    }

    async fn delete(&self, entry: &Entry) -> Result<bool, Unavailable> {
        let id = entry.id;
        self.writer.submit(move |tables, now| tables.delete(id, now)).await
    }

    async fn delete_unchanged(&self, entry: &Entry, expected: &[u8]) -> Result<Outcome, Unavailable> {
        let (id, expected) = (entry.id, expected.to_vec());
        self.writer.submit(move |tables, now| tables.delete_unchanged(id, &expected, now)).await
    }

    fn is_available(&self) -> bool {
        self.writer.is_alive() && self.shelf.is_open()
    }
}

#[async_trait]
impl SubjectIndex for EmbeddedStore {
    async fn entries(&self, subject: &Subject) -> Result<Vec<Entry>, Unavailable> {
        self.read(|transaction, _| tables::entries(transaction, subject)).await
    }

    async fn list(&self, subject: &Subject, _: Freshness) -> Result<Vec<Listed>, Unavailable> {
        self.read(|transaction, now| tables::list(transaction, subject, now)).await
    }

    async fn epoch(&self, subject: &Subject) -> Result<Epoch, Unavailable> {
        self.read(|transaction, now| tables::epoch(transaction, subject, now)).await.map(Epoch::new)
    }

    async fn change_epoch(&self, subject: &Subject) -> Result<(), Unavailable> {
        let subject = subject.clone();
        let value = SessionId::generate().map_err(|_| Unavailable)?;
        self.writer.submit(move |tables, now| tables.change_epoch(&subject, value.as_bytes(), now)).await
    }
}

#[async_trait]
impl RevocationLog for EmbeddedStore {
    async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable> {
        self.writer.submit(move |tables, now| tables.note_revocation(id, now)).await
    }

    async fn revocations(&self) -> Result<Revocations, Unavailable> {
        self.read(tables::revocations).await
    }
}

#[async_trait]
impl AttemptCounter for EmbeddedStore {
    // Only this process is there to have attempts under way, so they need not be on the disk.
    async fn begin_attempt(&self, key: &AttemptKey, limit: AttemptLimit) -> Result<Admission, Unavailable> {
        let mut pending = self.pending_attempts.lock().await;
        let failed = self.read(|transaction, now| {
            let failed = tables::failures(transaction, key.as_str(), now)?;
            Ok(failed.map(|(count, forgotten_at)| (count, forgotten_at.saturating_since(now))))
        });
        let (failed, forgotten_in) = failed.await?.unwrap_or_default();
        if failed >= limit.failures {
            return Ok(Admission::Refused { forgotten_in });
        }
        let under_way = pending.entry(key.clone()).or_default();
        if failed.saturating_add(*under_way) >= limit.failures {
            return Ok(Admission::Full);
        }
        *under_way += 1;
        Ok(Admission::Admitted)
    }

    async fn end_attempt(
        &self,
        key: &AttemptKey,
        limit: AttemptLimit,
        end: AttemptEnd,
    ) -> Result<(), Unavailable> {
        let counted = match end {
            AttemptEnd::Failed => {
                let (key, window) = (key.clone(), limit.window);
                self.writer.submit(move |tables, now| tables.count_failure(key.as_str(), window, now)).await
            }
            AttemptEnd::Forgiven => Ok(()),
        };
        // A failure is counted before it is no longer under way.
        let mut pending = self.pending_attempts.lock().await;
        if let Some(under_way) = pending.get_mut(key) {
            *under_way = under_way.saturating_sub(1);
            if *under_way == 0 {
                pending.remove(key);
            }
        }
        counted
    }
}

// Only one process has the file, so it is the only one that delivers.
#[async_trait]
impl EventLog for EmbeddedStore {
    async fn append(&self, event: &str, watch: &Watch) -> Result<(), Unavailable> {
        let (event, watch) = (event.to_owned(), watch.clone());
        self.writer
            .submit(move |tables, now| {
                tables.append_event(&event, now)?;
                tables.watch(&watch, now)
            })
            .await
    }

    async fn events(&self, after: Option<EventCursor>, limit: usize) -> Result<EventPage, Unavailable> {
        self.read(|transaction, _| events::read(transaction, after, limit)).await
    }

    // The writer tells of it in the transaction in which a session goes.
    async fn tell_expired(&self) -> Result<bool, Unavailable> {
        Ok(false)
    }

    async fn lease_delivery(&self, _: &str, _: Duration) -> Result<Option<EventCursor>, Unavailable> {
        self.read(|transaction, _| events::delivered(transaction)).await.map(Some)
    }

    async fn note_delivered(&self, _: &str, up_to: EventCursor, _: Duration) -> Result<bool, Unavailable> {
        self.writer.submit(move |tables, _| tables.note_delivered(up_to)).await.map(|()| true)
    }
}

/// The open database, which can be put back when it failed: after an error of the disk redb
/// answers nothing more until it is opened anew.
struct Shelf {
    path: PathBuf,
    database: RwLock<Option<Database>>,
}

impl Shelf {
    fn open(directory: &Path) -> Result<Self, OpenError> {
        let at = |source| OpenError::Directory { path: directory.to_owned(), source };
        private_file::make_directory(directory).map_err(at)?;
        let path = directory.join(FILE_NAME);
        let database = open_database(&path)?;
        private_file::sync_directory(directory).map_err(at)?;
        Ok(Self { path, database: RwLock::new(Some(database)) })
    }

    /// Asks nothing of the disk. While it is being opened anew, it is not closed for good.
    fn is_open(&self) -> bool {
        self.database.try_read().map_or(true, |slot| slot.is_some())
    }

    /// Waits only while the database is being opened anew.
    async fn read<T>(
        &self,
        look: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, Unavailable> {
        let slot = self.database.read().await;
        let database = slot.as_ref().ok_or(Unavailable)?;
        let transaction = database.begin_read().map_err(redb::Error::from);
        transaction.and_then(|transaction| look(&transaction)).map_err(|error| {
            tracing::warn!(
                error = &error as &dyn Error,
                "session store could not read its file: look after the disk"
            );
            Unavailable
        })
    }

    /// Only for the writer: it blocks the thread.
    fn write<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, redb::Error> {
        let slot = self.database.blocking_read();
        work(slot.as_ref().ok_or(redb::Error::DatabaseClosed)?)
    }

    /// Puts the database back after a failure. Only for the writer: it blocks the thread.
    fn reopen(&self) -> Result<(), OpenError> {
        let mut slot = self.database.blocking_write();
        // The old one holds the lock on the file.
        drop(slot.take());
        *slot = Some(open_database(&self.path)?);
        Ok(())
    }
}

fn open_database(path: &Path) -> Result<Database, OpenError> {
    let file = private_file::options()
        .read(true)
        .write(true)
        .truncate(false)
        .open(path)
        .map_err(|source| OpenError::File { path: path.to_owned(), source })?;
    let failed = |error: redb::Error| OpenError::from_redb(path, error);
    let database = FileBackend::new(file)
        .and_then(|backend| Builder::new().set_cache_size(PAGE_CACHE_BYTES).create_with_backend(backend))
        .map_err(|error| failed(error.into()))?;
    tables::make(&database).map_err(failed)?;
    Ok(database)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    /// R79: what stands here for a disk that does not answer is the thread that waits for it.
    #[tokio::test]
    async fn a_disk_that_hangs_is_noticed_and_so_is_its_return() {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(EmbeddedStore::open(directory.path(), Arc::new(SystemClock)).unwrap());
        let (release, released) = std::sync::mpsc::channel::<()>();
        let hanging = Arc::clone(&store);
        let hanging = tokio::spawn(async move {
            let hang = move |_: &mut tables::Tables<'_>, _| Ok(released.recv().is_ok());
            hanging.writer.submit(hang).await
        });
        let patience = std::time::Duration::from_secs(20);
        let until = async |is_available: bool| {
            while store.is_available() != is_available {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(patience, until(false)).await.expect("it is noticed");
        release.send(()).unwrap();
        assert_eq!(hanging.await.unwrap(), Ok(true));
        tokio::time::timeout(patience, until(true)).await.expect("it is back");
    }
}

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Only one process may have the file open.
    #[error("session store {} is in use by another process", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The directory is not there and cannot be made, or cannot be read.
    #[error("directory {} of the session store cannot be made or read", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file cannot be opened for reading and writing.
    #[error("session store {} cannot be opened for reading and writing", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is no redb database, or a broken one.
    #[error("session store {} is not a readable redb database", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What redb said.
        source: Box<redb::Error>,
    },
    /// The operating system gave no thread to write with.
    #[error("session store has no thread to write with")]
    Thread(#[source] io::Error),
}

impl OpenError {
    fn from_redb(path: &Path, error: redb::Error) -> Self {
        let path = path.to_owned();
        match error {
            redb::Error::DatabaseAlreadyOpen => Self::InUse { path },
            other => Self::Database { path, source: Box::new(other) },
        }
    }
}

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use session_core::{SessionId, UnixTime};

use crate::store::{Entry, Freshness, Listed, Store, Unavailable};
use crate::subject::Subject;

/// When every test begins.
pub const START: UnixTime = UnixTime::from_secs(1_800_000_000);
/// The idle timeout that tests use.
pub const IDLE: Duration = Duration::from_secs(30 * 60);
/// The absolute timeout that tests use.
pub const ABSOLUTE: Duration = Duration::from_secs(12 * 60 * 60);

/// What the suite needs of a store of one kind: a fresh and empty one at [`START`], and a way to move
/// its time.
pub trait Harness: Sized + Send + 'static {
    /// How many rounds of a race the store can run in a test's time; the environment variable
    /// `RACE_ROUNDS` overrides it for late saves.
    const ROUNDS: usize = 1_000;

    /// A store whose clock stands at [`START`].
    fn start() -> impl Future<Output = Self> + Send;

    /// The store as one server has it.
    fn store(&self) -> Arc<dyn Store>;

    /// The same store as a second server has it; the same one, where only one server can.
    fn second_server(&self) -> Arc<dyn Store> {
        self.store()
    }

    /// Moves the time of the store and of what it runs on.
    fn advance(&self, span: Duration);

    /// How many keys or rows are left once everything that is due was swept. Nobody else has the
    /// store open by then. `None` of a store where that cannot be counted: then the suite does not
    /// say that nothing stays behind.
    fn count_rows(self) -> impl Future<Output = Option<u64>> + Send {
        async { None }
    }
}

/// A new session of the subject of this name, which starts at [`START`].
#[must_use]
pub fn entry_of(subject: &str) -> Entry {
    Entry {
        id: SessionId::generate().expect("entropy"),
        subject: Some(subject_called(subject)),
        issued_at: START,
        absolute_expires_at: START.saturating_add(ABSOLUTE),
    }
}

/// The subject of this name.
#[must_use]
pub fn subject_called(name: &str) -> Subject {
    Subject::new(name).expect("a subject")
}

/// Whose session an entry is of.
#[must_use]
pub fn subject_of(entry: &Entry) -> &Subject {
    entry.subject.as_ref().expect("a subject")
}

/// The idle deadline of a session that starts at [`START`].
#[must_use]
pub fn first_deadline() -> UnixTime {
    START.saturating_add(IDLE)
}

/// A number below `bound`, good enough to vary a test.
#[must_use]
pub fn random_below(bound: usize) -> usize {
    let id = SessionId::generate().expect("entropy");
    usize::from(u16::from_le_bytes([id.as_bytes()[0], id.as_bytes()[1]])) % bound
}

/// What the subject of an entry has.
pub(super) async fn list(store: &dyn Store, entry: &Entry) -> Result<Vec<Listed>, Unavailable> {
    store.list(subject_of(entry), Freshness::Confirmed).await
}

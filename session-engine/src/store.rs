//! Where sessions are kept: the contract that every store fulfils, and the stores that come with it.
//!
//! A store keeps *documents* under session IDs and understands none of them: what a record means,
//! and when it is due to be extended, is decided above it. It lets a document go at its idle
//! deadline, and never later than the clock that it was given says.
//!
//! Every answer is definite or [`Unavailable`]. "Absent" is an answer, not an error, and it is
//! given only when the store positively knows it: whoever asks turns it into a 401, while a doubt
//! becomes a 503 that leaves the cookie alone (R51).
//!
//! The contract has four parts, and whatever fulfils them all is a [`Store`]. An [`EventLog`] stands
//! beside it, for whoever wants events. With the feature `store-testing`, one line runs the whole
//! suite of the contract on a store of one's own.

mod attempt_counter;
mod bounded;
mod changes;
mod documents;
#[cfg(feature = "embedded")]
pub mod embedded;
mod entry;
mod event_log;
mod freshness;
#[cfg(feature = "redis")]
pub mod redis;
mod revocation_log;
mod subject_index;
#[cfg(feature = "store-testing")]
pub mod testing;
mod trouble;

pub use attempt_counter::{
    ATTEMPT_PATIENCE, Admission, AttemptCounter, AttemptEnd, AttemptKey, AttemptLimit,
};
pub(crate) use bounded::BoundedStore;
pub use changes::ChangeListener;
pub use documents::{Creation, Documents, Outcome, Stored};
pub use entry::Entry;
pub use event_log::{EventCursor, EventLog, EventPage, InvalidEventCursor, MAX_EVENTS, Watch, Watched};
pub use freshness::Freshness;
pub use revocation_log::{MAX_REVOCATIONS, RevocationLog, Revocations};
pub use subject_index::{EPOCH_LIFETIME, Epoch, HEAD_LENGTH, Listed, SubjectIndex, TRIM_AGE};
pub use trouble::Trouble;

/// The largest document: what an application keeps in a session must not slow every request.
pub const MAX_DOCUMENT_LENGTH: usize = 64 * 1024;

/// All that sessions need of a store.
pub trait Store: Documents + SubjectIndex + RevocationLog + AttemptCounter {}

impl<S: Documents + SubjectIndex + RevocationLog + AttemptCounter> Store for S {}

/// The store did not answer, or not in time, or not definitely: nothing is known, and what was
/// asked for may or may not have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("session store is unavailable")]
pub struct Unavailable;

//! The session server, as a library.
#![forbid(unsafe_code)]

mod clock;
mod record;
mod sessions;
pub mod store;
mod subject;

pub use clock::{Clock, ManualClock, SystemClock};
pub use record::{Client, MAX_DOCUMENT_LENGTH, NewSession, Record};
pub use sessions::{Activity, DataChange, Issued, LiveSession, Renewal, Revocation, SessionError, Sessions};
pub use subject::{InvalidSubject, Subject};

//! The session server, as a library.
#![forbid(unsafe_code)]

mod clock;
pub mod store;
mod subject;

pub use clock::{Clock, ManualClock, SystemClock};
pub use subject::{InvalidSubject, Subject};

#![cfg_attr(any(not(doctest), feature = "embedded"), doc = include_str!("../README.md"))]
#![forbid(unsafe_code)]

mod audit;
mod budget;
mod clock;
mod event;
mod events;
mod keys;
#[cfg(feature = "legacy")]
mod legacy;
#[cfg(feature = "passwords")]
mod logins;
#[cfg(feature = "passwords")]
mod password;
#[cfg(feature = "passwords")]
mod precis;
#[cfg(any(feature = "embedded", feature = "users-file"))]
pub mod private_file;
mod record;
mod sessions;
pub mod store;
mod subject;
mod telemetry;

/// The rules that sessions go by, and the forms of what travels.
pub use session_core as core;

pub use audit::{AUDIT_TARGET, management_refused};
pub use budget::{REQUEST_BUDGET, off_budget, within_budget};
pub use clock::{Clock, ManualClock, SystemClock};
pub use event::{Event, EventKind};
pub use events::Events;
pub use keys::{KEYS_MAY_BE_KEPT, Keys};
#[cfg(feature = "legacy")]
pub use legacy::{
    ExpressSecrets, InvalidExpressSecrets, InvalidLegacySubjects, LegacyCookie, LegacyLibrary,
    LegacySessions, LegacyStore, LegacySubjects,
};
#[cfg(feature = "passwords")]
pub use logins::{
    AttemptLimits, AttemptSource, Busy, HashingLimits, HashingPool, LoginError, Logins, LoginsBuilder,
    SessionsOf, User, Users, UsersUnavailable,
};
#[cfg(feature = "users-file")]
pub use logins::{FileContent, FileUser, UsersFile, UsersFileError};
#[cfg(feature = "passwords")]
pub use password::{
    HashingFailed, HashingMemory, InvalidPasswordHash, Password, PasswordCost, PasswordHash, WeakPassword,
};
pub use record::{Client, Record, UnreadableRecord};
#[cfg(feature = "legacy")]
pub use sessions::LegacyOutcome;
pub use sessions::{
    Activity, DataChange, FoundSession, Guest, GuestSession, Issued, ListedSession, LiveSession,
    NearCacheLimits, NewSession, Owner, Pace, Renewal, Resumed, Revocation, START_KEY_LIFETIME, SessionError,
    Sessions, SessionsBuilder,
};
pub use subject::{InvalidSubject, Subject};

#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clock;
mod http;
mod logins;
mod password;
mod record;
mod serve;
mod sessions;
pub mod store;
mod subject;

pub use clock::{Clock, ManualClock, SystemClock};
pub use http::{App, TrustedProxies, routes, routes_with, same_site, session};
pub use logins::{
    AttemptLimits, Busy, HashingLimits, HashingPool, LoginError, Logins, User, Users, UsersFile,
    UsersFileError, UsersUnavailable,
};
pub use password::{
    HashingFailed, HashingMemory, InvalidPasswordHash, Password, PasswordCost, PasswordHash, WeakPassword,
};
pub use record::{Client, MAX_DOCUMENT_LENGTH, NewSession, Record};
pub use serve::{Limits, serve};
pub use sessions::{Activity, DataChange, Issued, LiveSession, Renewal, Revocation, SessionError, Sessions};
pub use subject::{InvalidSubject, Subject};

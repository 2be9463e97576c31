//! What may happen to a session, without HTTP.
#![allow(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod by_id;
mod changes;
mod counts;
mod ends;
mod events;
mod extensions;
mod feed;
mod freshness;
mod guests;
mod keys;
#[cfg(feature = "legacy")]
mod legacy;
mod lists;
mod paces;
#[cfg(feature = "passwords")]
mod passwords;
mod renewals;
mod revocations;
mod starts;
mod statements;
mod subjects;
mod watched_store;
mod world;

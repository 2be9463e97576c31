//! A property for each sentence of FORMAT.md §1 to §4, and for the timeouts.

mod cookie;
mod cookie_header;
mod fixtures;
mod key_ring;
mod names;
mod revocations;
mod set_cookie;
mod statement;
mod timeouts;

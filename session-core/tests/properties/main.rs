//! A property for each sentence of FORMAT.md §1 to §4 and §6, and for the timeouts.

mod cookie;
mod cookie_header;
mod devices;
mod fixtures;
mod key_ring;
mod names;
mod revocations;
mod set_cookie;
mod statement;
mod timeouts;

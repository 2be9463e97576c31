//! What `deploy/` holds, against the server itself: whatever one of its files tells the server is a setting of the
//! server, and what it takes for granted is what the server does by default.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aws;
mod settings;

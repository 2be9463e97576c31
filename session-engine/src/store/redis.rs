//! Sessions in Redis, shared by every server.
//!
//! | key | value |
//! |---|---|
//! | `session:<session-id>` | the document, as a plain string that expires at the idle deadline |
//! | `subject-sessions:<subject>` | sorted set of `<session-id>.<issued-at>` by absolute deadline |
//! | `subject-epoch:<subject>` | random bytes, for an hour |
//! | `revocations` | sorted set of session IDs by when they were revoked, for minutes |
//! | `attempts:<key>` | a counter, for its window |
//!
//! The subject is percent-encoded. Every command touches one key, so all of this works on a
//! cluster, and there is no `MULTI`, which a full Redis refuses even for a deletion.
//!
//! An entry of the index is written before its document and removed after it, so a living session
//! is always in the index. What stays of dead ones is trimmed by whoever reads or writes the index,
//! and the index expires with the last session that may be in it.

mod attempt_counter;
mod dial;
mod documents;
mod fault;
mod keys;
mod link;
mod request;
mod revocation_log;
mod scripts;
mod subject_index;
mod topology;

use std::sync::Arc;

use self::topology::Topology;
use crate::clock::Clock;

/// The sessions of every server that has the same Redis.
pub struct RedisStore {
    servers: Topology,
    clock: Arc<dyn Clock>,
}

impl RedisStore {
    /// Begins to connect to the server of a `redis://` URL, within a Tokio runtime. Does not wait
    /// for it: a server that is down makes the store unavailable until it is there.
    ///
    /// # Errors
    /// When the URL is none of a Redis server, or there is no Tokio runtime.
    pub fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Ok(Self { servers: Topology::open(url)?, clock })
    }
}

/// Why the store could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL is none of a Redis server. It is not repeated here, since it may hold a password.
    #[error("url of the session store is not redis://[user:password@]host[:port][/database]")]
    Url,
    /// Nothing can be dialled outside a runtime.
    #[error("redis store needs a running tokio runtime")]
    NoRuntime,
}

//! Sessions in Redis, shared by every server.
//!
//! | key | value |
//! |---|---|
//! | `session:<session-id>` | the document, as a plain string that expires at the idle deadline |
//! | `subject-sessions:<subject>` | sorted set of `<session-id>.<issued-at>` by absolute deadline |
//! | `subject-epoch:<subject>` | random bytes, for an hour |
//! | `revocations` | sorted set of session IDs by when they were revoked, for minutes |
//! | `fence:{<key>}` | nothing, for a second: what a replica is waited for with |
//! | `legacy-barred:<subject>` | nothing, for 400 days: no session that another library began is taken over |
//! | `attempts:<key>` | how many failed, how many are under way, and since when; for their window |
//!
//! The subject is percent-encoded. Every command touches one key, so all of this works on a
//! cluster, and there is no `MULTI`, which a full Redis refuses even for a deletion.
//!
//! An entry of the index is written before its document and removed after it, so a living session
//! is always in the index. What stays of dead ones is trimmed by whoever reads or writes the index,
//! and the index expires with the last session that may be in it.

mod acl;
mod address;
mod advice;
mod attempt_counter;
mod changes;
mod cluster;
mod cluster_view;
mod dial;
mod documents;
mod event_log;
mod fault;
mod keys;
mod known_revocations;
#[cfg(feature = "legacy")]
mod legacy;
mod line;
mod link;
mod readiness;
mod refusals;
mod request;
mod revocation_log;
mod scripts;
mod sentinels;
mod settings;
mod skew;
mod subject_index;
mod target;
mod together;
mod topology;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use session_core::UnixTime;
use tokio::sync::Mutex;

use self::changes::Changes;
use self::keys::Keys;
use self::known_revocations::KnownRevocations;
use self::readiness::Readiness;
use self::refusals::Refusals;
use self::skew::Skew;
use self::topology::Topology;
use crate::clock::Clock;
use crate::store::Unavailable;

pub use self::settings::{Durability, RedisSettings};

/// The sessions of every server that has the same Redis.
pub struct RedisStore {
    servers: Topology,
    /// The same servers over connections of their own, for what may be large: it must not be in the
    /// way of a session check (R78).
    bulk: Topology,
    /// The same once more for changes that wait for a replica, since whatever comes after one on its
    /// connection waits with it; none where nobody waits.
    confirmed: Option<Topology>,
    keys: Keys,
    clock: Arc<dyn Clock>,
    refusals: Arc<Refusals>,
    skew: Arc<Skew>,
    changes: Arc<Changes>,
    readiness: Readiness,
    known_revocations: Arc<Mutex<KnownRevocations>>,
}

/// What links are for.
#[derive(Clone)]
struct LinkOptions {
    refusals: Arc<Refusals>,
    skew: Option<Arc<Skew>>,
    /// Who is told of what has changed since it was read over the connection.
    changes: Option<Arc<Changes>>,
    /// Whether what becomes of the connection is logged: of several to one server one is enough.
    is_told_of: bool,
    /// Where what is answered counts only when a replica has it: the keys, for what shows that.
    confirmed: Option<Keys>,
    /// Whether that is so over any connection to the same server.
    needs_replica: bool,
}

impl RedisStore {
    /// Begins to connect, within a Tokio runtime. Does not wait for the server: while it is down the
    /// store is unavailable.
    ///
    /// # Errors
    /// When the URL is none of a Redis server, a file that it needs cannot be read, the prefix cannot be one,
    /// or there is no Tokio runtime.
    pub fn open(settings: &RedisSettings, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        settings.check_prefix()?;
        let keys = Keys::new(&settings.prefix);
        let (refusals, skew) = (Arc::<Refusals>::default(), Arc::new(Skew::new(Arc::clone(&clock))));
        let changes = Arc::new(Changes::new(keys.clone()));
        let first = LinkOptions {
            refusals: Arc::clone(&refusals),
            skew: Some(Arc::clone(&skew)),
            changes: Some(Arc::clone(&changes)),
            is_told_of: true,
            confirmed: None,
            needs_replica: settings.durability == Durability::Strict,
        };
        let other = LinkOptions { skew: None, changes: None, is_told_of: false, ..first.clone() };
        let confirming = LinkOptions { confirmed: Some(keys.clone()), ..other.clone() };
        let servers = Topology::open(settings, &keys, first)?;
        let bulk = Topology::open(settings, &keys, other)?;
        let confirmed = match settings.durability {
            Durability::Async => None,
            Durability::Strict => Some(Topology::open(settings, &keys, confirming)?),
        };
        let (readiness, known_revocations) = (Readiness::default(), Arc::default());
        let this = Self {
            servers,
            bulk,
            confirmed,
            keys,
            clock,
            refusals,
            skew,
            changes,
            readiness,
            known_revocations,
        };
        Ok(this)
    }

    /// For what may be large. Where the servers are known not to answer, nobody waits for them again.
    fn bulk(&self) -> Result<&Topology, Unavailable> {
        if self.servers.is_up() { Ok(&self.bulk) } else { Err(Unavailable) }
    }

    /// For what is not to be lost once it was said to be done.
    fn durable(&self) -> &Topology {
        self.confirmed.as_ref().unwrap_or(&self.servers)
    }

    /// The time by the clock that all servers share.
    fn now(&self) -> UnixTime {
        self.clock.now().saturating_add_signed(self.skew.seconds_ahead())
    }
}

/// Why the store could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL is none of a Redis server. It is not repeated here, since it may hold a password.
    #[error(
        "url of the session store is not redis://[user[:password]@]host[:port][/database], \
         redis+sentinel://[user[:password]@]host[:port],.../name[/database], \
         redis+cluster://[user[:password]@]host[:port],..., one of these with rediss in place of redis for \
         tls, or redis+unix:///path[?db=database&user=user&pass=password]"
    )]
    Url,
    /// The password is in the URL and given beside it.
    #[error("password of redis is given twice, in its url and beside it; expected it once")]
    TwoPasswords,
    /// There are certificates for a connection without TLS.
    #[error("certificates are for a redis behind tls, and its url does not begin with rediss")]
    NoTls,
    /// There are credentials for sentinels, and none are asked.
    #[error(
        "user and password for sentinels are for a redis whose url begins with redis+sentinel:// or rediss+sentinel://"
    )]
    NoSentinels,
    /// A file that a connection needs is not there or is not what it should be.
    #[error("{what} of redis, `{}`: {reason}", path.display())]
    File {
        /// What it should be.
        what: &'static str,
        /// Where it should be.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The certificates or the key are none that can be used.
    #[error("certificates of redis cannot be used: {0}")]
    Certificates(String),
    /// The prefix would place keys by a part of them, or is no plain text.
    #[error("prefix of redis keys is not visible ascii without `{{` and `}}`")]
    Prefix,
    /// Nothing can be dialled outside a runtime.
    #[error("redis store needs a running tokio runtime")]
    NoRuntime,
}

impl OpenError {
    fn file(what: &'static str, path: &Path, reason: &str) -> Self {
        Self::File { what, path: path.to_owned(), reason: reason.to_owned() }
    }
}

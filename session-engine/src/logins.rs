//! Who may have a session: users, their passwords, and how often a password may be tried.

mod attempt;
mod hashing;
mod users;
#[cfg(feature = "users-file")]
mod users_file;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics::{describe_gauge, gauge};
use session_core::{DeviceId, UnixTime};

use crate::audit::Audit;
use crate::budget::off_budget;
use crate::events::Events;
use crate::password::{HashingFailed, HashingMemory, Password, PasswordCost, PasswordHash};
use crate::store::{AttemptEnd, AttemptKey, AttemptLimit, BoundedStore, Store, Unavailable};
use crate::subject::Subject;
use crate::telemetry::CountedBy;
use attempt::Attempt;
use hashing::Slot;

pub use hashing::{Busy, HashingLimits, HashingPool};
pub use users::{SessionsOf, User, Users, UsersUnavailable};
#[cfg(feature = "users-file")]
pub use users_file::{FileContent, FileUser, UsersFile, UsersFileError};

/// Where a password comes from, to decide what it is counted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptSource {
    /// The client's address, if known.
    pub address: Option<IpAddr>,
    /// A device on which the name has signed in before: see
    /// [`Sessions::known_device`](crate::Sessions::known_device).
    pub device: Option<DeviceId>,
    /// When the session began in which the password is entered again.
    pub session_created_at: Option<UnixTime>,
}

/// How many wrong passwords are allowed within a window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptLimits {
    /// For one account, from anywhere.
    pub per_account: u64,
    /// From one address (IPv6: one /64), for any account.
    pub per_address: u64,
    /// From the first attempt until all are forgotten: there is no lasting lock.
    pub window: Duration,
}

impl Default for AttemptLimits {
    /// 10 and 100 in 15 minutes: a person never gets there, and somebody who guesses online has
    /// under a thousand guesses a day for an account (NIST SP 800-63B §3.2.2 allows 100 in a row).
    fn default() -> Self {
        Self { per_account: 10, per_address: 100, window: Duration::from_secs(15 * 60) }
    }
}

/// Checks names and passwords.
pub struct Logins {
    users: Arc<dyn Users>,
    store: BoundedStore,
    hashing: HashingPool,
    limits: AttemptLimits,
    cost: PasswordCost,
    counts: CountedBy,
    audit: Audit,
    // Verified when there is no such user, so that a stranger learns nothing from the time (R41).
    nobodys_hash: PasswordHash,
}

/// Puts [`Logins`] together.
#[must_use]
pub struct LoginsBuilder {
    users: Arc<dyn Users>,
    store: Arc<dyn Store>,
    hashing: HashingLimits,
    limits: AttemptLimits,
    cost: PasswordCost,
    events: Option<Events>,
}

impl LoginsBuilder {
    /// Bounds on hashing.
    pub fn hashing(self, hashing: HashingLimits) -> Self {
        Self { hashing, ..self }
    }

    /// How many wrong passwords are allowed.
    pub fn attempt_limits(self, limits: AttemptLimits) -> Self {
        Self { limits, ..self }
    }

    /// The work of a hash; weaker ones are strengthened at the next login.
    pub fn password_cost(self, cost: PasswordCost) -> Self {
        Self { cost, ..self }
    }

    /// What others are told by of names and passwords that are refused; without it they are told nothing.
    pub fn events(self, events: Events) -> Self {
        Self { events: Some(events), ..self }
    }

    /// The logins.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn build(self) -> Result<Logins, HashingFailed> {
        let nobody = Password::new(String::new());
        let nobodys_hash = PasswordHash::new(&nobody, self.cost, &mut HashingMemory::default())?;
        let Self { users, store, hashing, limits, cost, events } = self;
        let store = BoundedStore::new(store, None);
        let hashing = HashingPool::new(hashing);
        let audit = Audit::new(events);
        Ok(Logins { users, store, hashing, limits, cost, counts: counts(), audit, nobodys_hash })
    }
}

impl Logins {
    /// Logins of these users, whose attempts are counted in `store`; the rest is by default unless
    /// it is set in the [`LoginsBuilder`].
    pub fn builder(users: Arc<dyn Users>, store: Arc<dyn Store>) -> LoginsBuilder {
        LoginsBuilder {
            users,
            store,
            hashing: HashingLimits::default(),
            limits: AttemptLimits::default(),
            cost: PasswordCost::default(),
            events: None,
        }
    }

    /// The user of this name, if the password is right.
    ///
    /// Attempts are counted before the password is looked at, so that parallel ones cannot slip
    /// under the limit; only those that fail stay counted, also when whoever asked goes away (R66).
    ///
    /// # Errors
    /// [`LoginError::Refused`] for an unknown name and for a wrong password, after the same time.
    pub async fn authenticate(
        &self,
        name: &str,
        password: Password,
        source: AttemptSource,
    ) -> Result<User, LoginError> {
        let (error, known) = match self.judge(name, password, source).await {
            Ok(Judged::Right(user)) => {
                self.counts.count(ACCEPTED);
                return Ok(user);
            }
            Ok(Judged::Wrong { known }) => (LoginError::Refused, known),
            Err(error) => (error, None),
        };
        self.counts.count(error.code());
        self.audit.login_failed(error, &source, known.as_ref());
        Err(error)
    }

    async fn judge(
        &self,
        name: &str,
        password: Password,
        source: AttemptSource,
    ) -> Result<Judged<User>, LoginError> {
        let slot = self.hashing.reserve()?;
        let attempt = Attempt::begin(&self.store, self.counters(name, source)).await?;
        let verified = self.verify(&slot, name, password).await;
        // Only a wrong password uses up an attempt, and not our being unable to look at it.
        let end = match verified {
            Ok(Judged::Wrong { .. }) => AttemptEnd::Failed,
            _ => AttemptEnd::Forgiven,
        };
        match attempt.end(end).await {
            // A wrong password that is not counted must not be told from one that is.
            Err(unavailable) if end == AttemptEnd::Failed => return Err(unavailable.into()),
            _ => {}
        }
        let (user, password) = match verified? {
            Judged::Right(right) => right,
            Judged::Wrong { known } => return Ok(Judged::Wrong { known }),
        };
        if let Some(old) = user.password_hash.as_ref().filter(|hash| hash.is_weaker_than(self.cost)) {
            self.strengthen(&slot, &user.subject, old, password).await;
        }
        Ok(Judged::Right(user))
    }

    /// Brings up to date what is measured of logins and is a state rather than a count: for whoever is about
    /// to read the metrics.
    pub fn observe(&self) {
        describe_gauge!("session_hashing_waiting", "Logins that wait for a thread to hash their password");
        // Exact, as far as anybody can wait.
        gauge!("session_hashing_waiting").set(self.hashing.waiting() as f64);
    }

    async fn verify(
        &self,
        slot: &Slot<'_>,
        name: &str,
        password: Password,
    ) -> Result<Judged<(User, Password)>, LoginError> {
        let user = self.users.find(name).await?;
        let theirs = user.as_ref().and_then(|user| user.password_hash.clone());
        let has_password = theirs.is_some();
        let hash = theirs.unwrap_or_else(|| self.nobodys_hash.clone());
        let right = slot.run(move |memory| hash.verify(&password, memory).then_some(password));
        // Hashing takes what it takes, and a place in the queue before it.
        let right = off_budget(right).await?;
        // Nobody's hash has a password too, and it opens nothing.
        Ok(match (user, right) {
            (Some(user), Some(password)) if has_password => Judged::Right((user, password)),
            (user, _) => Judged::Wrong { known: user.map(|user| user.subject) },
        })
    }

    /// Whoever has signed in on this device before, or is signed in, has a counter of its own:
    /// strangers cannot use it up.
    fn counters(&self, name: &str, source: AttemptSource) -> Vec<(AttemptKey, AttemptLimit)> {
        let limit = |failures| AttemptLimit { failures, window: self.limits.window };
        let of_account = limit(self.limits.per_account);
        let AttemptSource { address, device, session_created_at } = source;
        if let Some(device) = device {
            return vec![(AttemptKey::device(device), of_account)];
        }
        if let Some(created_at) = session_created_at {
            return vec![(AttemptKey::session(name, created_at), of_account)];
        }
        let address = address.map(|address| (AttemptKey::address(address), limit(self.limits.per_address)));
        address.into_iter().chain([(AttemptKey::account(name), of_account)]).collect()
    }

    /// Hashes a password again that was hashed with less work than now (R40). If it cannot be done
    /// at this login, it will be at the next.
    async fn strengthen(&self, slot: &Slot<'_>, subject: &Subject, old: &PasswordHash, password: Password) {
        let cost = self.cost;
        let hashed = off_budget(slot.run(move |memory| PasswordHash::new(&password, cost, memory))).await;
        let Ok(Ok(hash)) = hashed else { return };
        match self.users.replace_hash(subject, old, hash).await {
            Ok(()) => tracing::info!(subject = subject.as_str(), "password hash strengthened"),
            Err(error) => {
                tracing::warn!(%error, "password hash could not be strengthened; it is tried again at the next login");
            }
        }
    }
}

/// Why a login did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// No such user, or not this password: nobody is told which.
    #[error("name or password is wrong")]
    Refused,
    /// Too many tries, for this account or from this address.
    #[error("too many attempts, expected a pause of {} s", retry_after.as_secs())]
    TooManyAttempts {
        /// Until the attempts are forgotten.
        retry_after: Duration,
    },
    /// More logins at once than this machine can hash passwords for.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// As many for this account at once as may yet turn out to be wrong.
    #[error("too many logins of this account at once")]
    Crowded,
    /// The users cannot be read.
    #[error(transparent)]
    Users(#[from] UsersUnavailable),
    /// The store's answer is not known.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// A name and a password that were looked at.
enum Judged<T> {
    Right(T),
    /// Whose the name is, if anybody's: for the audit alone.
    Wrong {
        known: Option<Subject>,
    },
}

/// What a password that was right is counted as.
const ACCEPTED: &str = "accepted";

/// What else a login is counted as.
const REFUSALS: [&str; 6] =
    ["refused", "limited", "busy", "crowded", "users_unavailable", "store_unavailable"];

fn counts() -> CountedBy {
    let outcomes = [&[ACCEPTED], &REFUSALS[..]].concat();
    let meaning = "Names and passwords that were judged, to sign in or to reauthenticate";
    CountedBy::new("session_logins_total", meaning, "outcome", &outcomes)
}

impl LoginError {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::TooManyAttempts { .. } => "limited",
            Self::Busy(_) => "busy",
            Self::Crowded => "crowded",
            Self::Users(_) => "users_unavailable",
            Self::Store(_) => "store_unavailable",
        }
    }
}

#[cfg(test)]
#[cfg(all(feature = "embedded", feature = "users-file"))]
mod tests {
    use std::num::NonZero;

    use super::*;
    use crate::clock::SystemClock;
    use crate::store::embedded::EmbeddedStore;

    fn logins(directory: &std::path::Path, limits: AttemptLimits) -> Logins {
        let users = UsersFile::new(directory.join("users"));
        let (right, memory) = (Password::new("correct horse".into()), &mut HashingMemory::default());
        let hash = PasswordHash::new(&right, PasswordCost::Mib19, memory).unwrap();
        let alice = FileUser { password_hash: Some(hash), sessions_since: None };
        users.change(|users| users.put("alice", alice)).unwrap();
        let store = Arc::new(EmbeddedStore::open(directory, Arc::new(SystemClock)).unwrap());
        let hashing = HashingLimits { threads: NonZero::<usize>::MIN, queue: 8 };
        Logins::builder(Arc::new(users), store).hashing(hashing).attempt_limits(limits).build().unwrap()
    }

    fn wrong() -> Password {
        Password::new("wrong horse".into())
    }

    /// R43: an address of IPv6 is its network of 64 bits, whatever stands behind that.
    #[tokio::test]
    async fn attempts_from_one_address_are_counted_over_all_accounts() {
        let directory = tempfile::tempdir().unwrap();
        let limits = AttemptLimits { per_address: 3, ..AttemptLimits::default() };
        let logins = logins(directory.path(), limits);
        let from = |address: &str| {
            let address = Some(address.parse().unwrap());
            AttemptSource { address, ..AttemptSource::default() }
        };
        for (name, address) in [("alice", "2001:db8::1"), ("bob", "2001:db8::2"), ("carol", "2001:db8::3")] {
            assert_eq!(
                logins.authenticate(name, wrong(), from(address)).await.err(),
                Some(LoginError::Refused)
            );
        }
        let fourth = logins.authenticate("dave", wrong(), from("2001:db8::4")).await;
        assert!(matches!(fourth, Err(LoginError::TooManyAttempts { .. })), "{fourth:?}");
        let elsewhere = logins.authenticate("dave", wrong(), from("2001:db8:0:1::4")).await;
        assert_eq!(elsewhere.err(), Some(LoginError::Refused));
    }

    /// R40: at the next login, since nobody has the password before that.
    #[tokio::test]
    async fn a_hash_of_less_work_is_made_again_when_its_password_comes() {
        let directory = tempfile::tempdir().unwrap();
        let logins =
            Logins { cost: PasswordCost::Mib46, ..logins(directory.path(), AttemptLimits::default()) };
        let stored = || std::fs::read_to_string(directory.path().join("users")).unwrap();
        let weaker = stored();
        let refused = logins.authenticate("alice", wrong(), AttemptSource::default()).await;
        assert_eq!((refused.err(), stored()), (Some(LoginError::Refused), weaker.clone()));
        for _ in 0..2 {
            let right = Password::new("correct horse".into());
            logins.authenticate("alice", right, AttemptSource::default()).await.unwrap();
        }
        assert!(
            weaker.contains("$m=19456,t=2,p=1$") && stored().contains("$m=47104,t=1,p=1$"),
            "{}",
            stored()
        );
    }

    /// R41: while no password can be hashed, neither refusal comes; afterwards both do.
    #[tokio::test]
    async fn an_unknown_user_is_refused_by_the_same_work_as_a_wrong_password() {
        let directory = tempfile::tempdir().unwrap();
        let logins = logins(directory.path(), AttemptLimits::default());
        for name in ["alice", "nobody"] {
            let slot = logins.hashing.reserve().unwrap();
            let (release, released) = std::sync::mpsc::channel::<()>();
            let mut busy = Box::pin(slot.run(move |_| released.recv()));
            assert!(futures_util::poll!(&mut busy).is_pending());
            let mut refusal = Box::pin(logins.authenticate(name, wrong(), AttemptSource::default()));
            let soon = tokio::time::timeout(Duration::from_millis(200), &mut refusal).await;
            assert!(soon.is_err(), "{name} was refused without a hash");
            release.send(()).unwrap();
            assert_eq!(refusal.await.err(), Some(LoginError::Refused));
            busy.await.unwrap().unwrap();
        }
        // And the hash that stands for nobody's costs the same.
        let alices = logins.users.find("alice").await.unwrap().unwrap().password_hash.unwrap().to_string();
        let parameters = |hash: String| hash.split('$').nth(3).unwrap().to_owned();
        assert_eq!(parameters(logins.nobodys_hash.to_string()), parameters(alices));
    }
}

use async_trait::async_trait;
use serde_json::{Map, Value};
use session_core::UnixTime;

use crate::password::PasswordHash;
use crate::subject::Subject;

/// Where users come from. The server reads a [`UsersFile`](super::UsersFile); an application that
/// links this library may look into its own database.
#[async_trait]
pub trait Users: Send + Sync + 'static {
    /// The user of exactly this name. To enter the password again, a user is looked up by the
    /// subject, so that has to be a name too.
    async fn find(&self, name: &str) -> Result<Option<User>, UsersUnavailable>;

    /// Replaces a user's password hash by a stronger one of the same password, if it is still `old`.
    async fn replace_hash(
        &self,
        subject: &Subject,
        old: &PasswordHash,
        new: PasswordHash,
    ) -> Result<(), UsersUnavailable>;

    /// Which sessions of a subject stand that were begun by a password: a new password and a removed
    /// user end them (R67). It is asked at every check of such a session, so it must be cheap; while
    /// it cannot be said, all stand.
    async fn sessions_of(&self, subject: &Subject) -> Result<SessionsOf, UsersUnavailable> {
        let _ = subject;
        Ok(SessionsOf::All)
    }
}

/// Which sessions of a subject stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionsOf {
    /// All of them.
    All,
    /// Those whose password was entered at this time or later.
    Since(UnixTime),
    /// None: the user was removed.
    None,
}

impl SessionsOf {
    /// Whether a session stands whose password was last entered at this time.
    #[must_use]
    pub fn includes(self, authenticated_at: UnixTime) -> bool {
        match self {
            Self::All => true,
            Self::Since(since) => authenticated_at >= since,
            Self::None => false,
        }
    }
}

/// Somebody who can log in.
#[derive(Clone, Debug)]
pub struct User {
    /// What sessions call the user by.
    pub subject: Subject,
    /// Proves the password. Who has none signs in by another way of the application, and is refused
    /// here, as slowly as everybody.
    pub password_hash: Option<PasswordHash>,
    /// What the application says of the user in every statement.
    pub claims: Map<String, Value>,
}

/// Whether there is such a user is not known at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("users are not available")]
pub struct UsersUnavailable;

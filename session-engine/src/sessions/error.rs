use session_core::{EndsBeforeItStarts, EntropyUnavailable, UnfitStatement};

use crate::record::{DocumentTooLarge, UnreadableRecord};
use crate::store::Unavailable;

/// Why something could not be done to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The store has no such session: it idled out, was revoked, or somebody logged out.
    #[error("session has ended")]
    Ended,
    /// The session went at this moment, by another request's doing; it may have been renewed.
    #[error("session ended meanwhile, by another request")]
    EndedMeanwhile,
    /// The session is past its absolute deadline.
    #[error("session is past its absolute deadline")]
    Expired,
    /// The session goes on under a newer ID, whose cookie the browser has received or is about to.
    #[error("session has a newer cookie than this one")]
    Renewed,
    /// It was done too often.
    #[error("too often, expected a pause of {} s", retry_after.as_secs_f64().ceil())]
    TooFast {
        /// Until it may be done again.
        retry_after: std::time::Duration,
    },
    /// The cookie has the right tag and the wrong secret: somebody else made it with our key.
    #[error("cookie's secret is not the session's")]
    WrongSecret,
    /// The session is a guest's, and this needs somebody who has signed in.
    #[error("session is a guest's, expected one of somebody who has signed in")]
    NotSignedIn,
    /// The session is of somebody who has signed in, and this is for guests.
    #[error("session is of somebody who has signed in, expected a guest's")]
    SignedIn,
    /// The session's data is not of the shape that the application expects, or would not be a JSON
    /// object.
    #[error("session data is not of the expected shape")]
    UnfitData,
    /// What the store has is not a record of ours.
    #[error(transparent)]
    Unreadable(#[from] UnreadableRecord),
    /// The data is at another revision than was expected.
    #[error("session data is at revision {revision}")]
    OtherRevision {
        /// The one it is at.
        revision: u64,
    },
    /// Other servers kept changing the session; it may be tried again.
    #[error("session is being changed by others, expected a quieter moment")]
    Contended,
    /// The subject's sessions were revoked while this one was being made.
    #[error("the subject's sessions were revoked at this moment")]
    RevokedMeanwhile,
    /// The subject is said to prove itself only later.
    #[error("subject is said to have been authenticated later than now")]
    NotYetAuthenticated,
    /// The same key was used to ask for something else.
    #[error("idempotency key was used for another request")]
    KeyReused,
    /// What was started with this key is over, or has another cookie by now.
    #[error("session that was started with this idempotency key has ended or was renewed")]
    KeySpent,
    /// The data does not fit into a record.
    #[error(transparent)]
    TooLarge(#[from] DocumentTooLarge),
    /// The session's claims do not fit into a statement.
    #[error(transparent)]
    UnfitStatement(#[from] UnfitStatement),
    /// The clock is so far off that no session can be made.
    #[error(transparent)]
    Clock(#[from] EndsBeforeItStarts),
    /// The system gives no randomness.
    #[error("the system's random number generator is unavailable")]
    Entropy,
    /// The store's answer is not known.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<EntropyUnavailable> for SessionError {
    fn from(_: EntropyUnavailable) -> Self {
        Self::Entropy
    }
}

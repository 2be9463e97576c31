use tokio::runtime::Handle;

use super::LoginError;
use crate::budget::to_its_end;
use crate::store::{Admission, AttemptEnd, AttemptKey, AttemptLimit, BoundedStore, Unavailable};

/// An attempt that is under way by every counter. Whatever becomes of whoever made it, it ends: dropped
/// as it is, it was no attempt.
pub(super) struct Attempt {
    store: BoundedStore,
    begun: Vec<(AttemptKey, AttemptLimit)>,
}

impl Attempt {
    pub(super) async fn begin(
        store: &BoundedStore,
        counters: Vec<(AttemptKey, AttemptLimit)>,
    ) -> Result<Self, LoginError> {
        let mut attempt = Self { store: store.clone(), begun: Vec::new() };
        for (key, limit) in counters {
            match store.begin_attempt(&key, limit).await? {
                Admission::Admitted => attempt.begun.push((key, limit)),
                Admission::Full => return Err(LoginError::Crowded),
                Admission::Refused { forgotten_in } => {
                    return Err(LoginError::TooManyAttempts { retry_after: forgotten_in });
                }
            }
        }
        Ok(attempt)
    }

    pub(super) async fn end(mut self, end: AttemptEnd) -> Result<(), Unavailable> {
        to_its_end(Self::tell(self.store.clone(), std::mem::take(&mut self.begun), end)).await?
    }

    async fn tell(
        store: BoundedStore,
        begun: Vec<(AttemptKey, AttemptLimit)>,
        end: AttemptEnd,
    ) -> Result<(), Unavailable> {
        let mut told = Ok(());
        for (key, limit) in begun {
            told = told.and(store.end_attempt(&key, limit, end).await);
        }
        told
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let begun = std::mem::take(&mut self.begun);
        if let (false, Ok(runtime)) = (begun.is_empty(), Handle::try_current()) {
            runtime.spawn(Self::tell(self.store.clone(), begun, AttemptEnd::Forgiven));
        }
    }
}

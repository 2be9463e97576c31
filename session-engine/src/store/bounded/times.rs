use std::time::{Duration, Instant};

use metrics::{Histogram, describe_histogram, histogram};

use crate::budget::in_time;
use crate::store::Unavailable;

const NAME: &str = "session_store_seconds";

/// How long the store takes for what it is asked.
pub(super) struct StoreTimes {
    pub(super) create: Times,
    pub(super) load: Times,
    pub(super) deadline: Times,
    pub(super) update: Times,
    pub(super) delete: Times,
    pub(super) list: Times,
    pub(super) epoch: Times,
    pub(super) note_revocation: Times,
    pub(super) revocations: Times,
    #[cfg(feature = "passwords")]
    pub(super) attempt: Times,
}

impl StoreTimes {
    pub(super) fn new() -> Self {
        describe_histogram!(NAME, "Time until the store answered, or was no longer waited for");
        Self {
            create: Times::of("create"),
            load: Times::of("load"),
            deadline: Times::of("deadline"),
            update: Times::of("update"),
            delete: Times::of("delete"),
            list: Times::of("list"),
            epoch: Times::of("epoch"),
            note_revocation: Times::of("note_revocation"),
            revocations: Times::of("revocations"),
            #[cfg(feature = "passwords")]
            attempt: Times::of("attempt"),
        }
    }
}

/// Those of one operation.
pub(super) struct Times {
    answered: Histogram,
    unavailable: Histogram,
}

impl Times {
    fn of(operation: &'static str) -> Self {
        let times = |outcome| histogram!(NAME, "operation" => operation, "outcome" => outcome);
        Self { answered: times("answered"), unavailable: times("unavailable") }
    }

    /// What the store answers, if that comes in time.
    pub(super) async fn of_answer<T>(
        &self,
        answer: impl Future<Output = Result<T, Unavailable>>,
    ) -> Result<T, Unavailable> {
        let began_at = Instant::now();
        let answer = in_time(answer).await;
        self.note(answer.is_ok(), began_at.elapsed());
        answer
    }

    fn note(&self, is_answered: bool, time: Duration) {
        let times = if is_answered { &self.answered } else { &self.unavailable };
        times.record(time);
    }
}

//! How long a request may wait for the store: one budget over all that it does (R79).

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use tokio::task_local;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::store::Unavailable;

/// The time that a request has for the store, whichever it is and however often it is asked.
pub const REQUEST_BUDGET: Duration = Duration::from_millis(800);

task_local! {
    static DEADLINE: Cell<Instant>;
}

/// Runs a request within one budget. What is not within one has a budget for each thing that it asks of
/// the store.
pub fn within_budget<F: Future>(request: F) -> impl Future<Output = F::Output> {
    DEADLINE.scope(Cell::new(Instant::now() + REQUEST_BUDGET), request)
}

/// Waits for something that is not the store's to answer for, such as a client that sends slowly: the
/// budget stands still meanwhile.
pub async fn off_budget<F: Future>(wait: F) -> F::Output {
    let began_at = Instant::now();
    let output = wait.await;
    let _ = DEADLINE.try_with(|deadline| deadline.set(deadline.get() + began_at.elapsed()));
    output
}

/// What the store answers, if that comes in time.
pub(crate) async fn in_time<T>(
    answer: impl Future<Output = Result<T, Unavailable>>,
) -> Result<T, Unavailable> {
    timeout_at(deadline(), answer).await.unwrap_or(Err(Unavailable))
}

/// Runs to its end what must not be left half done, also when whoever asked goes away or has waited too
/// long: then nothing is known.
pub(crate) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Unavailable> {
    let work = tokio::spawn(work.in_current_span());
    // A panic was reported when it happened.
    in_time(async { work.await.map_err(|_| Unavailable) }).await
}

/// Until when the request may wait, or who is within none.
pub(crate) fn deadline() -> Instant {
    DEADLINE.try_with(Cell::get).unwrap_or_else(|_| Instant::now() + REQUEST_BUDGET)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(240);

    async fn slow() -> Result<(), Unavailable> {
        tokio::time::sleep(STEP).await;
        Ok(())
    }

    /// R79: however many times it asks the store, and whatever the store.
    #[tokio::test(start_paused = true)]
    async fn a_request_has_one_budget_over_all_it_does() {
        let began_at = Instant::now();
        let results = within_budget(async {
            let mut results = Vec::new();
            for _ in 0..6 {
                results.push(in_time(slow()).await);
            }
            results
        });
        let results = results.await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
        assert_eq!(began_at.elapsed(), REQUEST_BUDGET);
    }

    /// R79: a place in the queue for hashing is no fault of the store.
    #[tokio::test(start_paused = true)]
    async fn what_the_store_is_not_to_blame_for_costs_no_budget() {
        let result = within_budget(async {
            off_budget(tokio::time::sleep(REQUEST_BUDGET * 5)).await;
            in_time(slow()).await
        });
        assert_eq!(result.await, Ok(()));
    }

    /// R79: who has no time left is told so, and what must not be left half done is done.
    #[tokio::test(start_paused = true)]
    async fn what_has_begun_ends_though_nobody_waits() {
        let (done, is_done) = tokio::sync::oneshot::channel();
        let work = async move {
            tokio::time::sleep(REQUEST_BUDGET * 2).await;
            done.send(()).unwrap();
        };
        assert_eq!(within_budget(to_its_end(work)).await, Err(Unavailable));
        assert_eq!(is_done.await, Ok(()));
    }
}

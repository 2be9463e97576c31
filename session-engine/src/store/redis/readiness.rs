use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a store that was there may be away: as long as another primary may take to be found.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether a store that is away has been so for long, as it looks to who asks now and then.
#[derive(Default)]
pub(super) struct Readiness(Mutex<Seen>);

#[derive(Clone, Copy, Default)]
enum Seen {
    #[default]
    Never,
    There,
    AwaySince(Instant),
}

impl Readiness {
    /// What to say, as things are now.
    pub(super) fn given(&self, is_available: bool) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = match *seen {
            _ if is_available => Seen::There,
            Seen::There => Seen::AwaySince(Instant::now()),
            before => before,
        };
        match *seen {
            Seen::Never => false,
            Seen::There => true,
            Seen::AwaySince(since) => since.elapsed() < PATIENCE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R58: or a balancer would leave out all servers at once.
    #[tokio::test(start_paused = true)]
    async fn a_blip_is_not_told_and_a_loss_is() {
        let readiness = Readiness::default();
        assert!(!readiness.given(false), "it was never there");
        assert!(readiness.given(true));
        assert!(readiness.given(false));
        tokio::time::advance(PATIENCE - Duration::from_millis(1)).await;
        assert!(readiness.given(false));
        assert!(readiness.given(true), "it came back");
        assert!(readiness.given(false));
        tokio::time::advance(PATIENCE).await;
        assert!(!readiness.given(false));
        assert!(readiness.given(true), "at once");
    }
}

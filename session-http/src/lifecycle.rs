use std::sync::Arc;

use tokio::sync::watch;

/// Whether a server is to go on. Clones speak of the same server, whatever number of listeners it has.
#[derive(Clone, Debug)]
pub struct Lifecycle(Arc<watch::Sender<bool>>);

impl Lifecycle {
    /// Of a server that has just begun.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Begins to stop: `/readyz` says no from now on, and every [`serve`](crate::serve) that has this
    /// drains.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it is about to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is about to stop.
    pub async fn stopping(&self) {
        // The sender is ours, so it outlives the waiting.
        let _ = self.0.subscribe().wait_for(|&stopping| stopping).await;
    }
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self::new()
    }
}

//! The example of a store of one's own fulfils the contract.

#[path = "../../examples/map_store.rs"]
mod map_store;

use std::sync::Arc;
use std::time::Duration;

use session_engine::ManualClock;
use session_engine::store::Store;
use session_engine::store::testing::{Harness, START};

use map_store::MapStore;

struct InMaps {
    store: Arc<MapStore>,
    clock: ManualClock,
}

impl Harness for InMaps {
    async fn start() -> Self {
        let clock = ManualClock::at(START);
        Self { store: Arc::new(MapStore::new(Arc::new(clock.clone()))), clock }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }
}

session_engine::store_contract!(InMaps);

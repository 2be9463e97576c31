//! What Redis says of keys that have changed since they were read (client-side caching, `CLIENT TRACKING`).

use std::sync::{Arc, OnceLock};

use redis::{PushInfo, PushKind, Value};

use super::keys::Keys;
use crate::store::ChangeListener;

/// Passes on what is said, once there is somebody to listen.
pub(super) struct Changes {
    keys: Keys,
    listener: OnceLock<Arc<dyn ChangeListener>>,
}

impl Changes {
    pub(super) fn new(keys: Keys) -> Self {
        Self { keys, listener: OnceLock::new() }
    }

    /// Who is to be told; the first one stays.
    pub(super) fn tell(&self, listener: Arc<dyn ChangeListener>) {
        let _ = self.listener.set(listener);
    }

    pub(super) fn are_wanted(&self) -> bool {
        self.listener.get().is_some()
    }

    /// What a connection says of its own accord.
    pub(super) fn hear(&self, push: &PushInfo) {
        let Some(listener) = self.listener.get() else { return };
        match (&push.kind, push.data.as_slice()) {
            (PushKind::Invalidate, [Value::Array(keys)]) => {
                for key in keys {
                    match key {
                        Value::BulkString(key) => {
                            self.keys.session_of(key).into_iter().for_each(|id| listener.changed(id));
                        }
                        _ => listener.all_changed(),
                    }
                }
            }
            // Without keys it means all of them.
            (PushKind::Invalidate | PushKind::Disconnection, _) => listener.all_changed(),
            _ => {}
        }
    }

    /// Whoever would have been told was not.
    pub(super) fn are_unknown(&self) {
        self.listener.get().into_iter().for_each(|listener| listener.all_changed());
    }
}

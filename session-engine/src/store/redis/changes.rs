//! What Redis says of keys that have changed since they were read (client-side caching, `CLIENT TRACKING`).

use std::sync::{Arc, PoisonError, RwLock, Weak};

use redis::{PushInfo, PushKind, Value};

use super::keys::Keys;
use crate::store::ChangeListener;

/// Passes on what is said, once there is somebody to listen.
pub(super) struct Changes {
    keys: Keys,
    listeners: RwLock<Vec<Weak<dyn ChangeListener>>>,
}

impl Changes {
    pub(super) fn new(keys: Keys) -> Self {
        Self { keys, listeners: RwLock::default() }
    }

    /// Who is to be told as well, for as long as it is there.
    pub(super) fn tell(&self, listener: &Arc<dyn ChangeListener>) {
        let mut listeners = self.listeners.write().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| listener.strong_count() > 0);
        listeners.push(Arc::downgrade(listener));
    }

    pub(super) fn are_wanted(&self) -> bool {
        !self.listeners.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn each(&self, tell: impl Fn(&dyn ChangeListener)) {
        let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner);
        listeners.iter().filter_map(Weak::upgrade).for_each(|listener| tell(&*listener));
    }

    /// What a connection says of its own accord.
    pub(super) fn hear(&self, push: &PushInfo) {
        match (&push.kind, push.data.as_slice()) {
            (PushKind::Invalidate, [Value::Array(keys)]) => {
                for key in keys {
                    match key {
                        Value::BulkString(key) => {
                            let session = self.keys.session_of(key);
                            session.into_iter().for_each(|id| self.each(|listener| listener.changed(id)));
                        }
                        _ => self.are_unknown(),
                    }
                }
            }
            // Without keys it means all of them.
            (PushKind::Invalidate | PushKind::Disconnection, _) => self.are_unknown(),
            _ => {}
        }
    }

    /// Whoever would have been told was not.
    pub(super) fn are_unknown(&self) {
        self.each(ChangeListener::all_changed);
    }
}

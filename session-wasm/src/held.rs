use spin::mutex::{SpinMutex, SpinMutexGuard};

use crate::buffer::Buffer;
use crate::slab::Slab;

/// What a module holds from one call to the next.
pub(crate) struct Held<T> {
    pub(crate) keys: Slab<T>,
    pub(crate) buffer: Buffer,
}

/// In a static, because functions and places need a quarter of the glue that exported objects do.
pub(crate) struct Holder<T>(SpinMutex<Held<T>>);

impl<T> Holder<T> {
    pub(crate) const fn new() -> Self {
        Self(SpinMutex::new(Held { keys: Slab::new(), buffer: Buffer::new() }))
    }

    /// For the time of one call. There is one thread, so nobody else can be in the middle of one,
    /// but for a call that has trapped: after that, nothing here can be relied on.
    pub(crate) fn hold(&self) -> SpinMutexGuard<'_, Held<T>> {
        self.0.try_lock().expect("an earlier call has trapped")
    }
}

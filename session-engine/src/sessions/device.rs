use session_core::{DeviceCookie, DeviceId};

use super::{SessionError, Sessions};

impl Sessions {
    /// The device that a request's `Cookie` header lines prove, if this name has signed in there before
    /// (FORMAT.md §6). It opens nothing: attempts are counted by it.
    pub fn known_device<'h>(
        &self,
        lines: impl IntoIterator<Item = &'h [u8]>,
        name: &str,
    ) -> Option<DeviceId> {
        self.keys.load().devices().find(lines, name, self.now())
    }

    /// What a device is given on which this name has just signed in.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn remember_device(&self, name: &str) -> Result<DeviceCookie, SessionError> {
        Ok(self.keys.load().devices().sign(DeviceId::generate()?, name, self.now()))
    }
}

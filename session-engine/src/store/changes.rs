use session_core::SessionId;

/// Hears which documents are no longer what was loaded. It is called in the middle of other work, so it must
/// not wait for anything.
pub trait ChangeListener: Send + Sync + 'static {
    /// The document of this ID has been changed or let go, or may have been.
    fn changed(&self, id: SessionId);

    /// Any may have been, and nobody can say which.
    fn all_changed(&self);
}

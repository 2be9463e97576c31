use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Who a session belongs to: a user's name, or whatever the application calls its users by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Subject(Arc<str>);

impl Subject {
    /// The longest subject in bytes; it travels in keys and statements.
    pub const MAX_LENGTH: usize = 255;

    /// The subject of this text.
    ///
    /// # Errors
    /// When it is empty, longer than 255 bytes, or has control characters.
    pub fn new(text: &str) -> Result<Self, InvalidSubject> {
        let fits = !text.is_empty() && text.len() <= Self::MAX_LENGTH;
        let clean = !text.chars().any(char::is_control);
        if fits && clean { Ok(Self(text.into())) } else { Err(InvalidSubject) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.as_str().into()
    }
}

impl TryFrom<String> for Subject {
    type Error = InvalidSubject;

    fn try_from(text: String) -> Result<Self, InvalidSubject> {
        Self::new(&text)
    }
}

/// A text that cannot be a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("subject is not 1 to 255 bytes without control characters")]
pub struct InvalidSubject;

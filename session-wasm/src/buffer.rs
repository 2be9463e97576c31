use alloc::vec::Vec;

#[cfg(any(feature = "cookie", feature = "statement"))]
use session_core::{CookieRefusal, UnverifiedCookieFields};

#[cfg(any(feature = "cookie", feature = "statement"))]
use crate::to_number;

/// Where numbers are left; a text is left behind them.
const NUMBERS: usize = 3;
const TEXT: usize = NUMBERS * size_of::<f64>();

/// The memory that JavaScript writes texts into, and reads answers from (`js/channel.js`).
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Makes it hold at least `capacity` bytes, and says where it is.
    pub(crate) fn reserve(&mut self, capacity: usize) -> *const u8 {
        if self.0.len() < capacity {
            self.0 = alloc::vec![0; capacity];
        }
        self.0.as_ptr()
    }

    /// What JavaScript wrote.
    pub(crate) fn written(&self, length: usize) -> &[u8] {
        self.0.get(..length).unwrap_or_default()
    }

    /// Erases what JavaScript wrote: it is a credential, or a key.
    #[cfg(any(feature = "cookie", feature = "statement"))]
    pub(crate) fn erase(&mut self, length: usize) {
        if let Some(written) = self.0.get_mut(..length) {
            written.fill(0);
        }
    }

    /// Leaves a good answer, and says how long its text is.
    pub(crate) fn leave(&mut self, numbers: [f64; NUMBERS], texts: &[&[u8]]) -> isize {
        let (places, _) = self.0.as_chunks_mut();
        for (place, number) in places.iter_mut().zip(numbers) {
            *place = number.to_le_bytes();
        }
        let mut end = TEXT;
        for text in texts {
            let start = end;
            end = end.saturating_add(text.len());
            // JavaScript reserves more than any answer takes: none is longer than what it answers.
            if let Some(place) = self.0.get_mut(start..end) {
                place.copy_from_slice(text);
            }
        }
        end.saturating_sub(TEXT).cast_signed()
    }

    /// Leaves the code of a refusal. Its length is negative, which tells it from a good answer.
    pub(crate) fn refuse(&mut self, code: &str) -> isize {
        -self.leave([0.0; NUMBERS], &[code.as_bytes()])
    }

    /// The same, with what was found instead of what was expected.
    #[cfg(feature = "statement")]
    pub(crate) fn refuse_with(&mut self, code: &str, found: &str) -> isize {
        -self.leave([0.0; NUMBERS], &[code.as_bytes(), b"\n", found.as_bytes()])
    }

    /// Leaves the times that a cookie says of itself, its session ID, and its key ID.
    #[cfg(any(feature = "cookie", feature = "statement"))]
    pub(crate) fn leave_unverified(
        &mut self,
        decoded: Result<UnverifiedCookieFields, CookieRefusal>,
    ) -> isize {
        match decoded {
            Ok(UnverifiedCookieFields { key_id, session_id, issued_at, expires_at }) => {
                let numbers = [to_number(issued_at), to_number(expires_at), 0.0];
                self.leave(numbers, &[&session_id.to_text(), key_id.as_bytes()])
            }
            Err(refusal) => self.refuse(refusal.code()),
        }
    }
}

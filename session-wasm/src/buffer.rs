use alloc::vec::Vec;

/// Where numbers are left; a text is left behind them.
const NUMBERS: usize = 4;
const TEXT: usize = NUMBERS * size_of::<f64>();

/// The memory that JavaScript writes texts into, and reads answers from (`js/channel.js`).
#[derive(Default)]
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    /// Makes it hold at least `capacity` bytes, and says where it is.
    pub(crate) fn reserve(&mut self, capacity: usize) -> *const u8 {
        if self.0.len() < capacity {
            self.0.resize(capacity, 0);
        }
        self.0.as_ptr()
    }

    /// What JavaScript wrote.
    pub(crate) fn written(&self, length: usize) -> &[u8] {
        self.0.get(..length).unwrap_or_default()
    }

    /// Erases what JavaScript wrote: it is a credential, or a key.
    #[cfg(feature = "cookie")]
    pub(crate) fn erase(&mut self, length: usize) {
        self.0.iter_mut().take(length).for_each(|byte| *byte = 0);
    }

    /// Leaves a good answer, and says how long its text is.
    pub(crate) fn leave(&mut self, numbers: [f64; NUMBERS], texts: &[&[u8]]) -> isize {
        let length: usize = texts.iter().map(|text| text.len()).sum();
        self.reserve(TEXT + length);
        let (places, mut rest) = self.0.as_mut_slice().split_at_mut(TEXT);
        for (place, number) in places.as_chunks_mut().0.iter_mut().zip(numbers) {
            *place = number.to_le_bytes();
        }
        for text in texts {
            let (place, behind) = rest.split_at_mut(text.len());
            place.copy_from_slice(text);
            rest = behind;
        }
        length.cast_signed()
    }

    /// Leaves the code of a refusal. Its length is negative, which tells it from a good answer.
    pub(crate) fn refuse(&mut self, code: &str) -> isize {
        -self.leave([0.0; NUMBERS], &[code.as_bytes()])
    }
}

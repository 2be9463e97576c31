//! The same numbers in every run: a difference that was found once is found again.

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `end`, which is left out.
    pub(crate) const fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// True once in `times`.
    pub(crate) const fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.number() as u8)
    }

    /// A place between two characters of `text`.
    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// `text` with one character changed, added, or lost, or cut short. What is added is one of
    /// `pieces`, or one that is in the text already.
    pub(crate) fn damage(&mut self, text: &str, pieces: &[&str]) -> String {
        let (head, tail) = text.split_at(self.place(text));
        let mut rest = tail.chars();
        let lost = rest.next().map(String::from).unwrap_or_default();
        let known = text[self.place(text)..].chars().next().map(String::from).unwrap_or_default();
        let piece = if self.once_in(2) { known } else { self.pick(pieces).to_owned() };
        match self.below(8) {
            0 => head.to_owned(),
            1 => format!("{head}{}", rest.as_str()),
            2 | 3 => format!("{head}{piece}{tail}"),
            4 => format!("{head}{lost}{lost}{}", rest.as_str()),
            _ => format!("{head}{piece}{}", rest.as_str()),
        }
    }
}

use alloc::vec::Vec;

/// What JavaScript holds by its place here.
pub(crate) struct Slab<T>(Vec<Option<T>>);

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Keeps `value`, and says where.
    pub(crate) fn insert(&mut self, value: T) -> usize {
        for (place, held) in self.0.iter_mut().enumerate() {
            if held.is_none() {
                *held = Some(value);
                return place;
            }
        }
        self.0.push(Some(value));
        self.0.len().saturating_sub(1)
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.0.get_mut(place)?.as_mut()
    }

    /// Drops what is there.
    pub(crate) fn remove(&mut self, place: usize) {
        if let Some(taken) = self.0.get_mut(place) {
            *taken = None;
        }
    }
}

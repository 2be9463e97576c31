use std::cmp::Reverse;
use std::collections::BTreeMap;

use session_core::{REVOCATION_INTEREST, SessionId, UnixTime};

use crate::store::{MAX_REVOCATIONS, Revocations};

/// What a server knows of the revocations in Redis, so that it need not read all of them each second.
#[derive(Default)]
pub(super) struct KnownRevocations {
    as_of: Option<UnixTime>,
    /// Over which connection it was heard.
    connection: u64,
    noted_at: BTreeMap<SessionId, f64>,
    /// Members that are no session IDs are not ours. They count all the same.
    foreign: BTreeMap<String, f64>,
}

/// What Redis says was noted since some second, that one included.
pub(super) struct News {
    pub(super) as_of: UnixTime,
    /// How many members are of interest in all.
    pub(super) total: usize,
    /// Members, and when each was noted.
    pub(super) noted: Vec<(String, f64)>,
}

impl KnownRevocations {
    /// Everything that was noted before this second is known.
    pub(super) const fn as_of(&self) -> Option<UnixTime> {
        self.as_of
    }

    pub(super) fn forget(&mut self) {
        *self = Self { connection: self.connection, ..Self::default() };
    }

    /// What was heard over another connection is worth nothing.
    pub(super) fn hear_over(&mut self, connection: u64) {
        if std::mem::replace(&mut self.connection, connection) != connection {
            self.forget();
        }
    }

    /// Says whether what is known now is as much as there is.
    #[must_use]
    pub(super) fn learn(&mut self, news: News) -> bool {
        let is_later = self.as_of.replace(news.as_of).is_none_or(|before| before <= news.as_of);
        for (member, noted_at) in news.noted {
            match member.parse() {
                Ok(id) => drop(self.noted_at.insert(id, noted_at)),
                Err(_) => drop(self.foreign.insert(member, noted_at)),
            }
        }
        // Seconds of this age are exact as a score.
        let oldest = news.as_of.saturating_sub(REVOCATION_INTEREST).as_secs() as f64;
        self.noted_at.retain(|_, noted_at| *noted_at > oldest);
        self.foreign.retain(|_, noted_at| *noted_at > oldest);
        if self.noted_at.len() > MAX_REVOCATIONS {
            self.keep_the_latest();
        }
        let known = self.noted_at.len() + self.foreign.len();
        is_later && known.min(MAX_REVOCATIONS) == news.total.min(MAX_REVOCATIONS)
    }

    /// In the order of Redis, so that every server tells of the same. Of what is not negative, the bits of
    /// a score are in its order.
    fn keep_the_latest(&mut self) {
        let mut latest: Vec<_> = std::mem::take(&mut self.noted_at).into_iter().collect();
        latest.sort_by_cached_key(|(id, noted_at)| Reverse((noted_at.to_bits(), id.to_string())));
        latest.truncate(MAX_REVOCATIONS);
        self.noted_at = latest.into_iter().collect();
    }

    pub(super) fn told(&self) -> Revocations {
        let as_of = self.as_of.unwrap_or(UnixTime::from_secs(0));
        Revocations { ids: self.noted_at.keys().copied().collect(), as_of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u32 = 1_800_000_000;

    /// R78: of more than can be told the latest are, and of those of one second the ones that every server tells.
    #[test]
    fn of_too_many_the_latest_are_told() {
        // In the order of their texts, too.
        let text = |number: usize| format!("{number:021}A");
        let noted = |numbers: std::ops::Range<usize>, at: u32| {
            numbers.map(|number| (text(number), f64::from(at))).collect::<Vec<_>>()
        };
        let as_of = UnixTime::from_secs(NOW.into());
        let mut known = KnownRevocations::default();
        let early = noted(100..MAX_REVOCATIONS + 100, NOW - 2);
        assert!(known.learn(News { as_of, total: MAX_REVOCATIONS, noted: early }));
        assert!(known.learn(News { as_of, total: MAX_REVOCATIONS + 3, noted: noted(0..3, NOW) }));
        let told = known.told().ids;
        assert_eq!(told.len(), MAX_REVOCATIONS);
        let is_told = |number| told.contains(&text(number).parse().unwrap());
        let numbers = [0, 1, 2, 100, 101, 102, 103, MAX_REVOCATIONS + 99];
        assert_eq!(numbers.map(is_told), [true, true, true, false, false, false, true, true]);
    }
}

use std::collections::HashMap;

use session_core::{REVOCATION_INTEREST, UnixTime};

use crate::store::{MAX_REVOCATIONS, Revocations};

/// What a server knows of the revocations in Redis, so that it need not read all of them each second.
#[derive(Default)]
pub(super) struct KnownRevocations {
    as_of: Option<UnixTime>,
    /// Member → when it was noted. Members that are no session IDs are kept for the sake of the count.
    noted_at: HashMap<String, f64>,
}

/// What Redis says was noted since some second, that one included.
pub(super) struct News {
    pub(super) as_of: UnixTime,
    /// How many revocations are of interest in all.
    pub(super) total: usize,
    pub(super) noted: Vec<(String, f64)>,
}

impl KnownRevocations {
    /// Everything that was noted before this second is known.
    pub(super) const fn as_of(&self) -> Option<UnixTime> {
        self.as_of
    }

    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Says whether what is known now is as much as there is.
    #[must_use]
    pub(super) fn learn(&mut self, news: News) -> bool {
        let is_later = self.as_of.replace(news.as_of).is_none_or(|before| before <= news.as_of);
        self.noted_at.extend(news.noted);
        // Seconds of this age are exact as a score.
        let oldest = news.as_of.saturating_sub(REVOCATION_INTEREST).as_secs() as f64;
        self.noted_at.retain(|_, noted_at| *noted_at > oldest);
        if self.noted_at.len() > MAX_REVOCATIONS {
            self.keep_the_latest();
        }
        is_later && self.noted_at.len() == news.total.min(MAX_REVOCATIONS)
    }

    /// In the order of Redis, so that every server tells of the same.
    fn keep_the_latest(&mut self) {
        let mut members: Vec<_> = self.noted_at.drain().collect();
        members.sort_unstable_by(|(one, one_at), (other, other_at)| {
            other_at.total_cmp(one_at).then_with(|| other.cmp(one))
        });
        members.truncate(MAX_REVOCATIONS);
        self.noted_at = members.into_iter().collect();
    }

    /// What is no session ID is not ours.
    pub(super) fn told(&self) -> Revocations {
        let mut ids: Vec<_> = self.noted_at.keys().filter_map(|member| member.parse().ok()).collect();
        // The same on every server.
        ids.sort_unstable();
        Revocations { ids, as_of: self.as_of.unwrap_or(UnixTime::from_secs(0)) }
    }
}

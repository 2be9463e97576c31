use std::sync::Arc;

use super::SessionError;
use super::live::Kept;
#[cfg(feature = "legacy")]
use super::take_over::LegacyOutcome;
use crate::telemetry::CountedBy;

/// The stable codes of [`HeaderRefusal`](session_core::HeaderRefusal).
const REFUSALS: [&str; 8] =
    ["absent", "ambiguous", "too_long", "malformed", "unknown_key", "bad_tag", "not_yet_valid", "expired"];

/// What the store may say of the session of an authentic cookie.
const OUTCOMES: [&str; 7] =
    ["live", "ended", "expired", "renewed", "wrong_secret", "unreadable", "unavailable"];

/// Whose sessions are started.
const STARTS: [&str; 2] = ["subject", "guest"];

/// Whether a deadline was remembered that would else have to be written.
const LOOK_UPS: [&str; 2] = ["hit", "miss"];

/// What becomes of sessions that another library began.
#[cfg(feature = "legacy")]
const LEGACY_OUTCOMES: [&str; 4] = ["taken_over", "over", "nobodys", "unavailable"];

/// How often cookies were brought, and sessions started and looked at, by what came of it.
pub(super) struct SessionCounts {
    pub(super) refused_cookies: CountedBy,
    checks: CountedBy,
    starts: CountedBy,
    deadlines: CountedBy,
    near: CountedBy,
    #[cfg(feature = "legacy")]
    legacy: CountedBy,
}

impl SessionCounts {
    pub(super) fn new() -> Self {
        Self {
            refused_cookies: CountedBy::new(
                "session_cookies_refused_total",
                "Requests whose session cookie was absent or refused, without asking the store",
                "reason",
                &REFUSALS,
            ),
            checks: CountedBy::new(
                "session_checks_total",
                "Sessions of authentic cookies, by what the store said of them",
                "outcome",
                &OUTCOMES,
            ),
            starts: CountedBy::new(
                "session_starts_total",
                "Sessions that were started, by a password, by an application or by a back end, by whose they are",
                "of",
                &STARTS,
            ),
            deadlines: CountedBy::new(
                "session_deadline_cache_total",
                "Uses of sessions, by whether this server remembered the idle deadline and so need not write it",
                "outcome",
                &LOOK_UPS,
            ),
            near: CountedBy::new(
                "session_near_cache_total",
                "Checks that the near cache was asked for, by whether it had the session and the store need not be asked",
                "outcome",
                &LOOK_UPS,
            ),
            #[cfg(feature = "legacy")]
            legacy: CountedBy::new(
                "session_legacy_total",
                "Requests with a cookie of another library and none of ours, by what became of its session",
                "outcome",
                &LEGACY_OUTCOMES,
            ),
        }
    }

    pub(super) fn note_start(&self, is_guests: bool) {
        self.starts.count(if is_guests { "guest" } else { "subject" });
    }

    pub(super) fn note_deadline(&self, is_known: bool) {
        self.deadlines.count(if is_known { "hit" } else { "miss" });
    }

    pub(super) fn note_near(&self, is_known: bool) {
        self.near.count(if is_known { "hit" } else { "miss" });
    }

    #[cfg(feature = "legacy")]
    pub(super) fn note_legacy(&self, outcome: &Result<LegacyOutcome, SessionError>) {
        self.legacy.count(match outcome {
            Ok(LegacyOutcome::TakenOver(_)) => "taken_over",
            Ok(LegacyOutcome::Over) => "over",
            Ok(LegacyOutcome::Nobodys) => "nobodys",
            Err(_) => "unavailable",
        });
    }

    pub(super) fn note_check(&self, checked: &Result<Arc<Kept>, SessionError>) {
        self.checks.count(match checked {
            Ok(_) => "live",
            Err(SessionError::Ended) => "ended",
            Err(SessionError::Expired) => "expired",
            Err(SessionError::Renewed) => "renewed",
            Err(SessionError::WrongSecret) => "wrong_secret",
            Err(SessionError::Unreadable(_)) => "unreadable",
            // Whatever else went wrong, nothing is known of the session.
            Err(_) => "unavailable",
        });
    }
}

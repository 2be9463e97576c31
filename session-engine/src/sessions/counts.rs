use super::SessionError;
use super::live::Kept;
use crate::telemetry::CountedBy;

/// The stable codes of [`HeaderRefusal`](session_core::HeaderRefusal).
const REFUSALS: [&str; 8] =
    ["absent", "ambiguous", "too_long", "malformed", "unknown_key", "bad_tag", "not_yet_valid", "expired"];

/// What the store may say of the session of an authentic cookie.
const OUTCOMES: [&str; 7] =
    ["live", "ended", "expired", "renewed", "wrong_secret", "unreadable", "unavailable"];

/// How often cookies were brought and sessions looked at, by what came of it.
pub(super) struct SessionCounts {
    pub(super) refused_cookies: CountedBy,
    checks: CountedBy,
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
                "Sessions of authentic cookies that the store was asked for, by what it said",
                "outcome",
                &OUTCOMES,
            ),
        }
    }

    pub(super) fn note_check(&self, checked: &Result<Kept, SessionError>) {
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

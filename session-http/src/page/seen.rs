//! What a request shows of its visitor, before any script has asked.

use http::HeaderValue;
use http::header::SET_COOKIE;
use session_core::UnixTime;
use session_engine::Subject;

use crate::problem::{Problem, Reason};
use crate::session::Session;
use crate::visitor::Visitor;

/// Whether somebody is signed in.
pub(super) enum Seen {
    Present(Box<Session<Subject>>),
    /// Nobody is, as surely as at `GET /session`, and what that would do to the cookies.
    Absent {
        reason: Reason,
        cookies: Vec<HeaderValue>,
    },
    /// Only the store knows, and it does not answer.
    Unknown,
}

impl Seen {
    /// To be looked at is no use of a session.
    pub(super) async fn of(visitor: Visitor) -> Self {
        match visitor.passive().session().await {
            Ok(session) => Self::Present(Box::new(session)),
            Err(problem) => match problem.reason() {
                Some(reason) => Self::Absent { reason, cookies: cookies(problem) },
                None => Self::Unknown,
            },
        }
    }

    /// As the script is told.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Present(_) => "present",
            Self::Absent { .. } => "absent",
            Self::Unknown => "unknown",
        }
    }
}

fn cookies(problem: Problem) -> Vec<HeaderValue> {
    problem.into_answer().headers().get_all(SET_COOKIE).iter().cloned().collect()
}

/// By which name somebody is addressed: what the application says of them, or else who they are.
pub(super) fn name_of(session: &Session) -> &str {
    let said = session.record().claims.get("name").and_then(|name| name.as_str());
    said.filter(|name| !name.is_empty()).unwrap_or(session.subject().as_str())
}

/// A time as markup, with its zone: the server does not know the visitor's.
pub(super) fn time(at: UnixTime) -> String {
    let exact = exact(at);
    let shown = exact.get(..16).unwrap_or_default().replace('T', " ");
    format!("<time datetime=\"{exact}\">{shown} UTC</time>")
}

fn exact(at: UnixTime) -> String {
    let at = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(at.as_secs());
    humantime::format_rfc3339_seconds(at).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_names_its_zone() {
        let shown = time(UnixTime::from_secs(1_800_000_000));
        assert_eq!(shown, "<time datetime=\"2027-01-15T08:00:00Z\">2027-01-15 08:00 UTC</time>");
    }
}

//! The audit log: a line for every sign-in, refusal, limit, log-out, revocation and reauthentication (ASVS 5.0
//! V16.3), written here and nowhere else.
//!
//! Which request it was, and from where, is told by the span that the request is in, as every line has it.

use std::net::IpAddr;

use session_core::SessionId;
use tracing::Level;

#[cfg(feature = "passwords")]
use crate::logins::{AttemptSource, LoginError};
use crate::sessions::Issued;
use crate::store::Entry;
use crate::subject::Subject;

/// The target of these lines, by which filters tell them from the rest of the log.
pub const AUDIT_TARGET: &str = "session::audit";

/// Why a session was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Whoever had it logged out.
    LogOut,
    /// Its owner, in this session.
    Owner { by: SessionId },
    /// Somebody who may end sessions of others.
    Administrator,
    /// Its user has a new password, or was removed.
    Password,
    /// Its subject has too many.
    Surplus,
    /// Somebody signed in where it was.
    Replaced,
}

impl End {
    const fn code(self) -> &'static str {
        match self {
            Self::LogOut => "log_out",
            Self::Owner { .. } => "owner",
            Self::Administrator => "administrator",
            Self::Password => "password",
            Self::Surplus => "surplus",
            Self::Replaced => "replaced",
        }
    }
}

/// A line, whose message is the event and its outcome.
#[derive(Default)]
struct Line<'a> {
    event: &'static str,
    outcome: &'static str,
    cause: Option<&'static str>,
    session_id: Option<SessionId>,
    former_session_id: Option<SessionId>,
    by_session_id: Option<SessionId>,
    subject: Option<&'a Subject>,
    address: Option<IpAddr>,
}

impl Line<'_> {
    fn write(self, is_suspicious: bool) {
        let Self { event, outcome, cause, .. } = self;
        let session_id = self.session_id.map(tracing::field::display);
        let former_session_id = self.former_session_id.map(tracing::field::display);
        let by_session_id = self.by_session_id.map(tracing::field::display);
        let subject = self.subject.map(Subject::as_str);
        let address = self.address.map(tracing::field::display);
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    target: AUDIT_TARGET, $level,
                    event, outcome, cause, session_id, former_session_id, by_session_id, subject, address,
                    "{event} {outcome}"
                )
            };
        }
        if is_suspicious { line!(Level::WARN) } else { line!(Level::INFO) }
    }
}

pub(crate) fn signed_in(Issued { session, .. }: &Issued) {
    let (session_id, subject) = (Some(session.id()), Some(session.subject()));
    let line = Line { event: "login", outcome: "accepted", session_id, subject, ..Line::default() };
    Line { address: session.record().client.ip, ..line }.write(false);
}

/// The name that was tried is told only as far as there is such a user: what was typed may be a password in the
/// wrong field.
#[cfg(feature = "passwords")]
pub(crate) fn login_failed(error: LoginError, source: &AttemptSource, known: Option<&Subject>) {
    let event = if source.session_created_at.is_some() { "reauthentication" } else { "login" };
    let is_suspicious = matches!(error, LoginError::Refused | LoginError::TooManyAttempts { .. });
    let line = Line { event, outcome: error.code(), subject: known, ..Line::default() };
    Line { address: source.address, ..line }.write(is_suspicious);
}

/// The session goes on under a new ID.
pub(crate) fn reauthenticated(former: &Entry, new: SessionId) {
    let (session_id, former_session_id) = (Some(new), Some(former.id));
    let (event, outcome, subject) = ("reauthentication", "accepted", former.subject.as_ref());
    Line { event, outcome, session_id, former_session_id, subject, ..Line::default() }.write(false);
}

/// By somebody who speaks for the application, and not in a request of the subject.
pub(crate) fn claims_changed(id: SessionId, subject: Option<&Subject>) {
    let (event, outcome, session_id) = ("claims", "changed", Some(id));
    Line { event, outcome, session_id, subject, ..Line::default() }.write(false);
}

/// Somebody at this address asked for something of the management, and has none of its tokens.
pub fn management_refused(address: Option<IpAddr>) {
    Line { event: "management", outcome: "refused", address, ..Line::default() }.write(true);
}

pub(crate) fn ended(entry: &Entry, end: End) {
    let (event, outcome, cause) = ("session", "ended", Some(end.code()));
    let (session_id, subject) = (Some(entry.id), entry.subject.as_ref());
    let by_session_id = match end {
        End::Owner { by } => Some(by),
        _ => None,
    };
    Line { event, outcome, cause, session_id, by_session_id, subject, ..Line::default() }.write(false);
}

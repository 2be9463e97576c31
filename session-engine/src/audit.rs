//! What is told of security: the audit log, with a line for every sign-in, refusal, limit, log-out, revocation and
//! reauthentication (ASVS 5.0 V16.3), and the events for who asked for them; here and nowhere else.
//!
//! Which request it was, and from where, is told by the span that the request is in, as every line has it.

use std::net::IpAddr;

use session_core::SessionId;
use tracing::Level;

use crate::event::EventKind;
use crate::events::Events;
#[cfg(feature = "passwords")]
use crate::logins::{AttemptSource, LoginError};
use crate::sessions::{Issued, LiveSession, Owner};
use crate::store::{Entry, Watch, Watched};
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

    const fn by(self) -> Option<SessionId> {
        match self {
            Self::Owner { by } => Some(by),
            _ => None,
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

/// Tells of what happened: in the log, and where events are on, to who reads them.
#[derive(Clone, Default)]
pub(crate) struct Audit {
    events: Option<Events>,
}

impl Audit {
    pub(crate) const fn new(events: Option<Events>) -> Self {
        Self { events }
    }

    /// Somebody signed in by a password, or a back end began a session of somebody.
    pub(crate) fn signed_in(&self, issued: &Issued) {
        let session = &issued.session;
        let (session_id, subject) = (Some(session.id()), Some(session.subject()));
        let line = Line { event: "login", outcome: "accepted", session_id, subject, ..Line::default() };
        Line { address: session.record().client.ip, ..line }.write(false);
        self.began(issued);
    }

    /// A session began, somebody's or a guest's.
    pub(crate) fn began<O: Owner>(&self, Issued { session, .. }: &Issued<O>) {
        let (session_id, subject) = (session.id(), session.record().subject.clone());
        self.tell(EventKind::Created { session_id, subject }, || Watch {
            begin: Some(watched(session)),
            end: None,
        });
    }

    /// The name that was tried is told only as far as there is such a user: what was typed may be a password in
    /// the wrong field.
    ///
    /// Who is limited is no event: that costs strangers nothing, and would push others out. A refusal costs a hash.
    #[cfg(feature = "passwords")]
    pub(crate) fn login_failed(&self, error: LoginError, source: &AttemptSource, known: Option<&Subject>) {
        let reauthentication = source.session_created_at.is_some();
        let event = if reauthentication { "reauthentication" } else { "login" };
        let is_suspicious = matches!(error, LoginError::Refused | LoginError::TooManyAttempts { .. });
        let line = Line { event, outcome: error.code(), subject: known, ..Line::default() };
        Line { address: source.address, ..line }.write(is_suspicious);
        if error == LoginError::Refused {
            let (subject, address) = (known.cloned(), source.address);
            self.tell(EventKind::LoginRefused { subject, address, reauthentication }, Watch::default);
        }
    }

    /// A session goes on under a new ID; where its subject has proved itself again, the log has it too.
    pub(crate) fn renewed(&self, former: &Entry, new: &LiveSession, reauthenticated: bool) {
        let (session_id, predecessor, subject) = (new.id(), former.id, former.subject.as_ref());
        if reauthenticated {
            let (event, outcome) = ("reauthentication", "accepted");
            let (session_id, former_session_id) = (Some(session_id), Some(predecessor));
            Line { event, outcome, session_id, former_session_id, subject, ..Line::default() }.write(false);
        }
        let subject = subject.cloned();
        self.tell(EventKind::Renewed { session_id, predecessor, subject, reauthenticated }, || Watch {
            begin: Some(watched(new)),
            end: Some(predecessor),
        });
    }

    /// A session was ended by decision.
    pub(crate) fn ended(&self, entry: &Entry, end: End) {
        let (event, outcome, cause) = ("session", "ended", Some(end.code()));
        let (session_id, subject) = (Some(entry.id), entry.subject.as_ref());
        let by_session_id = end.by();
        Line { event, outcome, cause, session_id, by_session_id, subject, ..Line::default() }.write(false);
        self.left(entry, end);
    }

    /// The same of a guest at sign-in, which is told in the log as that.
    pub(crate) fn left(&self, entry: &Entry, end: End) {
        let (session_id, subject) = (entry.id, entry.subject.clone());
        let (cause, by_session_id) = (end.code(), end.by());
        self.tell(EventKind::Revoked { session_id, subject, cause, by_session_id }, || Watch {
            begin: None,
            end: Some(session_id),
        });
    }

    fn tell(&self, kind: EventKind, watch: impl FnOnce() -> Watch) {
        if let Some(events) = &self.events {
            events.tell(kind, watch());
        }
    }
}

/// What is said of a session's subject was changed by somebody who speaks for the application.
pub(crate) fn claims_changed(id: SessionId, subject: Option<&Subject>) {
    let (event, outcome, session_id) = ("claims", "changed", Some(id));
    Line { event, outcome, session_id, subject, ..Line::default() }.write(false);
}

/// Somebody at this address asked for something of the management, and has none of its tokens.
pub fn management_refused(address: Option<IpAddr>) {
    Line { event: "management", outcome: "refused", address, ..Line::default() }.write(true);
}

fn watched<O: Owner>(session: &LiveSession<O>) -> Watched {
    let (id, subject) = (session.id(), session.record().subject.clone());
    Watched { id, subject, idle_expires_at: session.idle_expires_at() }
}

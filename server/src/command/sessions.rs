use std::error::Error;
use std::fmt::{self, Display};
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use session_core::{SessionId, UnixTime};
use session_engine::UsersFile;
use ureq::http::{Request, StatusCode};

use crate::output::{rfc3339, say};
use crate::settings::listen_address::ListenAddress;
use crate::{Result, management_tokens};

/// Longer than a server takes to answer or to say that it cannot.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which server is asked, and by which right.
#[derive(Args, Debug)]
pub(crate) struct Target {
    /// A TOML file with settings, as for `serve`
    #[arg(long, env = "SESSION_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Address of a server's management
    #[arg(long, env = "SESSION_MANAGE", value_name = "ADDRESS", global = true)]
    manage: Option<ListenAddress>,
    /// A file with a management token: the first of its lines is used
    #[arg(long, env = "SESSION_MANAGEMENT_TOKENS", value_name = "FILE", global = true)]
    management_tokens: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// List the living sessions of a user, the one that began last first
    List {
        /// The user
        subject: String,
    },
    /// Show one session
    Show {
        /// Its ID
        #[arg(allow_hyphen_values = true)]
        session_id: SessionId,
    },
    /// End the sessions of a user, or one session, on every server
    #[command(group(ArgGroup::new("which").args(["target", "subject", "id"]).required(true)))]
    Revoke {
        /// What has the form of a session ID is that session, and anything else a user
        #[arg(value_name = "SUBJECT|SESSION-ID", allow_hyphen_values = true)]
        target: Option<String>,
        /// This session alone, and only if it is that user's
        #[arg(allow_hyphen_values = true, requires = "target")]
        session_id: Option<SessionId>,
        /// A user, whatever the name looks like
        #[arg(long, allow_hyphen_values = true)]
        subject: Option<String>,
        /// A session, whatever its ID begins with
        #[arg(long, allow_hyphen_values = true, value_name = "SESSION-ID")]
        id: Option<SessionId>,
    },
}

#[derive(Deserialize)]
struct Listed {
    sessions: Vec<Session>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Session {
    session_id: SessionId,
    created_at: u64,
    last_seen_at: u64,
    client: Client,
}

#[derive(Deserialize)]
struct Client {
    ip: Option<String>,
    user_agent: Option<String>,
}

/// What more is said of one alone.
#[derive(Deserialize)]
struct Shown {
    #[serde(flatten)]
    session: Session,
    subject: Option<String>,
    claims: Value,
    authenticated_at: u64,
    idle_expires_at: u64,
    absolute_expires_at: u64,
}

#[derive(Deserialize)]
struct Revoked {
    revoked: usize,
}

pub(crate) fn run(target: &Target, action: &Action) -> Result {
    match action {
        Action::List { subject } => target.list(subject),
        Action::Show { session_id } => target.show(*session_id),
        Action::Revoke { id: Some(id), .. } => target.revoke_one(*id),
        Action::Revoke { subject: Some(subject), .. } => target.revoke_all(subject),
        Action::Revoke { target: Some(subject), session_id: Some(id), .. } => {
            target.ask("DELETE", &format!("{}/{id}", path_of(subject)))?;
            say!("session ended: {id}")
        }
        Action::Revoke { target: subject, .. } => {
            let subject = subject.as_deref().unwrap_or_default();
            match subject.parse() {
                Ok(id) => target.revoke_one(id).map_err(|error| match error.downcast_ref() {
                    Some(Refused { status: StatusCode::NOT_FOUND, .. }) => {
                        format!("{error}; if {id} is a user, say `--subject {id}`").into()
                    }
                    _ => error,
                }),
                Err(_) => target.revoke_all(subject),
            }
        }
    }
}

impl Target {
    fn list(&self, subject: &str) -> Result {
        let path = path_of(subject);
        let mut page = String::new();
        loop {
            let listed: Listed = serde_json::from_str(&self.ask("GET", &format!("{path}{page}"))?)?;
            for session in &listed.sessions {
                let at = |seconds| rfc3339(UnixTime::from_secs(seconds));
                let (created, seen) = (at(session.created_at), at(session.last_seen_at));
                let (ip, agent) = session.client.told();
                say!("{}  since {created}  seen {seen}  {ip}  {agent}", session.session_id)?;
            }
            let Some(cursor) = listed.next_cursor else { return Ok(()) };
            page = format!("?cursor={}", utf8_percent_encode(&cursor, NON_ALPHANUMERIC));
        }
    }

    fn show(&self, id: SessionId) -> Result {
        let shown: Shown = serde_json::from_str(&self.ask("GET", &format!("/sessions/{id}"))?)?;
        let at = |seconds| rfc3339(UnixTime::from_secs(seconds));
        let (ip, agent) = shown.session.client.told();
        say!("session        {}", shown.session.session_id)?;
        say!("of             {}", shown.subject.as_deref().unwrap_or("a guest").escape_debug())?;
        // JSON leaves some characters as they are that terminals obey.
        say!("claims         {}", escaped(&shown.claims.to_string()))?;
        say!("client         {ip}  {agent}")?;
        say!("since          {}", at(shown.session.created_at))?;
        // Nobody knows of a session that another library began.
        let proved = Some(shown.authenticated_at).filter(|time| *time > 0);
        say!(
            "authenticated  {}",
            proved.map_or_else(|| "not known".to_owned(), |time| at(time).to_string())
        )?;
        say!("seen           {}", at(shown.session.last_seen_at))?;
        say!("idles out      {}", at(shown.idle_expires_at))?;
        say!("ends           {}", at(shown.absolute_expires_at))
    }

    fn revoke_one(&self, id: SessionId) -> Result {
        self.ask("DELETE", &format!("/sessions/{id}"))?;
        say!("session ended: {id}")
    }

    fn revoke_all(&self, subject: &str) -> Result {
        let revoked: Revoked = serde_json::from_str(&self.ask("DELETE", &path_of(subject))?)?;
        say!("sessions ended: {}", revoked.revoked)
    }
}

impl Client {
    fn told(&self) -> (&str, impl Display) {
        (self.ip.as_deref().unwrap_or("-"), self.user_agent.as_deref().unwrap_or("-").escape_debug())
    }
}

/// A user's name is typed in many ways, and has one spelling (RFC 8265). Subjects that are no users stay as
/// they are.
fn path_of(subject: &str) -> String {
    let subject = &UsersFile::user_name(subject).unwrap_or_else(|_| subject.to_owned());
    format!("/subjects/{}/sessions", utf8_percent_encode(subject, NON_ALPHANUMERIC))
}

impl Target {
    /// The body of a good answer.
    fn ask(&self, method: &str, path: &str) -> Result<String> {
        let (Some(manage), Some(tokens)) = (&self.manage, &self.management_tokens) else {
            return Err("nobody is asked: expected `--manage ADDRESS` and `--management-tokens FILE` as the server has them".into());
        };
        let token = management_tokens::first(tokens)?;
        let agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false);
        let agent: ureq::Agent = agent.proxy(None).build().into();
        let request = Request::builder().method(method).uri(format!("http://{}{path}", manage.to_reach()));
        let request = request.header("Authorization", format!("Bearer {}", token.as_str())).body(())?;
        let unreached = |error: ureq::Error| format!("management at {manage} does not answer: {error}");
        let mut answer = agent.run(request).map_err(unreached)?;
        let status = answer.status();
        let text = answer.body_mut().read_to_string().map_err(unreached)?;
        match status {
            StatusCode::OK | StatusCode::NO_CONTENT => Ok(text),
            _ => Err(Refused { manage: manage.clone(), status, detail: detail(&text) }.into()),
        }
    }
}

/// An answer that is not what was asked for.
#[derive(Debug)]
struct Refused {
    manage: ListenAddress,
    status: StatusCode,
    detail: String,
}

impl Error for Refused {}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { manage, status, detail } = self;
        write!(f, "management at {manage} refused ({}): {detail}", status.as_u16())
    }
}

/// What problem details say.
fn detail(text: &str) -> String {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }
    serde_json::from_str(text).map_or_else(|_| "no reason given".into(), |problem: Problem| problem.detail)
}

/// The text, with escapes in place of what is no character to be seen.
fn escaped(text: &str) -> String {
    let escaped = |char: char| match char.is_control() {
        true => char.escape_debug().to_string(),
        false => char.to_string(),
    };
    text.chars().map(escaped).collect()
}

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
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
    /// List the living sessions of a user, the one used last first
    List {
        /// The user
        subject: String,
    },
    /// End the sessions of a user, on every server
    Revoke {
        /// The user
        subject: String,
        /// This session alone
        #[arg(allow_hyphen_values = true)]
        session_id: Option<SessionId>,
    },
}

#[derive(Deserialize)]
struct Listed {
    sessions: Vec<Session>,
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

#[derive(Deserialize)]
struct Revoked {
    revoked: usize,
}

pub(crate) fn run(target: &Target, action: &Action) -> Result {
    match action {
        Action::List { subject } => {
            let listed: Listed = serde_json::from_str(&target.ask("GET", &path_of(subject))?)?;
            listed.sessions.iter().try_for_each(|session| {
                let at = |seconds| rfc3339(UnixTime::from_secs(seconds));
                let (created, seen) = (at(session.created_at), at(session.last_seen_at));
                let ip = session.client.ip.as_deref().unwrap_or("-");
                let agent = session.client.user_agent.as_deref().unwrap_or("-").escape_debug();
                say!("{}  since {created}  seen {seen}  {ip}  {agent}", session.session_id)
            })
        }
        Action::Revoke { subject, session_id: Some(id) } => {
            target.ask("DELETE", &format!("{}/{id}", path_of(subject)))?;
            say!("session ended: {id}")
        }
        Action::Revoke { subject, session_id: None } => {
            let revoked: Revoked = serde_json::from_str(&target.ask("DELETE", &path_of(subject))?)?;
            say!("sessions ended: {}", revoked.revoked)
        }
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
            _ => {
                Err(format!("management at {manage} refused ({}): {}", status.as_u16(), detail(&text)).into())
            }
        }
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

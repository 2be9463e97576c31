use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use session_core::{AuthenticCookie, HeaderRefusal};
use warp::Filter;
use warp::http::header::{COOKIE, IF_NONE_MATCH};
use warp::http::{HeaderMap, StatusCode};

use super::App;
use super::problem::Problem;
use crate::record::Client;
use crate::sessions::{Activity, LiveSession};

/// So much of a `User-Agent` is kept: enough to tell devices apart.
const MAX_USER_AGENT_LENGTH: usize = 256;

/// The other end of the connection, which the accept loop puts into each request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What handlers look at, besides a body.
pub(super) struct Request {
    pub(super) headers: HeaderMap,
    peer: Option<IpAddr>,
}

pub(super) fn read() -> impl Filter<Extract = (Request,), Error = Infallible> + Copy {
    let peer = warp::ext::optional::<Peer>().and(warp::addr::remote());
    let peer = peer.map(|ours: Option<Peer>, warps: Option<SocketAddr>| {
        ours.map(|Peer(address)| address).or(warps).map(|address| address.ip())
    });
    warp::header::headers_cloned().and(peer).map(|headers, peer| Request { headers, peer })
}

impl Request {
    /// The authentic session cookie. Costs no store command.
    pub(super) fn cookie(&self, app: &App) -> Result<AuthenticCookie, Problem> {
        let lines = self.headers.get_all(COOKIE).iter().map(warp::http::HeaderValue::as_bytes);
        app.sessions.authenticate(lines).map_err(|refusal| {
            if refusal != HeaderRefusal::Absent {
                tracing::info!(reason = refusal.code(), "session cookie refused");
            }
            Problem::from_refusal(app, refusal)
        })
    }

    /// The live session, extended unless the request is passive.
    pub(super) async fn session(&self, app: &App) -> Result<(AuthenticCookie, LiveSession), Problem> {
        let cookie = self.cookie(app)?;
        let session = app.sessions.resume(&cookie, self.activity()).await;
        let session =
            session.map_err(|error| Problem::from_session_error(error, Some(cookie.session_id())))?;
        Ok((cookie, session))
    }

    /// A client can make a request count as less activity than it is, never as more.
    pub(super) fn activity(&self) -> Activity {
        match self.headers.get("session-activity").map(warp::http::HeaderValue::as_bytes) {
            Some(b"passive") => Activity::Passive,
            _ => Activity::Active,
        }
    }

    /// Who asks, for attempt limits and the list of devices; never for authentication (R37).
    pub(super) fn client(&self, app: &App) -> Client {
        let user_agent =
            self.text("user-agent").map(|text| text.chars().take(MAX_USER_AGENT_LENGTH).collect());
        let ip = self.peer.map(|peer| app.trusted_proxies.client_address(peer, &self.headers));
        Client { ip, user_agent }
    }

    /// The one value of a header, if it is there once and ASCII.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    }

    /// Whether the client has the document of this tag (`If-None-Match`, RFC 9110 §13.1.2). Tags of
    /// ours hold no comma.
    pub(super) fn has_already(&self, tag: &str) -> bool {
        let lines = self.headers.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
        let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
        tags.any(|theirs| theirs == "*" || theirs.strip_prefix("W/").unwrap_or(theirs) == tag)
    }

    /// The revision that `If-Match` names (RFC 9110 §13.1.1); `None` when any will do.
    pub(super) fn expected_revision(&self) -> Result<Option<u64>, Problem> {
        if !self.headers.contains_key("if-match") {
            return Ok(None);
        }
        let tag = self.text("if-match").map(str::trim);
        if tag == Some("*") {
            return Ok(None);
        }
        let revision = tag.and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
        revision.map(Some).ok_or_else(|| {
            let detail = "`If-Match` is not the `ETag` of this session's data";
            Problem::new(StatusCode::PRECONDITION_FAILED, "other_revision", detail)
        })
    }
}

use std::io::ErrorKind;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::Result;

/// How long a receiver may take for its answer, with all that comes before it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a receiver says beyond this is of no interest.
const MAX_ANSWER: u64 = 4 * 1024;

/// Answers that are about the event, and not about the receiver.
const REFUSALS: [u16; 3] = [400, 413, 422];

/// Who is told of events.
pub(super) struct Receiver {
    url: String,
    agent: Agent,
}

/// What became of a delivery.
pub(super) enum Taken {
    /// The receiver has it.
    Accepted,
    /// The receiver has looked at it and will not have it.
    Refused(u16),
    /// The receiver was not reached, or is in no state to take any.
    Failed(String),
}

impl Receiver {
    pub(super) fn new(url: &str) -> Result<Self> {
        // It is not repeated, since there may be a token in it.
        let unfit =
            "`--webhook` is not `https://HOST[:PORT]/PATH`, or the same with http on this machine alone";
        let uri: Uri = url.parse().map_err(|_| unfit)?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or(unfit)?;
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_this_machine(authority.host()) => false,
            _ => return Err(unfit.into()),
        };
        let agent = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            // Whoever is meant is named by the operator, and not by an answer.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections_per_host(super::AT_ONCE)
            .user_agent(concat!("session-server/", env!("CARGO_PKG_VERSION")));
        let agent = match is_secure {
            true => agent.tls_config(TlsConfig::builder().root_certs(systems_authorities()).build()),
            false => agent.proxy(None),
        };
        Ok(Self { url: url.to_owned(), agent: agent.build().into() })
    }

    /// On a thread of its own, which ends with the process and holds nobody up.
    pub(super) async fn send(&self, id: &str, sent_at: u64, signatures: String, body: &str) -> Taken {
        let request = self
            .agent
            .post(&self.url)
            .content_type("application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", sent_at.to_string())
            .header("webhook-signature", signatures);
        let (answer, answered) = oneshot::channel();
        let body = body.to_owned();
        let sending = move || {
            let taken = match request.send(body) {
                Ok(mut response) => {
                    // So that the connection can be used again.
                    let _ = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
                    Taken::of(response.status().as_u16())
                }
                Err(error) => Taken::Failed(reason(&error)),
            };
            let _ = answer.send(taken);
        };
        if thread::Builder::new().name("session-webhook".into()).spawn(sending).is_err() {
            return Taken::Failed("no thread".into());
        }
        answered.await.unwrap_or_else(|_| Taken::Failed("no answer".into()))
    }
}

impl Taken {
    fn of(status: u16) -> Self {
        match status {
            200..=299 => Self::Accepted,
            status if REFUSALS.contains(&status) => Self::Refused(status),
            status => Self::Failed(format!("status {status}")),
        }
    }
}

/// What may be told of it: the URL may be in other errors.
fn reason(error: &ureq::Error) -> String {
    match error {
        // What TLS has against the receiver's certificate.
        ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => error.to_string(),
        ureq::Error::Io(error) => error.kind().to_string(),
        ureq::Error::Timeout(_) => "no answer in time".into(),
        ureq::Error::HostNotFound => "host not found".into(),
        ureq::Error::ConnectionFailed => "connection failed".into(),
        ureq::Error::Rustls(error) => error.to_string(),
        _ => "no http answer".into(),
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Those that vouch for a Redis behind TLS, too.
fn systems_authorities() -> RootCerts {
    let certificates = rustls_native_certs::load_native_certs().certs;
    let certificates: Vec<_> =
        certificates.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    RootCerts::new_with_certs(&certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for good in [
            "https://a.example/hook?k=1",
            "https://a.example",
            "http://127.0.0.1:9/",
            "http://[::1]/",
            "http://localhost/x",
        ] {
            assert!(Receiver::new(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example/",
            "http://10.0.0.1/",
            "ftp://a",
            "a.example",
            "",
            "https://u:secret@a.example/",
            "http://localhost.a.example/",
        ] {
            let error = Receiver::new(bad).err().unwrap().to_string();
            assert!(!error.contains("secret") && error.starts_with("`--webhook`"), "{error}");
        }
    }

    #[test]
    fn what_a_receiver_says_is_about_the_event_or_about_itself() {
        assert!(matches!(Taken::of(204), Taken::Accepted));
        assert!(matches!(Taken::of(422), Taken::Refused(422)));
        for status in [301, 401, 404, 410, 429, 500, 503] {
            assert!(matches!(Taken::of(status), Taken::Failed(_)), "{status}");
        }
    }
}

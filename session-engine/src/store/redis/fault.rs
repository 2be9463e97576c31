//! What an error says about the command, and about the connection.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::store::Unavailable;

/// Why a command has no result.
#[derive(Debug)]
pub(super) enum Fault {
    /// Redis answered that it will not, with this code; nothing was done.
    Refused(String),
    /// Another node of the cluster is to be asked; nothing was done.
    Redirected(Redirection),
    /// Nothing is known.
    Unavailable,
}

/// Where a node of a cluster sends whoever asks for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redirection {
    /// The port, and the host unless it is the node's own.
    pub(super) node: (Option<String>, u16),
    pub(super) slot: u16,
    /// For this once, with `ASKING`, since the slot is on its way there.
    pub(super) is_ask: bool,
}

impl Redirection {
    fn of(error: &RedisError) -> Option<Self> {
        let (address, slot) = error.redirect_node()?;
        let (host, port) = address.rsplit_once(':')?;
        let host = (!host.is_empty() && host != "?").then(|| host.to_owned());
        let is_ask = error.kind() == ErrorKind::Server(ServerErrorKind::Ask);
        Some(Self { node: (host, port.parse().ok()?), slot, is_ask })
    }
}

impl Fault {
    /// What a refusal is.
    pub(super) fn of_refusal(error: &RedisError) -> Self {
        match Redirection::of(error) {
            Some(redirection) => Self::Redirected(redirection),
            None => Self::Refused(error.code().unwrap_or_default().to_owned()),
        }
    }

    /// Whether Redis refused with one of these codes.
    pub(super) fn is_any_of(&self, codes: &[&str]) -> bool {
        matches!(self, Self::Refused(code) if codes.contains(&code.as_str()))
    }
}

impl From<Unavailable> for Fault {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}

/// A refusal that nobody has understood is no answer.
impl From<Fault> for Unavailable {
    fn from(fault: Fault) -> Self {
        if let Fault::Refused(code) = fault {
            tracing::debug!(code, "refusal of redis counts as no answer");
        }
        Self
    }
}

/// What an error means for the connection that it came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Redis is well and said no.
    Sound,
    /// No answer in time. Once may be a hiccup.
    Late,
    /// It must not be used again.
    Broken,
}

/// The codes with which a server says that it is not the one to talk to, or not with these
/// credentials; it may say so for ever, while a new connection finds the right one .
const WRONG_SERVER: [&str; 5] = ["READONLY", "LOADING", "MASTERDOWN", "NOAUTH", "WRONGPASS"];

/// The codes with which Redis says that it cannot write just then, while it can read: the disk is
/// full, replicas are missing, memory is full.
pub(super) const CANNOT_WRITE: [&str; 3] = ["MISCONF", "NOREPLICAS", "OOM"];

/// The code for a value of another type than the command works on.
pub(super) const WRONG_TYPE: [&str; 1] = ["WRONGTYPE"];

/// The code for a script that Redis does not know.
pub(super) const NO_SCRIPT: [&str; 1] = ["NOSCRIPT"];

/// The code with which a node of a cluster says that nobody, or not it, can answer for the key.
pub(super) const CLUSTER_DOWN: [&str; 1] = ["CLUSTERDOWN"];

impl Verdict {
    pub(super) fn of(error: &RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(_) | ErrorKind::Extension => {
                let is_wrong_server = error.code().is_some_and(|code| WRONG_SERVER.contains(&code));
                if is_wrong_server { Verdict::Broken } else { Verdict::Sound }
            }
            _ if error.is_timeout() => Verdict::Late,
            // A reply that makes no sense may be another command's.
            _ => Self::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R53: a server that says so is left, and one that only cannot do this is not.
    #[test]
    fn a_server_that_is_the_wrong_one_is_left() {
        let verdict = |code: &str| {
            let answer = redis::parse_redis_value(format!("-{code} as it says\r\n").as_bytes());
            Verdict::of(&answer.and_then(redis::Value::extract_error).unwrap_err())
        };
        for code in ["READONLY", "MASTERDOWN", "LOADING", "NOAUTH", "WRONGPASS"] {
            assert_eq!(verdict(code), Verdict::Broken, "{code}");
        }
        for code in ["ERR", "OOM", "MISCONF", "NOREPLICAS", "NOPERM", "WRONGTYPE", "CLUSTERDOWN"] {
            assert_eq!(verdict(code), Verdict::Sound, "{code}");
        }
    }
}

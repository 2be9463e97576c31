use std::pin::pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use warp::http::{HeaderMap, StatusCode};
use warp::{Buf, Filter, Rejection};
use zeroize::Zeroizing;

use super::problem::Problem;

/// The largest body (R38).
const MAX_BODY_LENGTH: usize = 16 * 1024;

/// From its first to its last byte (R57).
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// A request's whole body. It may hold a password.
pub(super) struct Body {
    media_type: String,
    bytes: Zeroizing<Vec<u8>>,
}

/// Reads the body, up to its limits of size and time.
pub(super) fn read() -> impl Filter<Extract = (Body,), Error = Rejection> + Copy {
    warp::header::headers_cloned().and(warp::body::stream()).and_then(async |headers: HeaderMap, stream| {
        let bytes = match tokio::time::timeout(BODY_DEADLINE, collect(stream)).await {
            Ok(bytes) => bytes,
            Err(_) => {
                Err(problem(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "body took over 10 s to arrive"))
            }
        };
        let media_type = media_type(&headers);
        bytes.map(|bytes| Body { media_type, bytes }).map_err(warp::reject::custom)
    })
}

async fn collect<B: Buf>(
    stream: impl Stream<Item = Result<B, warp::Error>>,
) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let mut stream = pin!(stream);
    // Room for all of it at once: growing would leave copies of a password behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BODY_LENGTH));
    while let Some(piece) = stream.next().await {
        let mut piece =
            piece.map_err(|_| problem(StatusCode::BAD_REQUEST, "body_broken", "body broke off"))?;
        if bytes.len() + piece.remaining() > MAX_BODY_LENGTH {
            return Err(problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "body is larger than 16 KiB",
            ));
        }
        while piece.has_remaining() {
            let chunk = piece.chunk();
            bytes.extend_from_slice(chunk);
            let length = chunk.len();
            piece.advance(length);
        }
    }
    Ok(bytes)
}

impl Body {
    /// Whether an HTML form sent it.
    pub(super) fn is_form(&self) -> bool {
        self.media_type == "application/x-www-form-urlencoded"
    }

    pub(super) fn form<T: DeserializeOwned>(&self, expected: &str) -> Result<T, Problem> {
        serde_urlencoded::from_bytes(&self.bytes).map_err(|_| unexpected(expected))
    }

    /// The JSON object, of one of these media types. The error says what was expected and, unlike
    /// serde's, quotes nothing: it might be a password.
    pub(super) fn json<T: DeserializeOwned>(
        &self,
        media_types: &[&str],
        expected: &str,
    ) -> Result<T, Problem> {
        if !media_types.contains(&self.media_type.as_str()) {
            let detail = format!("body's media type is not {}", media_types.join(" or "));
            return Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", detail));
        }
        // For serde the members of a struct may as well stand in a list, without their names.
        if !self.bytes.trim_ascii_start().starts_with(b"{") {
            return Err(unexpected(expected));
        }
        serde_json::from_slice(&self.bytes).map_err(|_| unexpected(expected))
    }
}

fn unexpected(expected: &str) -> Problem {
    problem(StatusCode::BAD_REQUEST, "unexpected_body", format!("body is not {expected}"))
}

fn problem(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(status, code, detail)
}

/// Without parameters and in lower case.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

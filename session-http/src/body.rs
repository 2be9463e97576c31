use std::borrow::Cow;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, StatusCode};
#[cfg(feature = "passwords")]
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::exact_json::{self, Unkept};
use crate::media_type;
use crate::problem::Problem;

/// The largest body (R38).
const MAX_BODY_LENGTH: usize = 16 * 1024;

/// From its first to its last byte (R57).
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// What arrives of a body.
pub(crate) type Source = Pin<Box<dyn Stream<Item = Result<Bytes, Broken>> + Send>>;

/// A body that broke off.
pub(crate) struct Broken;

/// A request's whole body. It may hold a password.
pub(crate) struct Body {
    media_type: String,
    bytes: Zeroizing<Vec<u8>>,
}

impl Body {
    /// Reads it, up to its limits of size and time.
    pub(crate) async fn read(headers: &HeaderMap, source: Source) -> Result<Self, Problem> {
        let bytes = tokio::time::timeout(BODY_DEADLINE, collect(source)).await.unwrap_or_else(|_| {
            Err(problem(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "body took over 10 s to arrive"))
        });
        Ok(Self { media_type: media_type::of(headers), bytes: bytes? })
    }

    /// Whether an HTML form sent it.
    #[cfg(feature = "passwords")]
    pub(crate) fn is_form(&self) -> bool {
        self.media_type == media_type::FORM
    }

    #[cfg(feature = "passwords")]
    pub(crate) fn form<T: DeserializeOwned>(&self, expected: &str) -> Result<T, Problem> {
        serde_urlencoded::from_bytes(&self.bytes).map_err(|_| unexpected(expected))
    }

    /// The JSON object that an application keeps, exactly as it was given. The error says what is wrong
    /// with it and where, and quotes nothing.
    pub(crate) fn kept_object(&self, media_types: &[&str]) -> Result<Map<String, Value>, Problem> {
        self.require_one_of(media_types)?;
        exact_json::object(&self.bytes).map_err(|unkept| match unkept {
            Unkept::Syntax(wrong) => unexpected(&format!("a JSON object: {wrong}")),
            Unkept::Lossy(what) => {
                let detail = format!("body would not come back as it is: {what}");
                problem(StatusCode::UNPROCESSABLE_ENTITY, "lossy_data", detail)
            }
            Unkept::TooDeep => problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "data_too_large",
                "body is nested deeper than 127 levels",
            ),
        })
    }

    fn require_one_of(&self, media_types: &[&str]) -> Result<(), Problem> {
        if media_types.contains(&self.media_type.as_str()) {
            return Ok(());
        }
        let detail = format!("body's media type is not {}", media_types.join(" or "));
        Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", detail))
    }

    /// The JSON object, of one of these media types. The error says what was expected and, unlike
    /// serde's, quotes nothing: it might be a password.
    #[cfg(feature = "passwords")]
    pub(crate) fn json<T: DeserializeOwned>(
        &self,
        media_types: &[&str],
        expected: &str,
    ) -> Result<T, Problem> {
        self.require_one_of(media_types)?;
        // For serde the members of a struct may as well stand in a list, without their names.
        if !self.bytes.trim_ascii_start().starts_with(b"{") {
            return Err(unexpected(expected));
        }
        serde_json::from_slice(&self.bytes).map_err(|_| unexpected(expected))
    }
}

async fn collect(mut source: Source) -> Result<Zeroizing<Vec<u8>>, Problem> {
    // Room for all of it at once: growing would leave copies of a password behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BODY_LENGTH));
    while let Some(piece) = source.next().await {
        let piece =
            piece.map_err(|Broken| problem(StatusCode::BAD_REQUEST, "body_broken", "body broke off"))?;
        if bytes.len() + piece.len() > MAX_BODY_LENGTH {
            return Err(problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "body is larger than 16 KiB",
            ));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn unexpected(expected: &str) -> Problem {
    problem(StatusCode::BAD_REQUEST, "unexpected_body", format!("body is not {expected}"))
}

fn problem(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Problem {
    Problem::new(status, code, detail)
}

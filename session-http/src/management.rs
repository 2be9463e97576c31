//! What administrators and an application's back end may ask for: a table of routes of its own, for a
//! listener that strangers cannot reach. Each route needs a bearer token (RFC 6750), and each call is told
//! in the log with the name of its token.

mod cursor;
mod events;
mod metrics;
#[cfg(feature = "page")]
pub(crate) mod operations;
mod sessions;
mod start;
mod subjects;
mod tokens;

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::header::WWW_AUTHENTICATE;
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use session_core::SessionId;
use session_engine::{SessionError, Subject};

use tokio::sync::Semaphore;

use crate::answer::Answer;
use crate::app::App;
use crate::problem::Problem;
use crate::request::Request;
use crate::table::{Route, Table};
use metrics::Metrics;

pub use tokens::{InvalidTokens, ManagementTokens};

/// This API, as an OpenAPI document.
const DOCUMENT: &str = include_str!("../management.json");

/// The management of an application's sessions. Clones are the same.
#[derive(Clone, Debug)]
pub struct Management {
    app: App,
    tokens: Arc<ArcSwap<ManagementTokens>>,
    metrics: Option<Metrics>,
    /// Places for those who wait for events.
    waiting: Arc<Semaphore>,
}

/// By then whoever was faster is done.
const CONTENDED_RETRY: Duration = Duration::from_secs(1);

/// The most that is told in one answer, and as much unless less is asked for.
const MAX_LIMIT: usize = 100;

/// How many may wait for events at a time: each has the store asked several times a second.
const MAX_WAITING: usize = 64;

impl Management {
    /// The management of this application, for whoever has one of these tokens.
    #[must_use]
    pub fn new(app: &App, tokens: ManagementTokens) -> Self {
        Self {
            app: app.clone(),
            tokens: Arc::new(ArcSwap::from_pointee(tokens)),
            metrics: None,
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
        }
    }

    /// What `GET /metrics` answers: all that a recorder has heard, in the text format of Prometheus. Without
    /// it there is nothing there.
    #[must_use]
    pub fn metrics(self, render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self { metrics: Some(Metrics::new(render)), ..self }
    }

    /// Goes on with other tokens.
    pub fn change_tokens(&self, tokens: ManagementTokens) {
        self.tokens.store(Arc::new(tokens));
    }

    fn app(&self) -> &App {
        &self.app
    }
}

pub(crate) fn table() -> Table<Management> {
    const OF_SUBJECT: &str = "/subjects/{subject}/sessions";
    const ONE_OF_SUBJECT: &str = "/subjects/{subject}/sessions/{session_id}";
    const ONE: &str = "/sessions/{session_id}";
    let table = Table::new([
        Route::new(Method::POST, OF_SUBJECT, behind_the_gate, start::start),
        Route::new(Method::GET, OF_SUBJECT, behind_the_gate, subjects::list),
        Route::new(Method::DELETE, OF_SUBJECT, behind_the_gate, subjects::revoke_all),
        Route::new(Method::DELETE, ONE_OF_SUBJECT, behind_the_gate, subjects::revoke),
        Route::new(Method::GET, ONE, behind_the_gate, sessions::show),
        Route::new(Method::DELETE, ONE, behind_the_gate, sessions::revoke),
        Route::new(Method::PATCH, "/sessions/{session_id}/claims", behind_the_gate, sessions::change_claims),
        Route::new(Method::GET, "/events", behind_the_gate, events::read),
        Route::new(Method::GET, "/metrics", behind_the_gate, metrics::show),
        Route::new(Method::GET, "/openapi.json", behind_the_gate, api),
    ]);
    table.behind(authorized)
}

/// Whoever has come here is authorized for all of it.
const fn behind_the_gate(_: &Management, _: &Request) -> Result<(), Problem> {
    Ok(())
}

/// Refuses whoever has no token, and tells of everybody else.
fn authorized(management: &Management, request: &Request) -> Result<(), Problem> {
    let Some(caller) = management.tokens.load().caller(&request.headers).map(str::to_owned) else {
        session_engine::management_refused(request.peer.map(|peer| peer.ip()));
        let detail = "this needs a management token: `Authorization: Bearer TOKEN`";
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "no_management_token", detail);
        return Err(problem.with_header(WWW_AUTHENTICATE, "Bearer realm=\"management\""));
    };
    // So that what comes of it is told with the name too.
    tracing::Span::current().record("caller", &caller);
    tracing::info!(caller, method = %request.method, parameters = ?request.parameters, "management call");
    Ok(())
}

/// `GET /openapi.json`: this API.
async fn api(_: Management, _: Request) -> Result<Answer, Problem> {
    Ok(crate::answer::json_text(DOCUMENT))
}

/// In a path a subject is percent-encoded (RFC 3986 §2.1).
fn subject_of(request: &Request) -> Result<Subject, Problem> {
    let encoded = request.parameters.first().map(String::as_str).unwrap_or_default();
    let text = percent_decode_str(encoded).decode_utf8().map_err(|_| Problem::not_found())?;
    Subject::new(&text).map_err(|_| Problem::not_found())
}

/// What is no ID names no session.
fn session_id_of(request: &Request, parameter: usize) -> Result<SessionId, Problem> {
    request.parameters.get(parameter).and_then(|id| id.parse().ok()).ok_or_else(no_such_session)
}

fn query_of<T: DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    let query = serde_urlencoded::from_str(&request.query);
    query.map_err(|_| unexpected_query("a parameter is unknown, is there twice, or is not of its kind"))
}

/// A number of a query that is in a range. It has one text: no sign, and no zeros before it.
fn number<N: FromStr + PartialOrd + ToString>(text: &str, range: RangeInclusive<N>) -> Option<N> {
    text.parse().ok().filter(|number| range.contains(number) && number.to_string() == text)
}

/// How many are asked for in one answer: as many as there may be, unless it is said.
fn limit_of(query: Option<&str>) -> Result<usize, Problem> {
    let limit = query.map_or(Some(MAX_LIMIT), |text| number(text, 1..=MAX_LIMIT));
    limit.ok_or_else(|| unexpected_query("`limit` is not 1 to 100"))
}

fn unexpected_query(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "unexpected_query", format!("query is not as expected: {detail}"))
}

fn no_such_session() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no_such_session", "there is no such session, or no longer")
}

/// What it means to a caller who has no session and may answer for the application.
fn problem(error: SessionError) -> Problem {
    let unprocessable = |code| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string());
    match error {
        SessionError::UnfitStatement(_) => unprocessable("unfit_claims"),
        SessionError::NotYetAuthenticated => unprocessable("unfit_time"),
        SessionError::KeyReused => unprocessable("idempotency_key_reused"),
        SessionError::KeySpent => {
            Problem::new(StatusCode::CONFLICT, "idempotency_key_spent", error.to_string())
        }
        SessionError::Contended => Problem::from_session_error(error, None).after(CONTENDED_RETRY),
        error => Problem::from_session_error(error, None),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_document_has_the_operations_of_the_table_and_no_others() {
        let table = table();
        let served: BTreeSet<_> = table
            .operations()
            .map(|(method, path)| (method.as_str().to_lowercase(), path.to_owned()))
            .collect();
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let mut documented = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys().filter(|name| *name != "parameters") {
                documented.insert((method.clone(), path.clone()));
            }
        }
        assert_eq!(documented, served);
    }
}

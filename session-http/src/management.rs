//! What administrators and an application's back end may ask for: a table of routes of its own, for a
//! listener that strangers cannot reach. Each route needs a bearer token (RFC 6750), and each call is told
//! in the log with the name of its token.

mod metrics;
mod sessions;
mod tokens;

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::header::WWW_AUTHENTICATE;
use http::{Method, StatusCode};

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
}

impl Management {
    /// The management of this application, for whoever has one of these tokens.
    #[must_use]
    pub fn new(app: &App, tokens: ManagementTokens) -> Self {
        Self { app: app.clone(), tokens: Arc::new(ArcSwap::from_pointee(tokens)), metrics: None }
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
    const SESSIONS: &str = "/subjects/{subject}/sessions";
    let table = Table::new([
        Route::new(Method::GET, SESSIONS, behind_the_gate, sessions::list),
        Route::new(Method::DELETE, SESSIONS, behind_the_gate, sessions::revoke_all),
        Route::new(
            Method::DELETE,
            "/subjects/{subject}/sessions/{session_id}",
            behind_the_gate,
            sessions::revoke,
        ),
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
        tracing::warn!(method = %request.method, "management call refused");
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

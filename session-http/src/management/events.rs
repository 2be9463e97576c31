use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use session_engine::store::EventCursor;

use super::{Management, limit_of, number, query_of, unexpected_query};
use crate::answer::{self, Answer};
use crate::problem::Problem;
use crate::request::Request;

/// The longest wait, in seconds: less than proxies and clients take for a connection that is dead.
const MAX_WAIT: u64 = 30;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    after: Option<String>,
    wait: Option<String>,
    limit: Option<String>,
}

#[derive(Serialize)]
struct EventsView<'e> {
    events: Vec<&'e RawValue>,
    cursor: String,
    is_gap: bool,
}

/// `GET /events`: what happened behind a place, at once, or as soon as something does.
pub(super) async fn read(management: Management, request: Request) -> Result<Answer, Problem> {
    let app = management.app();
    let Some(events) = app.events() else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "events_off", "events are off on this server"));
    };
    let query: Query = query_of(&request)?;
    let (after, wait, limit) = (query.after()?, query.wait()?, limit_of(query.limit.as_deref())?);
    let _place = match wait.is_zero() {
        true => None,
        false => Some(management.waiting.try_acquire().map_err(|_| too_many_waiting())?),
    };
    let waiting = events.read(after, limit, wait);
    let page = tokio::select! {
        page = waiting => page,
        // Whoever waits must not hold up a server that is to stop.
        () = app.lifecycle().stopping() => events.read(after, limit, Duration::ZERO).await,
    };
    let page = page.map_err(|unavailable| super::problem(unavailable.into()))?;
    // What is no JSON, of somebody else who writes there, is left out.
    let events = page.events.iter().filter_map(|(_, event)| serde_json::from_str(event).ok()).collect();
    Ok(answer::json(&EventsView { events, cursor: page.cursor.to_string(), is_gap: page.is_gap }))
}

fn too_many_waiting() -> Problem {
    let detail = "too many wait for events at this server already".to_owned();
    Problem::unavailable("too_many_waiting", detail, Duration::from_secs(1))
}

impl Query {
    fn after(&self) -> Result<Option<EventCursor>, Problem> {
        let cursor = self.after.as_deref().map(str::parse).transpose();
        cursor.map_err(|_| unexpected_query("`after` is no cursor"))
    }

    fn wait(&self) -> Result<Duration, Problem> {
        let wait = number(self.wait.as_deref().unwrap_or("0"), 0..=MAX_WAIT);
        wait.map(Duration::from_secs).ok_or_else(|| unexpected_query("`wait` is not 0 to 30"))
    }
}

use serde::Serialize;
use session_core::SessionId;
use session_engine::{Client, ListedSession};

use crate::app::App;

/// What a list says of a session, whoever reads it.
#[derive(Serialize)]
pub(crate) struct ListedView<'a> {
    session_id: SessionId,
    created_at: u64,
    last_seen_at: u64,
    idle_expires_at: u64,
    absolute_expires_at: u64,
    client: &'a Client,
}

impl<'a> ListedView<'a> {
    pub(crate) fn of(app: &App, session: &'a ListedSession) -> Self {
        Self {
            session_id: session.id(),
            created_at: session.created_at().as_secs(),
            last_seen_at: app.sessions().last_seen_at(session).as_secs(),
            idle_expires_at: session.idle_expires_at().as_secs(),
            absolute_expires_at: session.absolute_expires_at().as_secs(),
            client: session.client(),
        }
    }
}

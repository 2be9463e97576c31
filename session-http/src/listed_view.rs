use http::HeaderMap;
use serde::Serialize;
use session_core::SessionId;
use session_engine::{Client, ListedSession};

use crate::app::App;
#[cfg(feature = "places")]
use crate::places::Place;

/// What a list says of a session, whoever reads it.
#[derive(Serialize)]
pub(crate) struct ListedView<'a> {
    session_id: SessionId,
    created_at: u64,
    last_seen_at: u64,
    idle_expires_at: u64,
    absolute_expires_at: u64,
    client: ClientView<'a>,
}

#[derive(Serialize)]
struct ClientView<'a> {
    #[serde(flatten)]
    client: &'a Client,
    /// Where its address is, if a database says so.
    #[cfg(feature = "places")]
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
}

impl<'a> ListedView<'a> {
    /// `reader` are the headers of the request for it, which say in what language it is read.
    pub(crate) fn of(app: &App, session: &'a ListedSession, reader: &HeaderMap) -> Self {
        Self {
            session_id: session.id(),
            created_at: session.created_at().as_secs(),
            last_seen_at: app.sessions().last_seen_at(session).as_secs(),
            idle_expires_at: session.idle_expires_at().as_secs(),
            absolute_expires_at: session.absolute_expires_at().as_secs(),
            client: ClientView::of(app, session.client(), reader),
        }
    }
}

impl<'a> ClientView<'a> {
    #[cfg(feature = "places")]
    fn of(app: &App, client: &'a Client, reader: &HeaderMap) -> Self {
        let place = app.places().zip(client.ip).and_then(|(places, ip)| places.place_of(ip, reader));
        Self { client, place }
    }

    #[cfg(not(feature = "places"))]
    fn of(_: &App, client: &'a Client, _: &HeaderMap) -> Self {
        Self { client }
    }
}

use std::net::SocketAddr;

use http::{HeaderMap, Method};
use session_engine::off_budget;

use crate::body::{Body, Source};
use crate::problem::Problem;

/// A request on its way to a route.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) peer: Option<SocketAddr>,
    /// Empty when there is none.
    pub(crate) query: String,
    pub(crate) body: Source,
    /// What stands in the path where its template has a name, in that order.
    pub(crate) parameters: Vec<String>,
}

impl Request {
    /// What arrives of a request that has no body.
    pub(crate) fn no_body() -> Source {
        Box::pin(futures_util::stream::empty())
    }

    /// The body, which is there once.
    pub(crate) async fn read_body(&mut self) -> Result<Body, Problem> {
        let source = std::mem::replace(&mut self.body, Self::no_body());
        // A client that sends slowly is not the store's fault.
        off_budget(Body::read(&self.headers, source)).await
    }

    /// The first parameter, as what it has to be; or else there is nothing at this path.
    pub(crate) fn parameter<T: std::str::FromStr>(&self) -> Result<T, Problem> {
        let text = self.parameters.first().map(String::as_str).unwrap_or_default();
        text.parse().map_err(|_| Problem::not_found())
    }
}

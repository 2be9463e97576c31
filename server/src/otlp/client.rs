use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};

/// The client that the command line has already, for the thread that exports: it may block.
#[derive(Clone, Debug)]
pub(super) struct Client(ureq::Agent);

impl Client {
    pub(super) fn new(patience: Duration) -> Self {
        let agent = ureq::Agent::config_builder().timeout_global(Some(patience)).http_status_as_error(false);
        Self(agent.build().into())
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let mut answer = self.0.run(Request::from_parts(head, &body[..]))?;
        let body = answer.body_mut().read_to_vec()?;
        Ok(answer.map(|_| body.into()))
    }
}

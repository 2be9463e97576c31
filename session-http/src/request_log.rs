use std::convert::Infallible;
use std::fmt::Write as _;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tower_service::Service;
use tracing::Instrument;

use crate::client_address::TrustedProxies;
use crate::headers::single_value;
use crate::peer::Peer;
use crate::table::RouteLabel;
use crate::trace_context::TraceContext;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The name of the span of a request within [`RequestLog`].
pub const REQUEST_SPAN: &str = "request";

/// The longest ID that is taken from a proxy.
const MAX_ID_LENGTH: usize = 128;

/// Around a service that [`serve`](crate::serve) serves: a line in the log for each request, with its
/// ID, the client's address, and never a query, a header or a body.
///
/// The ID is that of `X-Request-ID`, if a trusted proxy sent it, or else a new one. It is in the answer
/// and in every line that is written on the way, and so are the address and, where a trusted proxy sent a
/// `traceparent`, the IDs of its trace and span ([`TraceContext`]). The span, named [`REQUEST_SPAN`], leaves
/// `span_id` to whoever exports it, and `trace_id` where there is no trace yet.
#[derive(Clone, Debug)]
pub struct RequestLog<S> {
    service: S,
    proxies: TrustedProxies,
}

impl<S> RequestLog<S> {
    /// Logs what `service` answers, for clients behind these proxies.
    pub const fn new(service: S, proxies: TrustedProxies) -> Self {
        Self { service, proxies }
    }

    fn is_proxy(&self, peer: Option<IpAddr>) -> bool {
        peer.is_some_and(|peer| self.proxies.contains(peer))
    }

    /// Nobody else may place a request in a trace of theirs. Without one there is none: the ID of the request
    /// finds the same lines.
    fn trace_of(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<TraceContext> {
        let header = single_value(headers, &TraceContext::HEADER).filter(|_| self.is_proxy(peer))?;
        TraceContext::parse(header)
    }

    fn id_of(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> HeaderValue {
        let is_clean = |id: &&str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:+/=@".contains(&byte);
            !id.is_empty() && id.len() <= MAX_ID_LENGTH && id.bytes().all(plain)
        };
        let theirs =
            self.is_proxy(peer).then(|| single_value(headers, &REQUEST_ID)).flatten().filter(is_clean);
        let id = theirs.map_or_else(fresh_id, str::to_owned);
        HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("-"))
    }
}

/// 16 digits of base 16, enough to find a request in the logs of many servers: a random number for each
/// start of the process, and on from there. Nobody is kept from guessing one.
fn fresh_id() -> String {
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
        // Without entropy there is no session either; the log goes on.
        AtomicU64::new(getrandom::u64().unwrap_or_default())
    });
    let mut id = String::with_capacity(16);
    let _ = write!(id, "{:016x}", NEXT.fetch_add(1, Ordering::Relaxed));
    id
}

impl<S, B, R> Service<Request<B>> for RequestLog<S>
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let started_at = Instant::now();
        let peer = request.extensions().get().map(|Peer(address)| address.ip());
        let id = self.id_of(peer, request.headers());
        let client = peer.map(|peer| self.proxies.client_address(peer, request.headers()));
        // The path without its query: nobody's secrets belong there, and some put them there. Of an application's
        // paths, which some proxies ask with, even less is known.
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let trace = self.trace_of(peer, request.headers());
        // At every level, since it is by this that lines are found.
        let span = tracing::error_span!(
            REQUEST_SPAN,
            id = id.to_str().unwrap_or_default(),
            client = client.map(tracing::field::display),
            caller = tracing::field::Empty,
            trace_id = trace.as_ref().map(TraceContext::trace_id),
            parent_id = trace.as_ref().map(TraceContext::parent_id),
            span_id = tracing::field::Empty,
        );
        if let Some(trace) = trace {
            request.extensions_mut().insert(trace);
        }
        let answer = self.service.call(request);
        let answer = async move {
            let mut response = answer.await?;
            let status = response.status().as_u16();
            let duration_us = u64::try_from(started_at.elapsed().as_micros()).unwrap_or(u64::MAX);
            let label = response.extensions().get::<RouteLabel>().map(|label| label.0);
            let path = label.filter(|label| label.ends_with("{*}")).unwrap_or(&path);
            tracing::info!(%method, path, status, duration_us, "request");
            response.headers_mut().insert(REQUEST_ID, id);
            Ok(response)
        };
        Box::pin(answer.instrument(span))
    }
}

//! Serving connections: an accept loop with every deadline, for whatever answers requests.
//!
//! `warp::serve` and `axum::serve` wait for ever for a header that does not come, and do not end
//! while such a connection is open; so a server that anybody can reach needs another.

mod deadline_io;

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, HOST, HeaderValue};
use http::uri::Authority;
use http::{Request, Response, StatusCode, Version};
use http_body::Body;
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use metrics::{Gauge, describe_gauge, gauge};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower_service::Service;

use crate::lifecycle::Lifecycle;
use crate::peer::Peer;
use deadline_io::{DeadlineIo, Phase, PhaseCell};

/// Bounds on what clients may take (R57, R58).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further ones wait to be accepted.
    pub connections: NonZero<u32>,
    /// Until the first byte of a connection.
    pub first_byte: Duration,
    /// From the first byte of a request until the end of its header.
    pub header: Duration,
    /// Between two requests. Longer than a load balancer keeps its own side open, or it would now
    /// and then send a request into a closing connection.
    pub keep_alive: Duration,
    /// Until a client takes the next part of an answer.
    pub write: Duration,
    /// After the signal to stop: how long to go on accepting, while load balancers notice.
    pub drain_delay: Duration,
    /// After that: until the requests still running are cut off.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: NonZero::new(10_000).unwrap_or(NonZero::<u32>::MIN),
            first_byte: Duration::from_secs(5),
            header: Duration::from_secs(5),
            // AWS's load balancers keep idle connections for 60 s, nginx for 60 s.
            keep_alive: Duration::from_secs(75),
            write: Duration::from_secs(30),
            drain_delay: Duration::ZERO,
            drain: Duration::from_secs(30),
        }
    }
}

/// The largest header section of a request, and what one connection may buffer.
const MAX_HEADER_LENGTH: usize = 16 * 1024;

/// The most header lines.
const MAX_HEADERS: usize = 64;

/// Has `service` answer what comes to `listener`, until `lifecycle` stops; then drains: what is running
/// is finished, and after the deadline the rest is cut off. Each request has its [`Peer`] as an
/// extension. What is no HTTP/1.1, as a request without a `Host`, is refused before the service.
pub async fn serve<S, B>(listener: TcpListener, service: S, lifecycle: Lifecycle, limits: Limits)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let (stage, present_stage) = watch::channel(Stage::Serving);
    let connections = limits.connections.get();
    let slots = Arc::new(Semaphore::new(connections as usize));
    describe_gauge!("session_connections", "Connections that are open, of all listeners");
    let open = gauge!("session_connections");
    open.increment(0.0);
    let server = Server { service, lifecycle, limits, stage: present_stage };
    let mut stop = std::pin::pin!(async {
        server.lifecycle.stopping().await;
        tracing::info!(delay_s = limits.drain_delay.as_secs(), "stopping");
        tokio::time::sleep(limits.drain_delay).await;
    });
    loop {
        tokio::select! {
            () = &mut stop => break,
            (stream, address, slot) = accept(&listener, &slots) => {
                let place = OpenConnection::new(slot, open.clone());
                tokio::spawn(server.clone().connection(stream, address, place));
            }
        }
    }
    drop(listener);
    stage.send_replace(Stage::Draining);
    if tokio::time::timeout(limits.drain, slots.acquire_many(connections)).await.is_err() {
        let open = (connections as usize).saturating_sub(slots.available_permits());
        tracing::warn!(
            connections = open,
            "cutting off connections that are still open when the time to drain is over"
        );
        stage.send_replace(Stage::CutOff);
    }
    tracing::info!("stopped");
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let slot = Arc::clone(slots).acquire_owned().await;
        let accepted = listener.accept().await;
        match (accepted, slot) {
            (Ok((stream, address)), Ok(slot)) => return (stream, address, slot),
            (Err(error), _) => {
                // Out of file descriptors, most likely: it passes when connections end (F32).
                tracing::error!(%error, "connection could not be accepted: if too many files are open, raise their limit");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            (_, Err(_)) => unreachable!("the semaphore is never closed"),
        }
    }
}

/// A connection while it is open.
struct OpenConnection {
    open: Gauge,
    _slot: OwnedSemaphorePermit,
}

impl OpenConnection {
    fn new(slot: OwnedSemaphorePermit, open: Gauge) -> Self {
        open.increment(1.0);
        Self { open, _slot: slot }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.open.decrement(1.0);
    }
}

/// How far the server has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    /// Requests under way are finished, and no others begun.
    Draining,
    /// Nothing is waited for any more.
    CutOff,
}

#[derive(Clone)]
struct Server<S> {
    service: S,
    lifecycle: Lifecycle,
    limits: Limits,
    stage: watch::Receiver<Stage>,
}

impl<S, B> Server<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    /// Waits until the server is that close to its end.
    fn reached(&self, stage: Stage) -> impl Future<Output = ()> + Send + use<S, B> {
        let mut present_stage = self.stage.clone();
        async move {
            // The sender outlives every connection.
            let _ = present_stage.wait_for(|&present| present >= stage).await;
        }
    }

    async fn connection(self, stream: TcpStream, peer: SocketAddr, place: OpenConnection) {
        // Answers are small: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let phase = PhaseCell::default();
        let io = TokioIo::new(DeadlineIo::new(stream, phase.clone(), self.limits));
        let (service, lifecycle) = (self.service.clone(), self.lifecycle.clone());
        let service = service_fn(move |request| {
            phase.set(Phase::Request);
            let answer = answer(service.clone(), lifecycle.clone(), request, peer);
            let phase = phase.clone();
            async move {
                let response = answer.await;
                phase.set(Phase::BetweenRequests);
                Ok::<_, Infallible>(response)
            }
        });
        let mut http = http1::Builder::new();
        // The deadlines are those of `DeadlineIo`: hyper has one for both the header and the time
        // between requests, and none for the first byte.
        // Who has sent all that it has to say may close its side and wait for the answer.
        http.half_close(true);
        http.header_read_timeout(None).max_headers(MAX_HEADERS).max_buf_size(MAX_HEADER_LENGTH);
        let (draining, cut_off) = (self.reached(Stage::Draining), self.reached(Stage::CutOff));
        let mut connection = std::pin::pin!(http.serve_connection(io, service));
        let result = tokio::select! {
            result = &mut connection => result,
            () = draining => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    result = connection => result,
                    () = cut_off => Ok(()),
                }
            }
        };
        if let Err(error) = result {
            tracing::debug!(%error, "connection ended");
        }
        drop(place);
    }
}

async fn answer<S, B>(
    mut service: S,
    lifecycle: Lifecycle,
    mut request: Request<Incoming>,
    peer: SocketAddr,
) -> Response<Either<B, Empty<B::Data>>>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body,
{
    if !has_good_host(&request) {
        let mut refusal = Response::new(Either::Right(Empty::new()));
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        return refusal;
    }
    request.extensions_mut().insert(Peer(peer));
    let answer = match poll_fn(|cx| service.poll_ready(cx)).await {
        Ok(()) => service.call(request).await,
        Err(never) => match never {},
    };
    let mut response = answer.unwrap_or_else(|never| match never {});
    if lifecycle.is_stopping() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response.map(Either::Left)
}

/// Exactly one valid `Host` in HTTP/1.1, and at most one before (RFC 9112 §3.2): of two, a proxy may
/// have heeded the other one.
fn has_good_host<B>(request: &Request<B>) -> bool {
    let mut lines = request.headers().get_all(HOST).iter();
    let is_host = |line: &HeaderValue| {
        let authority = Authority::try_from(line.as_bytes()).ok();
        authority.is_some_and(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'))
    };
    match (lines.next(), lines.next()) {
        (Some(line), None) => is_host(line),
        (None, _) => request.version() < Version::HTTP_11,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R57, R58: keeping alive for longer than the minute of a balancer; the deadline of a body is its own.
    #[test]
    fn unless_they_are_set_these_are_the_deadlines() {
        let Limits { connections, first_byte, header, keep_alive, drain, .. } = Limits::default();
        let seconds = [first_byte, header, keep_alive, drain].map(|deadline| deadline.as_secs());
        assert_eq!((seconds, connections.get()), ([5, 5, 75, 30], 10_000));
        assert_eq!((MAX_HEADER_LENGTH, MAX_HEADERS), (16 * 1024, 64));
    }

    /// R74: in HTTP/1.1, and at most one before that.
    #[test]
    fn a_request_has_exactly_one_valid_host() {
        let is_good = |version: Version, lines: &[&str]| {
            let mut request = Request::builder().version(version);
            for line in lines {
                request = request.header(HOST, *line);
            }
            has_good_host(&request.body(()).unwrap())
        };
        for host in ["a", "app.example:8080", "127.0.0.1", "[::1]:8080", "xn--bcher-kva.example"] {
            assert!(is_good(Version::HTTP_11, &[host]), "{host}");
        }
        for host in ["", " ", "a b", "u@a", "a/b", "http://a", "a:b:c", "[::1", "a\tb"] {
            assert!(!is_good(Version::HTTP_11, &[host]), "{host:?}");
        }
        assert!(!is_good(Version::HTTP_11, &[]) && !is_good(Version::HTTP_11, &["a", "a"]));
        assert!(is_good(Version::HTTP_10, &[]) && !is_good(Version::HTTP_10, &["a", "b"]));
    }
}

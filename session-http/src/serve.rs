//! Serving connections: warp's filters behind an accept loop with every deadline.
//!
//! `warp::serve` waits for ever for a header that does not come, accepts headers of any size, and
//! does not end while such a connection is open; so a server that anybody can reach needs its own.

mod deadline_io;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::Service;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::http::{App, Peer};
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

/// Serves `routes` on `listener` until `shutdown`, then drains: `/readyz` says no at once, what is
/// running is finished, and after the deadline the rest is cut off.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    routes: BoxedFilter<(Response,)>,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let (stage, present_stage) = watch::channel(Stage::Serving);
    let connections = limits.connections.get();
    let slots = Arc::new(Semaphore::new(connections as usize));
    let server = Server { app, routes, limits, stage: present_stage };
    let mut stop = std::pin::pin!(async {
        shutdown.await;
        server.app.draining.store(true, Ordering::Relaxed);
        tracing::info!(delay_s = limits.drain_delay.as_secs(), "stopping");
        tokio::time::sleep(limits.drain_delay).await;
    });
    loop {
        tokio::select! {
            () = &mut stop => break,
            (stream, address, slot) = accept(&listener, &slots) => {
                tokio::spawn(server.clone().connection(stream, address, slot));
            }
        }
    }
    drop(listener);
    stage.send_replace(Stage::Draining);
    if tokio::time::timeout(limits.drain, slots.acquire_many(connections)).await.is_err() {
        let open = (connections as usize).saturating_sub(slots.available_permits());
        tracing::warn!(connections = open, "cutting off connections that are still open");
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
                tracing::error!(%error, "connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            (_, Err(_)) => unreachable!("the semaphore is never closed"),
        }
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
struct Server {
    app: Arc<App>,
    routes: BoxedFilter<(Response,)>,
    limits: Limits,
    stage: watch::Receiver<Stage>,
}

impl Server {
    /// Waits until the server is that close to its end.
    async fn reached(&self, stage: Stage) {
        // The sender outlives every connection.
        let _ = self.stage.clone().wait_for(|&present| present >= stage).await;
    }

    async fn connection(self, stream: TcpStream, peer: SocketAddr, slot: OwnedSemaphorePermit) {
        // Answers are small: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let phase = PhaseCell::default();
        let io = TokioIo::new(DeadlineIo::new(stream, phase.clone(), self.limits));
        let service = service_fn(|request| {
            phase.set(Phase::Request);
            let answer = self.answer(request, peer);
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
        http.header_read_timeout(None).max_headers(MAX_HEADERS).max_buf_size(MAX_HEADER_LENGTH);
        let mut connection = std::pin::pin!(http.serve_connection(io, service));
        let result = tokio::select! {
            result = &mut connection => result,
            () = self.reached(Stage::Draining) => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    result = connection => result,
                    () = self.reached(Stage::CutOff) => Ok(()),
                }
            }
        };
        if let Err(error) = result {
            tracing::debug!(%error, "connection ended");
        }
        drop(slot);
    }

    fn answer(
        &self,
        mut request: hyper::Request<hyper::body::Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response> + Send + use<> {
        let started_at = Instant::now();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        request.extensions_mut().insert(Peer(peer));
        let answer = warp::service(self.routes.clone()).call(request);
        let app = Arc::clone(&self.app);
        async move {
            let mut response = answer.await.unwrap_or_else(|never| match never {});
            if app.is_draining() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            let (status, duration) = (response.status().as_u16(), started_at.elapsed());
            // The path without its query: nobody's secrets belong there, and some put them there.
            tracing::info!(%method, path, status, duration_us = duration.as_micros(), "request");
            response
        }
    }
}

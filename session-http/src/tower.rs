//! A tower layer that makes sessions known to what is behind it, and our routes as a tower service.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, Ready, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use http::{Extensions, Request as HttpRequest, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower_layer::Layer;
use tower_service::Service;

use crate::answer_times::AnswerTimes;
use crate::app::App;
use crate::body::{Broken, Source};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::refusal;
use crate::request::Request;
use crate::routes::table;
use crate::security_headers::SecurityHeaders;
use crate::table::Table;

/// Puts a [`Visitor`](crate::Visitor) into the extensions of each request, and refuses what a browser
/// sent on behalf of another site unless its method promises to change nothing (R34).
#[derive(Clone, Debug)]
pub struct SessionLayer {
    app: App,
}

impl SessionLayer {
    /// The sessions of this application.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self { app: app.clone() }
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = WithSessions<S>;

    fn layer(&self, inner: S) -> WithSessions<S> {
        WithSessions { app: self.app.clone(), inner }
    }
}

/// What is behind a [`SessionLayer`].
#[derive(Clone, Debug)]
pub struct WithSessions<S> {
    app: App,
    inner: S,
}

impl<S, B, R> Service<HttpRequest<B>> for WithSessions<S>
where
    S: Service<HttpRequest<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: HttpRequest<B>) -> Self::Future {
        let visitor = self.app.visitor(request.headers().clone(), peer(request.extensions()));
        if !request.method().is_safe()
            && let Err(problem) = visitor.require_same_site()
        {
            return Box::pin(async { Ok(problem.into_answer().map(R::from)) });
        }
        request.extensions_mut().insert(visitor);
        Box::pin(self.inner.call(request))
    }
}

/// All of our routes, beside an application's own: as its `fallback_service`, where what is at none
/// of their paths gets a 404, or [before](Self::or) it. The address of a client is that of the
/// [`Peer`] that the request has as an extension, or, with the feature `axum`, of axum's
/// `ConnectInfo`.
#[derive(Clone)]
pub struct Routes<O = Nothing> {
    app: App,
    table: Arc<Table<App>>,
    others: O,
}

impl Routes {
    /// The routes of this application.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self { app: app.clone(), table: Arc::new(table(app)), others: Nothing { app: app.clone() } }
    }

    /// Leaves what is at none of our paths to another service, with answers of its own for what it
    /// does not have.
    #[must_use]
    pub fn or<O>(self, others: O) -> Routes<O> {
        Routes { app: self.app, table: self.table, others }
    }
}

impl<O, B, R> Service<HttpRequest<B>> for Routes<O>
where
    O: Service<HttpRequest<B>, Response = Response<R>>,
    O::Future: Send + 'static,
    B: Body<Data: Buf + Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = O::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, O::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), O::Error>> {
        self.others.poll_ready(cx)
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        let Some(place) = self.table.find(request.uri().path()) else {
            return Box::pin(self.others.call(request));
        };
        let (head, body) = request.into_parts();
        let request = Request {
            peer: peer(&head.extensions),
            method: head.method,
            headers: head.headers,
            query: head.uri.query().unwrap_or_default().to_owned(),
            body: source(body),
            parameters: Vec::new(),
        };
        let answer = self.table.answer(self.app.clone(), place, request);
        Box::pin(async move { Ok(answer.await.map(R::from)) })
    }
}

/// What is at no path of ours, when there is nothing else: a 404.
#[derive(Clone, Debug)]
pub struct Nothing {
    app: App,
}

/// Made at the first such request: by then whoever wants a recorder has installed it.
static NOTHING_TIMES: LazyLock<AnswerTimes> = LazyLock::new(AnswerTimes::of_nothing);

impl<B> Service<HttpRequest<B>> for Nothing {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        let mut answer = refusal::answer(&self.app, request.headers(), Problem::not_found());
        SecurityHeaders::all().add_to(answer.headers_mut());
        NOTHING_TIMES.note(answer.status(), Duration::ZERO);
        ready(Ok(answer.map(Full::new)))
    }
}

impl<S> Layer<S> for SecurityHeaders {
    type Service = WithSecurityHeaders<S>;

    fn layer(&self, inner: S) -> WithSecurityHeaders<S> {
        WithSecurityHeaders { headers: *self, inner }
    }
}

/// What has [`SecurityHeaders`] around it.
#[derive(Clone, Debug)]
pub struct WithSecurityHeaders<S> {
    headers: SecurityHeaders,
    inner: S,
}

impl<S, B, R> Service<HttpRequest<B>> for WithSecurityHeaders<S>
where
    S: Service<HttpRequest<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        let (headers, answer) = (self.headers, self.inner.call(request));
        Box::pin(async move {
            let mut answer = answer.await?;
            headers.add_to(answer.headers_mut());
            Ok(answer)
        })
    }
}

/// As our accept loop says, or axum's.
fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    let ours = extensions.get::<Peer>().map(|Peer(address)| *address);
    #[cfg(feature = "axum")]
    let ours = ours.or_else(|| crate::axum::peer(extensions));
    ours
}

fn source<B>(body: B) -> Source
where
    B: Body<Data: Buf + Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    Box::pin(body.into_data_stream().map(|piece| match piece {
        Ok(mut piece) => Ok(piece.copy_to_bytes(piece.remaining())),
        Err(_) => Err(Broken),
    }))
}

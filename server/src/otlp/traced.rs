use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_http::{Request, Response};
use session_http::{RouteLabel, TraceContext};
use tower_service::Service;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Between a [`RequestLog`](session_http::RequestLog) and the service that it is about: makes of the span of each
/// request what OpenTelemetry's conventions say of one.
#[derive(Clone)]
pub(crate) struct Traced<S>(S);

impl<S> Traced<S> {
    pub(crate) const fn new(service: S) -> Self {
        Self(service)
    }
}

impl<S, B, R> Service<Request<B>> for Traced<S>
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let trace = request.extensions().get::<TraceContext>().cloned();
        let method = request.method().to_string();
        let answer = self.0.call(request);
        Box::pin(async move {
            // Only what is within the answer is within the span.
            let span = Span::current();
            join(&span, trace.as_ref());
            let answer = answer.await?;
            let route = answer.extensions().get::<RouteLabel>().map_or("none", |RouteLabel(route)| route);
            span.context().span().update_name(format!("{method} {route}"));
            span.set_attribute("http.request.method", method);
            span.set_attribute("http.route", route);
            span.set_attribute("http.response.status_code", i64::from(answer.status().as_u16()));
            Ok(answer)
        })
    }
}

/// Puts a span into the trace that it belongs to, or else begins one, and has lines of the log tell its IDs.
fn join(span: &Span, trace: Option<&TraceContext>) {
    if let Some(parent) = trace.and_then(parent_of) {
        // It fails where no spans are exported.
        let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
    }
    let context = span.context();
    let own = context.span().span_context().clone();
    if !own.is_valid() {
        return;
    }
    if trace.is_none() {
        span.record("trace_id", own.trace_id().to_string());
    }
    span.record("span_id", own.span_id().to_string());
}

fn parent_of(trace: &TraceContext) -> Option<SpanContext> {
    let trace_id = TraceId::from_hex(trace.trace_id()).ok()?;
    let parent_id = SpanId::from_hex(trace.parent_id()).ok()?;
    let flags = if trace.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
    Some(SpanContext::new(trace_id, parent_id, flags, true, TraceState::default()))
}

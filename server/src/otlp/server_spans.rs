use opentelemetry::Context;
use opentelemetry::trace::{SpanBuilder, SpanKind, Tracer};
use opentelemetry_sdk::trace::{SdkTracer, Span};

/// Makes spans of a server: a kind can be given to them only as they begin, and each is of a request.
pub(super) struct ServerSpans(SdkTracer);

impl ServerSpans {
    pub(super) const fn new(tracer: SdkTracer) -> Self {
        Self(tracer)
    }
}

impl Tracer for ServerSpans {
    type Span = Span;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> Span {
        self.0.build_with_context(builder.with_kind(SpanKind::Server), parent)
    }
}

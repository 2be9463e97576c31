//! Spans of requests, sent to a collector by OTLP over HTTP. Only spans: lines of the log stay where it goes.

mod client;
mod server_spans;
mod traced;

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use session_http::REQUEST_SPAN;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::Result;
use client::Client;
use server_spans::ServerSpans;

pub(crate) use traced::Traced;

/// What it is called in traces.
const NAME: &str = env!("CARGO_PKG_NAME");

/// How long the end of the server waits for the collector to take what is left.
const PATIENCE: Duration = Duration::from_secs(3);

/// Spans on their way to a collector, from a thread of their own: no request waits for it, and spans that it does
/// not take in time are lost.
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins to send them to the collector at this URL.
    pub(crate) fn start(endpoint: &str) -> Result<Self> {
        let endpoint = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder().with_http().with_http_client(Client::new(PATIENCE));
        let exporter = exporter.with_protocol(Protocol::HttpBinary).with_endpoint(endpoint).build();
        let exporter = exporter.map_err(|error| format!("spans cannot be exported: {error}"))?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder().with_service_name(NAME).with_attribute(version).build();
        let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter);
        // A trusted proxy that records nothing of a trace wants nothing recorded.
        let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOn));
        Ok(Self(provider.with_sampler(sampler).build()))
    }

    /// Makes them of the spans of requests, and of nothing else.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        let layer = tracing_opentelemetry::layer().with_tracer(ServerSpans::new(self.0.tracer(NAME)));
        let layer = layer.with_location(false).with_threads(false).with_level(false).with_target(false);
        // A span that was entered could be given no parent any more.
        let layer = layer.with_context_activation(false).with_tracked_inactivity(false);
        layer.with_filter(filter_fn(|what| what.is_span() && what.name() == REQUEST_SPAN))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // What the collector did not take was told in the log.
        let _ = self.0.shutdown_with_timeout(PATIENCE);
    }
}

//! Spans of requests, as a collector receives them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod collector;
#[path = "../command_line/machine.rs"]
#[allow(dead_code, reason = "made for the tests of the command line, which need more of it")]
mod machine;

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value, json};

use crate::collector::{Collector, attribute, hexadecimal, spans};
use crate::machine::{Machine, PASSWORD, Server};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

const LOG: [&str; 4] = ["--log-format", "json", "--trusted-proxies", "127.0.0.1"];

async fn log_in(server: &Server, id: &str, traceparent: Option<String>) -> String {
    let login = json!({ "username": "alice", "password": PASSWORD });
    let request = server.http().post(format!("http://{}/login", server.address)).json(&login);
    let request = request.header("X-Request-ID", id);
    let request = match traceparent {
        Some(traceparent) => request.header("traceparent", traceparent),
        None => request,
    };
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.headers()["set-cookie"].to_str().unwrap().to_owned()
}

/// The span of a request, as a line of the log has it.
fn logged(log: &str, id: &str) -> Value {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["span"].take());
    lines.into_iter().find(|span| span["id"] == id).unwrap_or_else(|| panic!("no {id}: {log}"))
}

fn of_request<'s>(
    spans: &'s [(Vec<opentelemetry_proto::tonic::common::v1::KeyValue>, Span)],
    id: &str,
) -> &'s Span {
    let found = spans.iter().find(|(_, span)| attribute(&span.attributes, "id") == id);
    &found.unwrap_or_else(|| panic!("no {id}: {spans:?}")).1
}

/// R39: and no secret is in what is sent.
#[tokio::test]
async fn a_request_is_a_span_in_the_trace_of_its_proxy_or_in_one_of_its_own() {
    let machine = Machine::with_alice();
    let collector = Collector::start();
    let server = machine.serve(&[&LOG[..], &["--otlp-endpoint", &collector.url()]].concat()).await;
    let cookie = log_in(&server, "joined", Some(format!("00-{TRACE}-{PARENT}-01"))).await;
    log_in(&server, "alone", None).await;
    log_in(&server, "unwanted", Some(format!("00-{TRACE}-{PARENT}-00"))).await;
    assert_eq!(server.terminate().await.code(), Some(0));

    let batches = collector.batches();
    let spans = spans(&batches);
    let log = machine.read("log");
    for (resource, span) in &spans {
        assert_eq!(attribute(resource, "service.name"), "session-server");
        assert_eq!((span.name.as_str(), span.kind()), ("POST /login", SpanKind::Server));
        assert_eq!(attribute(&span.attributes, "http.request.method"), "POST");
        assert_eq!(attribute(&span.attributes, "http.route"), "/login");
        assert_eq!(attribute(&span.attributes, "http.response.status_code"), "200");
        assert!(span.end_time_unix_nano > span.start_time_unix_nano);
        assert!(span.events.is_empty(), "lines of the log stay in the log: {span:?}");
    }
    assert_eq!(spans.len(), 2, "nobody wanted the third: {spans:?}");

    let joined = of_request(&spans, "joined");
    assert_eq!(
        (hexadecimal(&joined.trace_id), hexadecimal(&joined.parent_span_id)),
        (TRACE.into(), PARENT.into())
    );
    let line = logged(&log, "joined");
    assert_eq!((&line["trace_id"], &line["parent_id"]), (&TRACE.into(), &PARENT.into()));
    assert_eq!(line["span_id"], hexadecimal(&joined.span_id));

    let alone = of_request(&spans, "alone");
    assert!(alone.parent_span_id.is_empty() && hexadecimal(&alone.trace_id) != TRACE);
    let line = logged(&log, "alone");
    assert_eq!(
        (&line["trace_id"], &line["span_id"]),
        (&hexadecimal(&alone.trace_id).into(), &hexadecimal(&alone.span_id).into())
    );
    assert_eq!(logged(&log, "unwanted")["trace_id"], TRACE);

    let sent = String::from_utf8_lossy(&batches.concat()).into_owned();
    let secret = cookie.split('.').nth(3).unwrap();
    assert!(secret.len() > 20 && !sent.contains(secret) && !sent.contains(PASSWORD));
}

/// R61: of spans as of lines.
#[tokio::test]
async fn a_collector_that_is_away_costs_no_request_and_no_exit() {
    let machine = Machine::with_alice();
    // A port that nobody listens on.
    let server = machine.serve(&[&LOG[..], &["--otlp-endpoint", "http://127.0.0.1:1"]].concat()).await;
    log_in(&server, "one", None).await;
    let began_at = Instant::now();
    assert_eq!(server.terminate().await.code(), Some(0));
    assert!(began_at.elapsed() < Duration::from_secs(10), "{:?}", began_at.elapsed());
    let log = machine.read("log");
    assert!(log.contains("opentelemetry_sdk") && log.contains("\"ERROR\""), "{log}");
}

#[test]
fn an_endpoint_that_is_no_url_is_refused() {
    let machine = Machine::new();
    let refused = machine.run(&["serve", "--listen", "127.0.0.1:0", "--otlp-endpoint", "not a url"]);
    assert!(refused.expect_refusal().starts_with("spans cannot be exported: "));
}

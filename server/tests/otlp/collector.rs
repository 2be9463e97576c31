use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

/// Takes spans as a collector does, by OTLP over HTTP.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    batches: Receiver<Vec<u8>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (batch, batches) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, batch) = (stream.unwrap(), batch.clone());
                std::thread::spawn(move || take(&stream, &batch));
            }
        });
        Self { address, batches }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has been sent so far.
    pub(crate) fn batches(&self) -> Vec<Vec<u8>> {
        self.batches.try_iter().collect()
    }
}

/// Every request of a connection.
fn take(stream: &TcpStream, batch: &Sender<Vec<u8>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line: &String| !line.trim_end().is_empty()) {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            lines.push(line);
        }
        assert_eq!(lines[0].trim_end(), "POST /v1/traces HTTP/1.1");
        let header = |name: &str| {
            let values = lines.iter().filter_map(|line| line.split_once(": "));
            let mut values = values.filter(|(found, _)| found.eq_ignore_ascii_case(name));
            values.next().map(|(_, value)| value.trim_end().to_owned())
        };
        assert_eq!(header("content-type").as_deref(), Some("application/x-protobuf"));
        let mut body = vec![0; header("content-length").unwrap().parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        batch.send(body).unwrap();
        let mut stream = stream;
        stream
            .write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n",
            )
            .unwrap();
    }
}

/// The spans of batches, and what each batch says of the server.
pub(crate) fn spans(batches: &[Vec<u8>]) -> Vec<(Vec<KeyValue>, Span)> {
    let requests = batches.iter().map(|batch| ExportTraceServiceRequest::decode(&batch[..]).unwrap());
    let resources = requests.flat_map(|request| request.resource_spans);
    let spans = resources.flat_map(|of| {
        let resource = of.resource.unwrap().attributes;
        let spans = of.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.map(move |span| (resource.clone(), span))
    });
    spans.collect()
}

/// An attribute as a text.
pub(crate) fn attribute(attributes: &[KeyValue], name: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == name);
    match found.and_then(|attribute| attribute.value.clone()) {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => text,
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => number.to_string(),
        other => panic!("{name} is {other:?} in {attributes:?}"),
    }
}

pub(crate) fn hexadecimal(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

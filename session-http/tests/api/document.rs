//! `openapi.json` and `management.json`, held against every answer that any test of this suite gets.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Request};
use serde_json::{Value, json};

use crate::client::Answer;

pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../openapi.json")).expect("JSON"));

/// The same of the management's listener.
pub(crate) static MANAGEMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../management.json")).expect("JSON"));

/// The methods that an OpenAPI document can describe.
pub(crate) const METHODS: [Method; 8] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
];

/// The headers that mean something to a client: they are documented wherever they are sent.
const TELLING_HEADERS: [&str; 8] = [
    "accept-patch",
    "access-control-allow-origin",
    "allow",
    "etag",
    "location",
    "retry-after",
    "set-cookie",
    "www-authenticate",
];

/// The documented path that a request's path belongs to, with what can be done there.
pub(crate) fn path_item(path: &str) -> Option<(&'static str, &'static Value)> {
    path_item_of(&DOCUMENT, path)
}

fn path_item_of(document: &'static Value, path: &str) -> Option<(&'static str, &'static Value)> {
    let fits = |template: &str| {
        let (template, path) = (template.split('/'), path.split('/'));
        template.clone().count() == path.clone().count()
            && template.zip(path).all(|(expected, found)| expected == found || expected.starts_with('{'))
    };
    let paths = document["paths"].as_object().expect("paths");
    paths.iter().find(|(template, _)| fits(template)).map(|(template, item)| (template.as_str(), item))
}

/// What stands where the document may have a reference.
pub(crate) fn resolved(value: &'static Value) -> &'static Value {
    resolved_of(&DOCUMENT, value)
}

fn resolved_of(document: &'static Value, value: &'static Value) -> &'static Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').expect("a reference within the document");
            document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
        None => value,
    }
}

/// The page is no part of the API, and has one path in common with it.
pub(crate) fn is_of_the_page(method: &Method, template: &str) -> bool {
    cfg!(feature = "page") && template == "/login" && [Method::GET, Method::HEAD].contains(method)
}

/// Fails unless the document promises this answer to this request.
#[track_caller]
pub(crate) fn hold(request: &Request, answer: &Answer) {
    let path = request.url().path();
    let Some((template, item)) = path_item(path) else {
        // With the page there are more paths than the API has.
        if cfg!(not(feature = "page")) {
            hold_response("another path", "NotFound", 404, request, answer);
        }
        return;
    };
    let method = request.method().as_str();
    if is_of_the_page(request.method(), template) {
        return;
    }
    let Some(operation) = item.get(method.to_ascii_lowercase()) else {
        return hold_response("another method", "MethodNotAllowed", 405, request, answer);
    };
    let name = format!("{method} {template}");
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{name} has an undocumented status: {answer:?}");
    hold_to(&DOCUMENT, &name, resolved(response), request, answer);
    hold_request(&DOCUMENT, &name, operation, request, answer);
}

/// Fails unless the management's document promises this answer to this request, of one of its operations.
#[track_caller]
pub(crate) fn hold_management(request: &Request, answer: &Answer) {
    let document = &MANAGEMENT;
    let Some((template, item)) = path_item_of(document, request.url().path()) else { return };
    let method = request.method().as_str();
    let operation = &item[method.to_ascii_lowercase()];
    if operation.is_null() {
        return;
    }
    let name = format!("management's {method} {template}");
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{name} has an undocumented status: {answer:?}");
    hold_to(document, &name, resolved_of(document, response), request, answer);
    hold_request(document, &name, operation, request, answer);
}

#[track_caller]
fn hold_response(name: &str, response: &str, status: u16, request: &Request, answer: &Answer) {
    assert_eq!(answer.status, status, "{answer:?}");
    hold_to(&DOCUMENT, name, &DOCUMENT["components"]["responses"][response], request, answer);
}

#[track_caller]
fn hold_to(
    document: &'static Value,
    name: &str,
    response: &'static Value,
    request: &Request,
    answer: &Answer,
) {
    let at = format!("{name} {}", answer.status);
    hold_headers(document, &at, response, answer);
    match response.get("content") {
        // No answer to HEAD has a body.
        Some(_) if request.method() == Method::HEAD => {}
        Some(content) => {
            let media_type = answer.header(CONTENT_TYPE.as_str());
            let schema = &content[media_type]["schema"];
            assert!(!schema.is_null(), "{at} has an undocumented media type: {answer:?}");
            let body = if media_type.ends_with("json") { answer.json() } else { answer.text.clone().into() };
            complain(&at, &errors(document, &format!("{at} {media_type}"), schema, &body), answer);
        }
        None => assert_eq!(answer.text, "", "{at} has an undocumented body: {answer:?}"),
    }
}

#[track_caller]
fn hold_headers(document: &'static Value, at: &str, response: &'static Value, answer: &Answer) {
    for name in TELLING_HEADERS {
        let documented = response["headers"].as_object().into_iter().flatten();
        let mut documented =
            documented.map(|(key, header)| (key.to_ascii_lowercase(), resolved_of(document, header)));
        let header = documented.find(|(key, _)| key == name).map(|(_, header)| header);
        let sent = answer.headers.get_all(name).iter().map(|value| value.to_str().expect("ASCII"));
        let sent: Vec<_> = sent.collect();
        match (header, sent.first()) {
            (Some(header), Some(text)) => {
                let value = match resolved_of(document, &header["schema"])["type"].as_str() {
                    // One line for each: what cannot be said of other headers.
                    Some("array") => Value::from(sent),
                    _ if sent.len() > 1 => panic!("{at} sends {name} twice: {answer:?}"),
                    Some("integer") => text.parse().expect("a number"),
                    _ => Value::from(*text),
                };
                complain(at, &errors(document, &format!("{at} {name}"), &header["schema"], &value), answer);
            }
            (Some(header), None) => assert_ne!(header["required"], true, "{at} lacks {name}: {answer:?}"),
            (None, Some(_)) => panic!("{at} has an undocumented {name}: {answer:?}"),
            (None, None) => {}
        }
    }
}

/// A JSON body that the server took is one that the document allows, and the other way round.
#[track_caller]
fn hold_request(
    document: &'static Value,
    name: &str,
    operation: &'static Value,
    request: &Request,
    answer: &Answer,
) {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let schema = &operation["requestBody"]["content"][media_type.unwrap_or_default()]["schema"];
    let body = request.body().and_then(|body| body.as_bytes());
    let body = body.and_then(|body| serde_json::from_slice::<Value>(body).ok());
    let (Some(body), false) = (body, schema.is_null()) else { return };
    let errors = errors(document, &format!("{name} {media_type:?}"), schema, &body);
    if matches!(answer.status, 200 | 201) {
        complain(&format!("request {name}"), &errors, answer);
    } else if answer.status == 400 && answer.json()["code"] == "unexpected_body" {
        assert!(!errors.is_empty(), "{name} refused a documented body: {answer:?}");
    }
}

#[track_caller]
fn complain(at: &str, errors: &[String], answer: &Answer) {
    assert!(errors.is_empty(), "{at} is not as documented: {errors:?} in {answer:?}");
}

fn errors(document: &'static Value, at: &str, schema: &'static Value, instance: &Value) -> Vec<String> {
    validator(document, at, schema).iter_errors(instance).map(|error| error.to_string()).collect()
}

/// Made once for each place in a document.
fn validator(document: &'static Value, at: &str, schema: &'static Value) -> Arc<Validator> {
    static MADE: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().expect("no test fails while it makes one");
    let make = || {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": { "schemas": document["components"]["schemas"] },
            "allOf": [schema],
        });
        Arc::new(jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema"))
    };
    Arc::clone(made.entry(at.to_owned()).or_insert_with(make))
}

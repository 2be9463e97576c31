//! What is told of security, and in which words (ASVS 5.0 V16.3).

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::machine::{Login, Machine, PASSWORD};
use crate::managed::{Managed, until};

/// In the field for the name, by mistake.
const MISTYPED: &str = "canary of a password";

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// A line of the audit log, without when.
struct Line(Value);

impl Line {
    /// These fields and no others, beside the message.
    #[track_caller]
    fn expect(&self, message: &str, fields: &Value) -> &Self {
        let mut expected = fields.clone();
        expected["message"] = message.into();
        assert_eq!(self.0["fields"], expected);
        assert_eq!(self.0["target"], "session::audit");
        self
    }

    /// Written for this request, of the client behind the proxy.
    #[track_caller]
    fn in_request(&self, id: &str) -> &Self {
        let expected = json!({ "name": "request", "id": id, "client": "192.0.2.7", "trace_id": TRACE, "parent_id": SPAN });
        assert_eq!(self.0["span"], expected);
        self
    }

    fn level(&self) -> &str {
        self.0["level"].as_str().unwrap()
    }
}

/// As a proxy sends it on.
fn sent_on(request: RequestBuilder, id: &str) -> RequestBuilder {
    let request = request.header("X-Forwarded-For", "192.0.2.7").header("X-Request-ID", id);
    request.header("traceparent", format!("00-{TRACE}-{SPAN}-01"))
}

fn url(managed: &Managed, path: &str) -> String {
    format!("http://{}{path}", managed.server.address)
}

fn post(managed: &Managed, path: &str, body: &Value, id: &str) -> RequestBuilder {
    sent_on(managed.server.http().post(url(managed, path)), id).json(body)
}

fn credentials(name: &str, password: &str) -> Value {
    json!({ "username": name, "password": password })
}

fn cookie(request: RequestBuilder, login: &Login) -> RequestBuilder {
    request.header("Cookie", format!("__Host-session={}", login.cookie))
}

fn lines(machine: &Machine, name: &str) -> Vec<Line> {
    machine.read(name).lines().map(|line| Line(serde_json::from_str(line).unwrap())).collect()
}

const BEHIND_A_PROXY: [&str; 4] = ["--trusted-proxies", "127.0.0.1", "--audit-log", "audit"];

/// R39, R65: with the client's address, and without what was typed.
#[tokio::test]
async fn who_signs_in_and_who_does_not_is_one_line_each() {
    let machine = Machine::with_alice();
    let flags = [&BEHIND_A_PROXY[..], &["--log", "off", "--login-attempts-per-account", "1"]].concat();
    let server = machine.serve(&flags).await;
    let managed = Managed { server, manage: String::new() };
    for (name, password, id, status) in [
        ("alice", PASSWORD, "r1", 200),
        ("alice", "wrong", "r2", 401),
        (MISTYPED, "wrong", "r3", 401),
        ("alice", PASSWORD, "r4", 429),
    ] {
        let answer = post(&managed, "/login", &credentials(name, password), id).send().await.unwrap();
        assert_eq!(answer.status(), status, "{id}");
    }
    managed.server.terminate().await;
    assert_eq!(machine.mode("audit"), 0o600);
    let lines = lines(&machine, "audit");
    let [accepted, refused, of_nobody, limited] = &lines[..] else { panic!("{}", machine.read("audit")) };
    let of = |outcome: &str| json!({ "event": "login", "outcome": outcome, "address": "192.0.2.7" });
    let mut fields = of("accepted");
    fields["subject"] = "alice".into();
    fields["session_id"] = accepted.0["fields"]["session_id"].clone();
    assert_eq!(fields["session_id"].as_str().map(str::len), Some(22));
    accepted.expect("login accepted", &fields).in_request("r1");
    let mut fields = of("refused");
    fields["subject"] = "alice".into();
    refused.expect("login refused", &fields).in_request("r2");
    of_nobody.expect("login refused", &of("refused")).in_request("r3");
    limited.expect("login limited", &of("limited")).in_request("r4");
    assert_eq!(lines.iter().map(Line::level).collect::<Vec<_>>(), ["INFO", "WARN", "WARN", "WARN"]);
    assert_eq!(machine.read("log"), "", "the file is no matter of the filter");
    let told = machine.read("audit");
    assert!(!told.contains(MISTYPED) && !told.contains(PASSWORD) && !told.contains("wrong"), "{told}");
}

#[tokio::test]
async fn how_a_session_ended_and_by_whom_is_one_line_each() {
    let machine = Machine::with_alice();
    let managed = Managed::start(&machine, &BEHIND_A_PROXY).await;
    let server = &managed.server;
    let second = server.log_in("alice").await;
    let again = json!({ "password": PASSWORD });
    let again =
        cookie(post(&managed, "/session/reauthenticate", &again, "again"), &second).send().await.unwrap();
    let renewed = again.json::<Value>().await.unwrap()["session_id"].as_str().unwrap().to_owned();
    let third = server.log_in("alice").await;
    let end = server.http().delete(url(&managed, &format!("/sessions/{renewed}")));
    assert_eq!(cookie(sent_on(end, "owner"), &third).send().await.unwrap().status(), 204);
    let fourth = server.log_in("alice").await;
    let out = cookie(post(&managed, "/logout", &json!({}), "out"), &third);
    assert_eq!(out.send().await.unwrap().status(), 204);
    let path = format!("/subjects/alice/sessions/{}", fourth.session_id());
    assert_eq!(managed.ask(Method::DELETE, &path).send().await.unwrap().status(), 204);
    let last = server.log_in("alice").await;
    machine
        .enter(&["user", "set-password", "alice", "--password-stdin"], "canary of another one")
        .expect_success();
    until(async || server.status_of(&last).await == 401).await;
    managed.server.terminate().await;

    let lines = lines(&machine, "audit");
    let ends = lines.iter().filter(|line| line.0["fields"]["event"] == "session");
    let fields = |line: &Line| {
        let fields = &line.0["fields"];
        assert_eq!((&fields["message"], &fields["subject"]), (&"session ended".into(), &"alice".into()));
        (fields["session_id"].as_str().unwrap().to_owned(), fields["cause"].as_str().unwrap().to_owned())
    };
    let ended = |cause: &str| {
        let mut of_it = ends.clone().filter(|line| fields(line).1 == cause);
        of_it.next().unwrap_or_else(|| panic!("none by {cause}: {}", machine.read("audit")))
    };
    assert_eq!(fields(ended("owner")).0, renewed);
    ended("owner").in_request("owner");
    assert_eq!(ended("owner").0["fields"]["by_session_id"], third.session_id());
    assert_eq!(fields(ended("log_out")).0, third.session_id());
    ended("log_out").in_request("out");
    assert_eq!(fields(ended("administrator")).0, fourth.session_id());
    assert_eq!(ended("administrator").0["span"]["caller"], "office");
    assert!(ends.clone().any(|line| fields(line) == (last.session_id(), "password".into())));
    let again = lines.iter().find(|line| line.0["fields"]["event"] == "reauthentication").unwrap();
    again.in_request("again").expect(
        "reauthentication accepted",
        &json!({
            "event": "reauthentication", "outcome": "accepted", "subject": "alice",
            "session_id": renewed, "former_session_id": second.session_id(),
        }),
    );
}

/// Also where it is started once by a key, and not where the same is asked for again.
#[tokio::test]
async fn what_the_management_starts_changes_and_refuses_is_one_line_each() {
    let machine = Machine::with_alice();
    let managed =
        Managed::start(&machine, &["--audit-log", "audit", "--log", "info,session::audit=off"]).await;
    let start = || managed.ask(Method::POST, "/subjects/alice/sessions").json(&json!({}));
    let id_of = async |request: RequestBuilder| {
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["session"]["session_id"].as_str().unwrap().to_owned()
    };
    let plain = id_of(start()).await;
    let by_key = id_of(start().header("Idempotency-Key", "a")).await;
    assert_eq!(id_of(start().header("Idempotency-Key", "a")).await, by_key);
    let claims = managed.ask(Method::PATCH, &format!("/sessions/{plain}/claims"));
    assert_eq!(claims.json(&json!({ "role": "admin" })).send().await.unwrap().status(), 200);
    let stranger = managed.server.http().get(format!("http://{}/metrics", managed.manage));
    assert_eq!(stranger.send().await.unwrap().status(), 401);
    managed.server.terminate().await;
    let lines = lines(&machine, "audit");
    let [first, second, changed, refused] = &lines[..] else { panic!("{}", machine.read("audit")) };
    for (line, session_id) in [(first, &plain), (second, &by_key)] {
        let fields = json!({
            "event": "login", "outcome": "accepted", "session_id": session_id, "subject": "alice",
        });
        line.expect("login accepted", &fields);
        assert_eq!(line.0["span"]["caller"], "office");
    }
    let fields = json!({ "event": "claims", "outcome": "changed", "session_id": plain, "subject": "alice" });
    changed.expect("claims changed", &fields);
    assert_eq!(changed.0["span"]["caller"], "office");
    let fields = json!({ "event": "management", "outcome": "refused", "address": "127.0.0.1" });
    assert_eq!(refused.expect("management refused", &fields).level(), "WARN");
}

/// R29: and why it ended.
#[tokio::test]
async fn a_session_that_made_room_is_told_of() {
    let machine = Machine::with_alice();
    let server = machine.serve(&["--audit-log", "audit", "--sessions-per-user", "1"]).await;
    // Of those that were used in the same second any one may be taken for the oldest.
    let mut logins = vec![server.log_in("alice").await];
    until(async || {
        logins.push(server.log_in("alice").await);
        machine.read("audit").contains("surplus")
    })
    .await;
    server.terminate().await;
    let lines = lines(&machine, "audit");
    let line = lines.iter().find(|line| line.0["fields"]["cause"] == "surplus").unwrap();
    let ended = logins.iter().find(|login| line.0["fields"]["session_id"] == login.session_id());
    let session_id = ended.unwrap().session_id();
    let fields = json!({
        "event": "session", "outcome": "ended", "cause": "surplus", "subject": "alice",
        "session_id": session_id,
    });
    line.expect("session ended", &fields);
}

/// R37: a page of somebody's own may send one too, and must not place a request among others' lines.
#[tokio::test]
async fn a_trace_is_believed_of_a_trusted_proxy_alone() {
    let machine = Machine::with_alice();
    let server = machine.serve(&["--audit-log", "audit"]).await;
    let managed = Managed { server, manage: String::new() };
    let login = post(&managed, "/login", &credentials("alice", PASSWORD), "mine");
    assert_eq!(login.send().await.unwrap().status(), 200);
    managed.server.terminate().await;
    let lines = lines(&machine, "audit");
    let span = lines[0].0["span"].as_object().unwrap();
    assert_eq!(span.keys().collect::<Vec<_>>(), ["client", "id", "name"]);
    assert_ne!(span["id"], "mine");
}

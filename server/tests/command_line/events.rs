//! What others are told of: at the management's listener, in the stream, and by a webhook.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::Value;
use session_testing::{Authority, HaProxy, RedisServer};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::machine::{Login, Machine, PASSWORD};
use crate::managed::{Managed, until};

const SECRET: [u8; 32] = *b"canary secret of the webhook 012";

/// What a receiver says to the next delivery.
#[derive(Clone, Copy)]
enum Reply {
    Status(u16),
    /// To go elsewhere at the same receiver.
    Redirect,
    /// Nothing, and it keeps the connection.
    Silence,
}

/// Somebody who is told of events, and what has come.
struct Receiver {
    url: String,
    deliveries: Arc<Mutex<Vec<Delivery>>>,
}

#[derive(Clone, Debug)]
struct Delivery {
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
    is_accepted: bool,
}

impl Receiver {
    /// One that says these, and then accepts everything.
    async fn start(replies: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let deliveries = Arc::<Mutex<Vec<Delivery>>>::default();
        let replies = Arc::new(Mutex::new(replies.iter().rev().copied().collect::<Vec<_>>()));
        let noted = Arc::clone(&deliveries);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer_all(stream, Arc::clone(&noted), Arc::clone(&replies)));
            }
        });
        Self { url, deliveries }
    }

    fn all(&self) -> Vec<Delivery> {
        self.deliveries.lock().unwrap().clone()
    }

    fn accepted(&self) -> Vec<Delivery> {
        self.all().into_iter().filter(|delivery| delivery.is_accepted).collect()
    }

    /// Those that were accepted, once there are so many.
    async fn wait_for(&self, count: usize) -> Vec<Delivery> {
        until(async || self.accepted().len() >= count).await;
        self.accepted()
    }
}

impl Delivery {
    fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn session_id(&self) -> String {
        self.event()["session_id"].as_str().unwrap_or_default().to_owned()
    }

    /// By the rule of the specification, and with nothing of the server's.
    fn verify(&self) {
        let signed = format!("{}.{}.{}", self.id(), self.headers["webhook-timestamp"], self.body);
        let mut mac = Hmac::<Sha256>::new_from_slice(&SECRET).unwrap();
        mac.update(signed.as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(self.headers["webhook-signature"], expected);
        assert_eq!(self.headers["content-type"], "application/json");
        assert_eq!(self.event()["id"], self.id());
        let sent_at: u64 = self.headers["webhook-timestamp"].parse().unwrap();
        assert!(sent_at >= self.event()["occurred_at"].as_u64().unwrap());
    }
}

async fn answer_all(
    mut stream: TcpStream,
    deliveries: Arc<Mutex<Vec<Delivery>>>,
    replies: Arc<Mutex<Vec<Reply>>>,
) {
    while let Some(mut delivery) = read(&mut stream).await {
        let reply = replies.lock().unwrap().pop().unwrap_or(Reply::Status(204));
        delivery.is_accepted = matches!(reply, Reply::Status(200..=299));
        deliveries.lock().unwrap().push(delivery);
        let answer = match reply {
            Reply::Status(status) => format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n"),
            Reply::Redirect => "HTTP/1.1 307 x\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".into(),
            Reply::Silence => return std::future::pending().await,
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Delivery> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.lines();
    let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let headers: BTreeMap<_, _> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers["content-length"].parse().unwrap();
    while bytes.len() < head + 4 + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    let body = String::from_utf8(bytes[head + 4..].to_vec()).unwrap();
    Some(Delivery { path, headers, body, is_accepted: false })
}

/// A machine with Alice and the secret.
fn machine() -> Machine {
    let machine = Machine::with_alice();
    machine.write("secret", &format!("# of the receiver\nwhsec_{}\n", STANDARD.encode(SECRET)));
    machine
}

fn flags<'f>(receiver: &'f Receiver, store: &'f str) -> [&'f str; 7] {
    ["--events", "--webhook", &receiver.url, "--webhook-secret", "secret", "--store", store]
}

fn ids(logins: &[Login]) -> Vec<String> {
    let mut ids: Vec<_> = logins.iter().map(Login::session_id).collect();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_of_two_servers_is_delivered_once_and_signed() {
    let (redis, receiver) = (RedisServer::start(&[]), Receiver::start(&[]).await);
    let (one, two) = (machine(), machine());
    let store = redis.url();
    let first = one.serve(&flags(&receiver, &store)).await;
    let second = two.serve(&flags(&receiver, &store)).await;
    let mut logins = Vec::new();
    for _ in 0..5 {
        logins.push(first.log_in("alice").await);
        logins.push(second.log_in("alice").await);
    }
    let delivered = receiver.wait_for(10).await;
    delivered.iter().for_each(Delivery::verify);
    let mut sessions: Vec<_> = delivered.iter().map(Delivery::session_id).collect();
    sessions.sort();
    assert_eq!(sessions, ids(&logins));
    // Whichever has the turn lets go of it, and the other goes on at once.
    first.terminate().await;
    let last = second.log_in("alice").await;
    let delivered = receiver.wait_for(11).await;
    assert_eq!(delivered.last().unwrap().session_id(), last.session_id());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(receiver.all().len(), 11, "none came twice");
    for machine in [&one, &two] {
        let log = machine.read("log");
        assert!(!log.contains("whsec_") && !log.contains(&STANDARD.encode(SECRET)) && !log.contains("/hook"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_fails_at_first_is_told_again() {
    let receiver = Receiver::start(&[Reply::Status(500), Reply::Redirect, Reply::Status(400)]).await;
    let machine = machine();
    let server = machine.serve(&flags(&receiver, "embedded:./session-data")).await;
    let begun = Instant::now();
    let login = server.log_in("alice").await;
    assert!(begun.elapsed() < Duration::from_secs(5), "nobody waits for the receiver");
    let accepted = receiver.wait_for(1).await;
    assert_eq!(accepted[0].session_id(), login.session_id());
    let all = receiver.all();
    assert_eq!(all.len(), 4);
    assert!(
        all.iter().all(|delivery| delivery.id() == accepted[0].id() && delivery.body == accepted[0].body)
    );
    assert!(all.iter().all(|delivery| delivery.path == "/hook"), "no redirect is followed");
    all.iter().for_each(Delivery::verify);
}

/// The log is cut as it is when there are too many events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_a_receiver_cannot_take_keeps_others_no_longer_than_it_is_kept() {
    let failing = [Reply::Status(204)].into_iter().chain([Reply::Status(500); 5]).collect::<Vec<_>>();
    let (redis, receiver) = (RedisServer::start(&[]), Receiver::start(&failing).await);
    let machine = machine();
    let store = redis.url();
    let managed = Managed::start(&machine, &flags(&receiver, &store)).await;
    managed.server.log_in("alice").await;
    receiver.wait_for(1).await;
    managed.server.log_in("alice").await;
    until(async || receiver.all().len() >= 2).await;
    let cut: u64 = redis.run(&["XTRIM", "events", "MAXLEN", "0"]);
    assert_eq!(cut, 2);
    let last = managed.server.log_in("alice").await;
    let delivered = receiver.wait_for(2).await;
    assert_eq!(delivered[1].session_id(), last.session_id());
    let metrics = managed.metrics().await;
    assert_eq!(metrics.of("session_webhook_lost_total{reason=\"overtaken\"}"), 1.0, "{}", metrics.text);
}

/// Behind TLS, of which an authority has to vouch that the system knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_behind_tls_is_told_if_somebody_vouches_for_it() {
    let (authority, receiver) = (Authority::new("Events"), Receiver::start(&[]).await);
    let plain = receiver.url.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/hook")).unwrap();
    let front = HaProxy::with_tls(&authority.issue("127.0.0.1"), plain.parse().unwrap());
    let url = format!("https://{}/hook?token=canary", front.address());
    let flags = ["--events", "--webhook", &url, "--webhook-secret", "secret"];
    let (known, unknown) = (machine(), machine());
    let stranger = unknown.serve(&flags).await;
    stranger.log_in("alice").await;
    until(async || unknown.read("log").contains("UnknownIssuer")).await;
    let vouching = |command: &mut Command| {
        command.env("SSL_CERT_FILE", authority.certificate());
    };
    let server = known.serve_with(&flags, vouching).await;
    let login = server.log_in("alice").await;
    let delivered = receiver.wait_for(1).await;
    delivered[0].verify();
    assert_eq!(delivered[0].session_id(), login.session_id());
    assert_eq!(receiver.all().len(), 1, "nothing of the stranger's");
    for machine in [&known, &unknown] {
        assert!(!machine.read("log").contains("canary"), "{}", machine.read("log"));
    }
}

/// A server that is killed before it could note what the receiver has delivers it once more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_noted_to_be_delivered_is_delivered_again_after_a_kill() {
    let receiver = Receiver::start(&[Reply::Status(204), Reply::Silence]).await;
    let machine = machine();
    let server = machine.serve(&flags(&receiver, "embedded:./session-data")).await;
    server.log_in("alice").await;
    receiver.wait_for(1).await;
    // Which is delivered only once the first has been noted.
    let login = server.log_in("alice").await;
    until(async || receiver.all().len() == 2).await;
    server.kill().await;
    let server = machine.serve(&flags(&receiver, "embedded:./session-data")).await;
    let delivered = receiver.wait_for(2).await;
    let all = receiver.all();
    assert_eq!(all.len(), 3, "the first is not delivered again: {all:?}");
    assert_eq!(delivered[1].session_id(), login.session_id());
    assert_eq!(all[1].id(), all[2].id(), "who was told twice can tell");
    server.terminate().await;
}

/// The same of two servers, one of which stays: it waits until the other has been silent for long enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_delivers_what_a_killed_one_had_not_noted() {
    let (redis, receiver) = (RedisServer::start(&[]), Receiver::start(&[Reply::Silence]).await);
    let (one, two) = (machine(), machine());
    let store = redis.url();
    let first = one.serve(&flags(&receiver, &store)).await;
    let login = first.log_in("alice").await;
    until(async || receiver.all().len() == 1).await;
    let _second = two.serve(&flags(&receiver, &store)).await;
    first.kill().await;
    let delivered = receiver.wait_for(1).await;
    let all = receiver.all();
    assert_eq!((all.len(), all[0].id()), (2, delivered[0].id()));
    assert_eq!(delivered[0].session_id(), login.session_id());
    delivered[0].verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_go_on_after_redis_was_away_and_nobody_waited() {
    let (mut redis, receiver) = (RedisServer::start_durable(), Receiver::start(&[]).await);
    let machine = machine();
    let store = redis.url();
    let managed = Managed::start(&machine, &flags(&receiver, &store)).await;
    managed.server.log_in("alice").await;
    receiver.wait_for(1).await;
    redis.kill();
    let begun = Instant::now();
    assert_eq!(managed.server.try_log_in("alice", PASSWORD).await.err(), Some(503));
    let poll = managed.ask(Method::GET, "/events?wait=30").send().await.unwrap();
    assert_eq!(poll.status(), 503);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    redis.restart();
    until(async || managed.server.try_log_in("alice", PASSWORD).await.is_ok()).await;
    receiver.wait_for(2).await;
    let page: Value = managed.ask(Method::GET, "/events").send().await.unwrap().json().await.unwrap();
    assert_eq!(page["is_gap"], false);
    let types: Vec<_> = page["events"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert!(types.iter().filter(|of| **of == "created").count() >= 2, "{page}");
}

/// R46, as the line that is printed has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_user_that_is_printed_for_events_can_do_all_of_it() {
    let (redis, receiver) = (RedisServer::start(&[]), Receiver::start(&[]).await);
    let machine = machine();
    let line = machine.run(&["acl", "--events", "--redis-prefix", "shop:"]).expect_success();
    let rules: Vec<_> = line.trim_end().split(' ').skip(3).filter(|rule| *rule != ">PASSWORD").collect();
    redis.add_user("sessions", &rules.join(" "));
    let store = redis.url_for("sessions");
    let flags =
        [&flags(&receiver, &store)[..], &["--redis-prefix", "shop:", "--idle-timeout", "2s"]].concat();
    let managed = Managed::start(&machine, &flags).await;
    let login = managed.server.log_in("alice").await;
    let delivered = receiver.wait_for(2).await;
    let told: Vec<_> = delivered.iter().map(|delivery| delivery.event()["type"].clone()).collect();
    assert_eq!(told, ["created", "expired"]);
    assert_eq!(delivered[1].session_id(), login.session_id());
    let streams: Vec<String> = redis.run(&["KEYS", "shop:events"]);
    assert_eq!(streams.len(), 1);
    let poll = managed.ask(Method::GET, "/events").send().await.unwrap();
    assert_eq!(poll.json::<Value>().await.unwrap()["events"].as_array().unwrap().len(), 2);
    assert!(!machine.read("log").contains("NOPERM"), "{}", machine.read("log"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_events_does_not_hold_up_the_end() {
    let machine = machine();
    let managed = Managed::start(&machine, &["--events"]).await;
    let poll = managed.ask(Method::GET, "/events?wait=30");
    let poll = tokio::spawn(poll.send());
    // The connection of whoever waits, and that of whoever asks.
    until(async || managed.metrics().await.of("session_connections") >= 2.0).await;
    let begun = Instant::now();
    let Managed { server, .. } = managed;
    assert!(server.terminate().await.success());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(poll.await.unwrap().unwrap().status(), 200);
}

/// What a server has told is there after it has stopped, and after its start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_store_keeps_events_over_a_restart() {
    let machine = machine();
    let managed = Managed::start(&machine, &["--events"]).await;
    let login = managed.server.log_in("alice").await;
    managed.server.terminate().await;
    machine.write("log", "");
    let managed = Managed::start(&machine, &["--events"]).await;
    let page: Value = managed.ask(Method::GET, "/events").send().await.unwrap().json().await.unwrap();
    assert_eq!(page["events"][0]["session_id"], login.session_id());
}

#[test]
fn settings_that_do_not_belong_together_are_refused() {
    let machine = machine();
    machine.write("short", "whsec_AAAA\n");
    let refusal = |flags: &[&str]| machine.run(&[&["serve"], flags].concat()).expect_refusal();
    let url = "https://a.example/hook?token=canary";
    for (flags, expected) in [
        (
            &["--webhook", url][..],
            "`--webhook` needs `--webhook-secret FILE`: how is its receiver to know us?",
        ),
        (
            &["--webhook-secret", "secret"],
            "`--webhook-secret` needs `--webhook URL`: where are events to go?",
        ),
        (
            &["--webhook", url, "--webhook-secret", "secret"],
            "`--webhook` needs `--events`: without them there is nothing to send",
        ),
        (
            &["--events", "--webhook", url, "--webhook-secret", "short"],
            "webhook secret file `short`, line 1: expected `whsec_` and 24 to 64 bytes in base64",
        ),
        (
            &["--events", "--webhook", "http://a.example/hook?token=canary", "--webhook-secret", "secret"],
            "`--webhook` is not `https://HOST[:PORT]/PATH`, or the same with http on this machine alone",
        ),
    ] {
        assert_eq!(refusal(flags), expected);
    }
}

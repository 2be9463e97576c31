//! Clients that are slow, silent or greedy (R57), and stopping while they are there (R58).

use std::net::SocketAddr;
use std::num::NonZero;
use std::time::{Duration, Instant};

use session_http::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::Browser;
use crate::fleet::{Fleet, PASSWORD};

/// The deadline that a test is about; all others are far away, so that no busy machine confuses them.
const SOON: Duration = Duration::from_millis(400);
const LATE: Duration = Duration::from_secs(60);
const PATIENT: Limits = Limits {
    connections: NonZero::new(10_000).unwrap(),
    first_byte: LATE,
    header: LATE,
    keep_alive: LATE,
    write: LATE,
    drain_delay: Duration::ZERO,
    drain: LATE,
};

const HALF_A_REQUEST: &[u8] = b"GET /livez HTTP/1.1\r\nHost: a\r\nCoo";
const A_REQUEST: &[u8] = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";

/// A server with these limits, beside those of a fleet.
async fn server_with(limits: Limits) -> (Fleet, SocketAddr) {
    let mut fleet = Fleet::on_the_embedded_store().await;
    let store = fleet.servers[0].app.sessions().store().clone();
    let address = fleet.add_server(store, limits).await.address;
    (fleet, address)
}

async fn connect(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    stream
}

/// Reads until the server closes the connection.
async fn read_to_end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(LATE / 2, stream.read_to_end(&mut bytes)).await;
    // A reset is a way of closing too.
    let _ = read.expect("the connection to be closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// R57: who says nothing.
#[tokio::test]
async fn a_silent_connection_is_closed_by_the_first_byte_deadline() {
    let (_fleet, address) = server_with(Limits { first_byte: SOON, ..PATIENT }).await;
    let started_at = Instant::now();
    assert_eq!(read_to_end(connect(address, b"").await).await, "");
    assert!(started_at.elapsed() >= SOON);
}

/// R57: who stops in the middle.
#[tokio::test]
async fn a_half_sent_header_is_closed_by_the_header_deadline() {
    let (_fleet, address) = server_with(Limits { header: SOON, ..PATIENT }).await;
    let started_at = Instant::now();
    assert_eq!(read_to_end(connect(address, HALF_A_REQUEST).await).await, "");
    assert!(started_at.elapsed() >= SOON);
}

/// R57, F30: who goes on, and never ends.
#[tokio::test]
async fn a_trickle_of_header_bytes_does_not_move_the_deadline() {
    let (_fleet, address) = server_with(Limits { header: SOON, ..PATIENT }).await;
    let mut stream = connect(address, HALF_A_REQUEST).await;
    let trickle = async {
        while stream.write_all(b"k").await.is_ok() {
            tokio::time::sleep(SOON / 10).await;
        }
    };
    tokio::time::timeout(LATE / 2, trickle).await.expect("the connection to be closed");
}

/// R57: longer than a balancer's, by default.
#[tokio::test]
async fn between_requests_the_deadline_is_the_one_for_keeping_alive() {
    let (_fleet, address) = server_with(Limits { keep_alive: SOON, ..PATIENT }).await;
    let started_at = Instant::now();
    let answer = read_to_end(connect(address, A_REQUEST).await).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    assert!(started_at.elapsed() >= SOON);
}

/// R57: who asks and does not read.
#[tokio::test]
async fn a_client_that_takes_no_answer_is_given_up() {
    let (_fleet, address) = server_with(Limits { write: SOON, ..PATIENT }).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
    // Until the buffers of both sides are full; then the server waits to write, and gives up.
    let ask = async { while stream.write_all(request).await.is_ok() {} };
    tokio::time::timeout(LATE / 2, ask).await.expect("the connection to be closed");
}

/// R57, F30: by an answer that says so.
#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let (_fleet, address) = server_with(Limits { keep_alive: SOON, ..PATIENT }).await;
    let request = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
        Content-Length: 100\r\n\r\n{\"username\":";
    let answer = read_to_end(connect(address, request).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

/// R57, F28: in bytes or in lines.
#[tokio::test]
async fn a_giant_header_is_refused() {
    let (_fleet, address) = server_with(PATIENT).await;
    let giant = format!("GET /livez HTTP/1.1\r\nHost: a\r\nCookie: a={}\r\n\r\n", "x".repeat(100_000));
    let many = format!("GET /livez HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(100));
    for request in [giant, many] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may close before it has taken all of it.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 431");
    }
}

/// R38: by its length, or piece by piece.
#[tokio::test]
async fn a_giant_body_is_refused_however_it_is_announced() {
    let (_fleet, address) = server_with(PATIENT).await;
    let head = "POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    let body = "x".repeat(20_000);
    let announced = format!("{head}Content-Length: 20000\r\n\r\n{body}");
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n4e20\r\n{body}\r\n0\r\n\r\n");
    for request in [announced, chunked] {
        let mut stream = connect(address, request.as_bytes()).await;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 413");
    }
}

/// F29, R42: hashing has room for so many, the others are told to come again, and whoever has a session notices
/// nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_logins_costs_no_session() {
    const LOGINS: usize = 2_000;
    allow_many_files();
    let fleet = Fleet::on_the_embedded_store().await;
    let mut alice = fleet.alice().await;
    let mut storm = JoinSet::new();
    for number in 0..LOGINS {
        let mut browser = fleet.browser().led_to(fleet.servers[number % fleet.servers.len()].address);
        storm.spawn(async move { browser.log_in("bob", PASSWORD).await });
    }
    let mut refused = 0;
    while let Some(answer) = storm.join_next().await {
        let answer = answer.unwrap();
        if answer.status == 503 {
            // A disk that others use as well may be late, too.
            let code = answer.json()["code"].clone();
            assert!(code == "busy" || code == "store_unavailable", "{answer:?}");
            assert!(answer.header("retry-after").parse::<u64>().unwrap() <= 5);
            refused += 1;
        } else {
            answer.expect_status(200);
        }
        if refused % 100 == 0 {
            alice.get("/session").await.expect_status(200);
        }
    }
    assert!((1..LOGINS).contains(&refused), "{refused} of {LOGINS}");
}

/// F30, R57: half of them say nothing, and half say half of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_slow_clients_harm_nobody_else() {
    const SLOW_CLIENTS: usize = 5_000;
    allow_many_files();
    let limits = Limits { first_byte: Duration::from_secs(4), header: Duration::from_secs(4), ..PATIENT };
    let (_fleet, address) = server_with(limits).await;
    let mut slow = Vec::new();
    for number in 0..SLOW_CLIENTS {
        let bytes = if number % 2 == 0 { HALF_A_REQUEST } else { b"" };
        slow.push(connect(address, bytes).await);
        if number % 50 == 0 {
            Browser::at(address).get("/livez").await.expect_status(204);
        }
    }
    Browser::at(address).get("/livez").await.expect_status(204);
    for stream in slow {
        assert_eq!(read_to_end(stream).await, "");
    }
}

/// F31: HTTP/1.1 alone is spoken, so who begins HTTP/2 has made no request, whatever frames come behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_http_2_frames_is_cut_off_at_its_beginning() {
    const CONNECTIONS: usize = 100;
    // With settings, which are empty.
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    // RFC 9113 §6.4, §6.10 and §6.1: a reset, a continuation and data, of stream 1.
    const FRAMES: [&[u8]; 3] =
        [b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08", b"\0\0\0\x09\0\0\0\0\x01", b"\0\0\0\0\0\0\0\0\x01"];
    let (_fleet, address) = server_with(PATIENT).await;
    let answer = read_to_end(connect(address, PREFACE).await).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    for frame in FRAMES {
        let frames = frame.repeat(1_000);
        for _ in 0..CONNECTIONS {
            let mut stream = connect(address, PREFACE).await;
            let flood = async { while stream.write_all(&frames).await.is_ok() {} };
            tokio::time::timeout(LATE / 2, flood).await.expect("the connection to be closed");
        }
        Browser::at(address).get("/livez").await.expect_status(204);
    }
}

/// R57: and get it.
#[tokio::test]
async fn connections_beyond_the_cap_wait_for_their_turn() {
    let limits = Limits { connections: NonZero::new(2).unwrap(), header: SOON, keep_alive: SOON, ..PATIENT };
    let (_fleet, address) = server_with(limits).await;
    let started_at = Instant::now();
    let _slow = [connect(address, HALF_A_REQUEST).await, connect(address, HALF_A_REQUEST).await];
    let answer = read_to_end(connect(address, A_REQUEST).await).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    assert!(started_at.elapsed() >= SOON, "it was answered beside the two");
}

/// R58: who has nothing under way is let go at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_stops_within_its_deadline_whoever_holds_on() {
    let (mut fleet, address) = server_with(Limits { drain: SOON, ..PATIENT }).await;
    let held = connect(address, HALF_A_REQUEST).await;
    let idle = connect(address, A_REQUEST).await;
    // By the time this is answered the server has read what was sent before.
    Browser::at(address).get("/livez").await.expect_status(204);
    let mut server = fleet.servers.pop().expect("the last server");
    server.stop();
    read_to_end(idle).await;
    tokio::time::timeout(LATE / 2, server.task).await.expect("in time").expect("the server to stop");
    drop(held);
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

/// R58, F36: until the balancer has looked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draining_server_says_so_and_goes_on_serving() {
    let limits = Limits { drain_delay: Duration::from_secs(2), ..PATIENT };
    let (mut fleet, address) = server_with(limits).await;
    let mut browser = fleet.alice().await.led_to(address);
    let mut server = fleet.servers.pop().expect("the last server");
    browser.get("/readyz").await.expect_status(204);
    server.stop();
    loop {
        let ready = browser.get("/readyz").await;
        if ready.status == 503 {
            assert_eq!(ready.json()["code"], "draining");
            assert_eq!(ready.header("connection"), "close");
            break;
        }
    }
    browser.get("/session").await.expect_status(200);
    browser.get("/livez").await.expect_status(204);
    server.task.await.expect("the server to stop");
}

/// Each connection is two files here, where both its ends are.
fn allow_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("the hard limit is allowed");
    let enough = limit.current.is_none_or(|files| files > 11_000);
    assert!(enough, "this test needs 11,000 open files; raise `ulimit -n`");
}

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::machine::{Machine, PASSWORD};
use session_testing::RedisServer;

const KEYS: &str = "session-data/keys.json";

/// R50: of the server itself, on its own store.
#[tokio::test]
async fn sessions_and_keys_survive_a_restart_and_a_kill() {
    survive_a_restart_and_a_kill(&[]).await;
}

#[tokio::test]
async fn sessions_in_redis_survive_a_restart_and_a_kill_of_the_server() {
    let redis = RedisServer::start(&[]);
    survive_a_restart_and_a_kill(&["--store", &redis.url()]).await;
}

async fn survive_a_restart_and_a_kill(flags: &[&str]) {
    let machine = Machine::with_alice();
    let server = machine.serve(flags).await;
    assert_eq!(machine.mode(KEYS), 0o600);
    let keys = machine.read(KEYS);
    let first = server.log_in("alice").await;
    assert_eq!(server.terminate().await.code(), Some(0));

    let server = machine.serve(flags).await;
    assert_eq!(machine.read(KEYS), keys);
    assert_eq!(server.status_of(&first).await, 200);
    let second = server.log_in("alice").await;
    server.kill().await;

    let server = machine.serve(flags).await;
    for login in [&first, &second] {
        assert_eq!(server.status_of(login).await, 200);
    }
}

/// F1, R51: it says 503 until there is one.
#[tokio::test]
async fn a_redis_that_is_down_keeps_no_server_from_starting() {
    let machine = Machine::with_alice();
    let mut redis = RedisServer::start(&[]);
    redis.kill();
    let server = machine.serve(&["--store", &redis.url()]).await;
    assert_eq!(server.try_log_in("alice", PASSWORD).await.err(), Some(503));
    redis.restart();
    redis.wait_until_it_answers();
    while server.try_log_in("alice", PASSWORD).await.err() == Some(503) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.log_in("alice").await;
}

#[tokio::test]
async fn a_second_server_on_the_same_directory_is_refused() {
    let machine = Machine::with_alice();
    let server = machine.serve(&[]).await;
    let second = machine.run(&["serve", "--listen", "127.0.0.1:0"]);
    let message = second.expect_refusal();
    assert_eq!(message, "session store ./session-data/sessions.redb is in use by another process");
    server.log_in("alice").await;

    let address = server.address.to_string();
    let message = machine.run(&["serve", "--listen", &address, "--store", "embedded:./other"]);
    let message = message.expect_refusal();
    assert!(message.starts_with(&format!("cannot listen on {address}: ")), "{message}");
}

/// R58: and the exit code is 0.
#[tokio::test]
async fn a_half_sent_request_holds_a_stop_no_longer_than_the_drain_timeout() {
    let machine = Machine::with_alice();
    let drain = Duration::from_secs(2);
    let server = machine.serve(&["--drain-timeout", "2s"]).await;
    let mut less_than_half = TcpStream::connect(server.address).unwrap();
    less_than_half.write_all(b"GET /session HTTP/1.1\r\nHost: a\r\nCoo").unwrap();
    // The header of this one is whole, so the server waits for the body, for up to 10 s.
    let mut half = TcpStream::connect(server.address).unwrap();
    half.write_all(b"POST /login HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        .unwrap();
    let mut invitation = [0; 25];
    half.read_exact(&mut invitation).unwrap();
    assert_eq!(&invitation, b"HTTP/1.1 100 Continue\r\n\r\n", "the request is being answered");
    let asked_at = Instant::now();
    assert_eq!(server.terminate().await.code(), Some(0));
    let took = asked_at.elapsed();
    assert!(took >= drain && took < drain * 3, "{took:?}");
}

#[tokio::test]
async fn the_statement_cookie_is_as_it_is_set() {
    let machine = Machine::with_alice();
    for (value, expected) in [("readable", Some(false)), ("http-only", Some(true)), ("off", None)] {
        let server = machine.serve(&["--statement-cookie", value]).await;
        let login = server.log_in("alice").await;
        let [_session, statement @ ..] = &*login.set_cookies else { panic!("no cookie") };
        let statement = statement.iter().filter(|cookie| cookie.starts_with("__Host-session-statement="));
        let is_hidden = statement.clone().map(|cookie| cookie.contains("; HttpOnly;"));
        assert_eq!(is_hidden.collect::<Vec<_>>(), Vec::from_iter(expected), "{value}: {statement:?}");
        server.terminate().await;
    }
}

/// R67, R73: added, with another password, removed.
#[tokio::test]
async fn users_that_change_are_heeded_at_once() {
    let machine = Machine::with_alice();
    let server = machine.serve(&[]).await;
    assert_eq!(server.try_log_in("bob", PASSWORD).await.err(), Some(401));
    machine.enter(&["user", "add", "bob", "--password-stdin"], PASSWORD).expect_success();
    server.log_in("bob").await;

    let other = "another good long one";
    machine.enter(&["user", "set-password", "bob", "--password-stdin"], other).expect_success();
    assert_eq!(server.try_log_in("bob", PASSWORD).await.err(), Some(401));
    server.try_log_in("bob", other).await.expect("a session");

    machine.run(&["user", "remove", "bob"]).expect_success();
    assert_eq!(server.try_log_in("bob", other).await.err(), Some(401));
    server.log_in("alice").await;
}

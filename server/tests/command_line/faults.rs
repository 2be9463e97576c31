//! What breaks under a server, and what it goes on doing.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use session_testing::{Authority, HeldDisk, RedisServer};
use tokio::net::TcpStream;

use crate::machine::{Machine, PASSWORD, Server};

const USERS: &str = "session-data/users";

/// Longer than a server takes to see that a file has changed.
const SEEN_WITHIN: Duration = Duration::from_millis(300);

/// R79: no request waits for a disk that hangs, and a balancer is told.
#[tokio::test]
async fn a_disk_that_hangs_costs_writes_alone_and_readyz_says_so() {
    let machine = Machine::with_alice();
    let disk = HeldDisk::new(&machine.path(""));
    let set_disk = |command: &mut Command| disk.put_before(command);
    let server = machine.serve_with(&[], set_disk).await;
    let login = server.log_in("alice").await;
    server.terminate().await;
    // A server that has just been started extends a session at its first check.
    let server = machine.serve_with(&[], set_disk).await;
    disk.hold();
    assert_eq!(server.status_of(&login).await, 200, "the extension is not waited for");
    for _ in 0..3 {
        let began_at = Instant::now();
        assert_eq!(server.try_log_in("alice", PASSWORD).await.err(), Some(503));
        assert!(began_at.elapsed() < Duration::from_secs(2), "{:?}", began_at.elapsed());
    }
    until_status(&server, "/readyz", 503).await;
    assert_eq!(server.get("/livez").await.status(), 204);
    assert_eq!(server.status_of(&login).await, 200);
    disk.release();
    until_status(&server, "/readyz", 204).await;
    server.log_in("alice").await;
    assert_eq!(server.status_of(&login).await, 200);
    assert_eq!(server.terminate().await.code(), Some(0));
}

/// F32: who comes while no file can be opened waits for others to go, and whoever is connected is served.
#[tokio::test]
async fn a_server_without_a_file_left_takes_connections_again_when_some_have_gone() {
    let machine = Machine::with_alice();
    let with_few_files = |command: &mut Command| {
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""]).arg(command.get_program());
        limited.args(command.get_args()).current_dir(machine.path("")).env_clear();
        *command = limited;
        command.env("PATH", "/usr/bin:/bin").stdin(Stdio::null()).stderr(machine.log());
    };
    let server = machine.serve_with(&[], with_few_files).await;
    let login = server.log_in("alice").await;
    let mut silent = Vec::new();
    while !machine.read("log").contains("connection could not be accepted") {
        assert!(silent.len() < 200, "there is no end of files: {}", machine.read("log"));
        silent.push(TcpStream::connect(server.address).await.unwrap());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(server.status_of(&login).await, 200);
    let waits = reqwest::get(format!("http://{}/livez", server.address));
    let gone = async {
        tokio::time::sleep(SEEN_WITHIN).await;
        drop(silent);
    };
    let (answer, ()) = tokio::join!(waits, gone);
    assert_eq!(answer.unwrap().status(), 204);
    assert_eq!(server.terminate().await.code(), Some(0));
}

/// R69: the last good content serves on, and the log names the line.
#[tokio::test]
async fn a_users_file_that_is_broken_or_gone_keeps_nobody_out() {
    let machine = Machine::with_alice();
    let server = machine.serve(&[]).await;
    let good = machine.read(USERS);
    let login = server.log_in("alice").await;
    for broken in [Some(format!("{good}bob:hunter2\n")), None] {
        match &broken {
            Some(text) => machine.write(USERS, text),
            None => std::fs::remove_file(machine.path(USERS)).unwrap(),
        }
        tokio::time::sleep(SEEN_WITHIN).await;
        assert_eq!(server.status_of(&login).await, 200);
        server.log_in("alice").await;
    }
    // As some editors write it.
    machine.write(USERS, &format!("\u{feff}# the office\n\n{good}"));
    tokio::time::sleep(SEEN_WITHIN).await;
    server.log_in("alice").await;
    server.terminate().await;
    let log = machine.read("log");
    assert!(log.contains("line 2: expected `name:hash`"), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

/// R69: a server that has never seen it knows of nobody that a password is wrong.
#[tokio::test]
async fn without_a_users_file_no_password_is_called_wrong() {
    let machine = Machine::new();
    let server = machine.serve(&[]).await;
    assert_eq!(server.try_log_in("alice", PASSWORD).await.err(), Some(503));
}

/// R64, R76. What a Redis may be given beside its address, all at once.
#[tokio::test]
async fn a_redis_is_reached_by_socket_password_file_and_prefix() {
    let machine = Machine::with_alice();
    let socket = machine.path("redis.sock");
    let socket = socket.to_str().unwrap();
    let redis = RedisServer::start(&["--unixsocket", socket]);
    machine.write("password", "a secret of redis\n");
    let words = ["acl", "--redis-prefix", "shop:", "--redis-password-file", "password"];
    let line = machine.run(&words).expect_success();
    assert!(!line.contains("secret"), "{line}");
    let unfit = machine.run(&["acl", "--redis-prefix", "a b"]).expect_refusal();
    assert_eq!(unfit, "prefix of redis keys is not visible ascii without `{` and `}`");
    let rules = line.trim_end().strip_prefix("user ").unwrap().split(' ');
    let _: String = redis.run(&["ACL", "SETUSER"].into_iter().chain(rules).collect::<Vec<_>>());
    let url = format!("redis+unix://{socket}?user=sessions");
    let flags = ["--store", url.as_str(), "--redis-password-file", "password", "--redis-prefix", "shop:"];
    let server = machine.serve(&flags).await;
    let login = server.log_in("alice").await;
    assert_eq!(server.status_of(&login).await, 200);
    let keys: Vec<String> = redis.run(&["KEYS", "*"]);
    assert!(keys.contains(&format!("shop:session:{}", login.session_id())), "{keys:?}");
    assert!(keys.iter().all(|key| key.starts_with("shop:")), "{keys:?}");
    server.terminate().await;
    assert!(!machine.read("log").contains("a secret of redis"));
}

/// R46: in the manual, to be copied.
#[test]
fn the_user_of_redis_that_is_documented_is_the_one_that_is_printed() {
    let book = include_str!("../../../docs/redis.md");
    let line = Machine::new().run(&["acl"]).expect_success();
    assert!(book.contains(&format!("$ session-server acl\n{line}```")), "{line}");
}

/// R47, R64: with certificates as files.
#[tokio::test]
async fn a_redis_behind_tls_is_reached_by_settings_in_a_file() {
    let machine = Machine::with_alice();
    let (authority, clients) = (Authority::new("ours"), Authority::new("clients"));
    let (redis, port) = RedisServer::start_with_tls(&authority.issue("127.0.0.1"), Some(&clients));
    let ours = clients.issue("sessions.example");
    let settings = format!(
        "store = \"rediss://127.0.0.1:{port}\"\nredis-ca = {:?}\nredis-certificate = {:?}\nredis-certificate-key = {:?}\n",
        authority.certificate(),
        ours.certificate,
        ours.key
    );
    machine.write("settings.toml", &settings);
    let server = machine.serve(&["--config", "settings.toml"]).await;
    let login = server.log_in("alice").await;
    assert_eq!(server.status_of(&login).await, 200);
    assert!(redis.run::<bool>(&["EXISTS", &format!("session:{}", login.session_id())]));
    let halves = machine.run(&["serve", "--redis-certificate", "file"]);
    assert!(halves.stderr.contains("--redis-certificate-key"), "{halves:?}");
    let elsewhere = machine.run(&["serve", "--listen", "127.0.0.1:0", "--redis-ca", "file"]);
    assert!(elsewhere.stderr.contains("the settings that begin with `--redis-` are for a store in redis"));
}

async fn until_status(server: &Server, path: &str, status: u16) {
    let patience = Instant::now() + Duration::from_secs(20);
    while server.get(path).await.status() != status {
        assert!(Instant::now() < patience, "{path} is never {status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

//! What operators do to a server, and what becomes of it.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::machine::{Login, Machine, PASSWORD, Server};

/// R61: a full disk, a closed reader and one that reads no more.
#[tokio::test]
async fn a_log_that_cannot_be_written_costs_no_request() {
    let machine = Machine::with_alice();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    let (stalled_reader, stalled) = std::io::pipe().unwrap();
    for log in [Stdio::from(full), Stdio::from(closed), Stdio::from(stalled)] {
        let server = machine
            .serve_with(&["--log", "trace"], |command| {
                command.stderr(log);
            })
            .await;
        // Many times what a pipe holds.
        for _ in 0..10_000 {
            assert_eq!(server.get("/livez").await.status(), 204);
        }
        let login = server.log_in("alice").await;
        assert_eq!(server.status_of(&login).await, 200);
        assert_eq!(server.terminate().await.code(), Some(0));
    }
    drop(stalled_reader);
}

/// R73: and no panic.
#[test]
fn an_output_that_cannot_be_written_is_one_clear_line() {
    let machine = Machine::new();
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = machine.command(&["keys", "new"]).stdout(full()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.starts_with("session-server: cannot write to standard output: "), "{said}");
    assert_eq!(said.lines().count(), 1);
}

/// R73: whatever is still under way.
#[tokio::test]
async fn a_second_signal_ends_at_once_what_the_first_one_drains() {
    let machine = Machine::new();
    let server = machine.serve(&[]).await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
    )
    .await
    .unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began_at = Instant::now();
    server.interrupt();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.interrupted().await.code(), Some(130));
    assert!(began_at.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn servers_that_start_at_once_share_the_key_ring_that_one_of_them_made() {
    let machine = Machine::with_alice();
    let redis = session_testing::RedisServer::start(&[]);
    let url = redis.url();
    let flags = ["--store", url.as_str()];
    let (a, b, c, d) = tokio::join!(
        machine.serve(&flags),
        machine.serve(&flags),
        machine.serve(&flags),
        machine.serve(&flags)
    );
    let login = a.log_in("alice").await;
    for server in [&a, &b, &c, &d] {
        assert_eq!(server.status_of(&login).await, 200);
    }
}

/// R63: those that Kubernetes sets for a service among them.
#[tokio::test]
async fn an_empty_variable_is_none_and_a_foreign_one_is_warned_of() {
    let machine = Machine::new();
    let server = machine
        .serve_with(&[], |command| {
            command.env("SESSION_PUBLIC_ORIGIN", "").env("SESSION_IDLE_TIMEOUT", "");
            command.env("SESSION_SERVER_SERVICE_HOST", "10.96.0.7").env("SESSION_IDLE_TIMEOT", "5m");
        })
        .await;
    server.terminate().await;
    let log = machine.read("log");
    assert!(log.contains("`SESSION_SERVER_SERVICE_HOST` is not a setting; it is ignored"), "{log}");
    assert!(
        log.contains("`SESSION_IDLE_TIMEOT` is not a setting; was `SESSION_IDLE_TIMEOUT` meant?"),
        "{log}"
    );
}

/// R75: browsers know a server by one.
#[tokio::test]
async fn every_address_needs_an_origin_and_a_name_is_one() {
    let machine = Machine::new();
    for every in [":0", "0.0.0.0:0", "[::]:0"] {
        let message = machine.run(&["serve", "--listen", every]).expect_refusal();
        assert!(message.ends_with("set `--public-origin`"), "{message}");
    }
    for listen in ["localhost:0", ":0"] {
        let flags = ["--public-origin", "https://app.example", "--listen", listen];
        machine.serve(&flags).await.terminate().await;
    }
}

/// R34, R75: port and scheme are part of an origin, a path is none.
#[tokio::test]
async fn pages_of_every_allowed_origin_may_change_something_and_no_others() {
    let machine = Machine::with_alice();
    let origins = [
        "--public-origin",
        "https://APP.example:443",
        "--allowed-origins",
        "https://a.example,https://b.example:8443",
    ];
    let server = machine.serve(&origins).await;
    let login = server.log_in("alice").await;
    for (origin, status) in [
        ("https://app.example", 200),
        ("https://a.example", 200),
        ("https://b.example:8443", 200),
        ("https://b.example", 403),
        ("http://a.example", 403),
        ("https://evil.example", 403),
    ] {
        let change = server.http().patch(format!("http://{}/session/data", server.address));
        let change =
            change.header("Cookie", format!("__Host-session={}", login.cookie)).header("Origin", origin);
        let change = change.header("Content-Type", "application/merge-patch+json").body("{}");
        assert_eq!(change.send().await.unwrap().status(), status, "{origin}");
    }
    for wrong in ["https://*.example", "app.example", "https://app.example/path", "ftp://app.example"] {
        let flags = ["serve", "--listen", "127.0.0.1:0", "--allowed-origins", wrong];
        assert_eq!(machine.run(&flags).code, Some(2), "{wrong}");
    }
}

/// R62: a file that is mounted by itself can only be written in place. What stands for the mount is a
/// directory in which nobody may make a file, not even root without that power.
#[test]
fn a_users_file_that_cannot_be_replaced_is_written_in_place() {
    let machine = Machine::new();
    std::fs::create_dir(machine.path("mounted")).unwrap();
    machine.write("mounted/users", "# mounted\n");
    machine.set_mode("mounted", 0o555);
    let before = std::fs::metadata(machine.path("mounted/users")).unwrap().ino();
    let ours = machine.command(&["user", "--users", "mounted/users", "add", "alice", "--password-stdin"]);
    let mut command = std::process::Command::new("setpriv");
    command.args(["--bounding-set", "-dac_override", "--inh-caps", "-dac_override", "--"]);
    let ours_as_root = rustix::process::geteuid().is_root();
    let mut command = if ours_as_root {
        command.arg(ours.get_program()).args(ours.get_args()).current_dir(machine.path("")).env_clear();
        command
    } else {
        ours
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("setpriv is missing: run `apt-get install util-linux`");
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(std::fs::metadata(machine.path("mounted/users")).unwrap().ino(), before);
    assert!(machine.read("mounted/users").starts_with("# mounted\nalice:$argon2id$"));
    let names = std::fs::read_dir(machine.path("mounted")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["users"], "no half file is left behind");
    machine.set_mode("mounted", 0o755);
}

/// R62: owner, group, mode and the link.
#[test]
fn a_users_file_stays_what_and_whose_it_is() {
    let machine = Machine::new();
    std::fs::create_dir(machine.path("etc")).unwrap();
    machine.write("etc/users", "# the office\n");
    machine.set_mode("etc/users", 0o640);
    symlink("etc/users", machine.path("users")).unwrap();
    let before = std::fs::metadata(machine.path("etc/users")).unwrap();
    let add = ["user", "--users", "users", "add", "alice", "--password-stdin"];
    machine.enter(&add, PASSWORD).expect_success();
    assert!(machine.path("users").is_symlink());
    let after = std::fs::metadata(machine.path("etc/users")).unwrap();
    assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), before.uid(), before.gid()));
    let text = machine.read("etc/users");
    assert!(text.starts_with("# the office\nalice:$argon2id$"), "{text}");
}

/// R67: by a choice at the command line, on every server.
#[tokio::test]
async fn what_becomes_of_a_user_becomes_of_the_sessions() {
    const OTHER: &str = "another canary phrase 77";
    let machine = Machine::with_alice();
    let redis = session_testing::RedisServer::start(&[]);
    let url = redis.url();
    let (server, other) = (machine.serve(&["--store", &url]).await, machine.serve(&["--store", &url]).await);
    let everywhere = async |login: &Login, status: u16| {
        for server in [&server, &other] {
            assert_eq!(server.status_of(login).await, status);
        }
    };
    let set = |flags: &[&str], password: &str| {
        let words = [&["user", "set-password", "alice", "--password-stdin"], flags].concat();
        machine.enter(&words, password).expect_success();
    };

    let login = server.log_in("alice").await;
    set(&["--keep-sessions"], PASSWORD);
    everywhere(&login, 200).await;
    set(&[], OTHER);
    everywhere(&login, 401).await;
    let login = server.try_log_in("alice", OTHER).await.unwrap();
    everywhere(&login, 200).await;

    machine.run(&["user", "end-sessions", "alice"]).expect_success();
    everywhere(&login, 401).await;
    let login = server.try_log_in("alice", OTHER).await.unwrap();
    machine.run(&["user", "remove", "alice", "--keep-sessions"]).expect_success();
    everywhere(&login, 200).await;
    assert_eq!(server.try_log_in("alice", OTHER).await.err(), Some(401));
    machine.run(&["user", "remove", "alice"]).expect_success();
    everywhere(&login, 401).await;

    // And a namesake inherits nothing.
    machine.enter(&["user", "add", "alice", "--password-stdin"], PASSWORD).expect_success();
    everywhere(&login, 401).await;
    server.log_in("alice").await;
}

/// R67: an edge that holds a statement learns of it although nobody uses the session.
#[tokio::test]
async fn edges_hear_of_sessions_that_ended_with_a_password() {
    let machine = Machine::with_alice();
    let server = machine.serve(&[]).await;
    let login = server.log_in("alice").await;
    machine.run(&["user", "remove", "alice"]).expect_success();
    let patience = Instant::now() + Duration::from_secs(20);
    while !feed(&server).await.contains(&login.session_id()) {
        assert!(Instant::now() < patience, "nobody is told");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn every_request_has_an_id_in_its_answer_and_in_the_log() {
    let machine = Machine::with_alice();
    let server = machine.serve(&["--trusted-proxies", "127.0.0.1", "--log-format", "json"]).await;
    let fresh = server.get("/livez").await;
    let fresh = fresh.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(fresh.len(), 16);
    let theirs = server.http().get(format!("http://{}/livez", server.address));
    let theirs = theirs.header("X-Request-ID", "from-the-proxy.1").header("X-Forwarded-For", "192.0.2.7:80");
    assert_eq!(theirs.send().await.unwrap().headers()["x-request-id"], "from-the-proxy.1");
    server.try_log_in("alice", "wrong").await.err().unwrap();
    server.terminate().await;
    let log = machine.read("log");
    let line = |what: &str| {
        let line = log.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}: {log}"));
        serde_json::from_str::<serde_json::Value>(line).unwrap()
    };
    let request = line("from-the-proxy.1");
    assert_eq!(request["span"]["client"], "192.0.2.7");
    assert!(request["fields"]["duration_us"].is_u64(), "{request}");
    assert_eq!(line(&fresh)["fields"]["path"], "/livez");
    let refused = line("login refused");
    assert_eq!((&refused["level"], &refused["fields"]["address"]), (&"WARN".into(), &"127.0.0.1".into()));
}

/// R74: as well as who has sent no host, or two.
#[tokio::test]
async fn a_client_that_has_closed_its_side_gets_its_answer() {
    let machine = Machine::new();
    let server = machine.serve(&[]).await;
    for (request, status) in [
        ("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", "204"),
        ("GET /livez HTTP/1.0\r\n\r\n", "204"),
        ("GET /livez HTTP/1.1\r\n\r\n", "400"),
        ("GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n", "400"),
    ] {
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{request:?}: {answer:?}");
    }
}

async fn feed(server: &Server) -> String {
    let feed = server.get("/.well-known/session-revocations").await.text().await.unwrap();
    let payload = feed.split('.').nth(1).unwrap();
    let payload = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
    String::from_utf8(payload).unwrap()
}

//! The start script, run: AWS' own command line asks an emulator of AWS' API, and the server that it fetched
//! serves on a real Redis with TLS.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use session_testing::{Authority, RedisServer};
use tempfile::TempDir;

use super::emulator::Aws;
use super::instance::Instance;
use super::template::{Stack, Template};
use super::{REDIS_PASSWORD, add_user, stack};
use crate::settings::PROGRAM;

const PASSWORD: &str = "canary correct horse battery";

/// In place of systemd, which no test can have for itself: starts what the unit says, below the directory.
const SYSTEMCTL: &str = r#"#!/bin/bash
unit=$ROOT/etc/systemd/system/session-server.service
case $1 in
restart) $(sed -n "s|\([= ]\)/|\1$ROOT/|g; s/^ExecStart=//p" "$unit") </dev/null >"$ROOT/log" 2>&1 & echo $! >"$ROOT/pid" ;;
reload) MAINPID=$(<"$ROOT/pid") && kill -HUP "$MAINPID" ;;
esac
echo "$*" >>"$ROOT/asked"
"#;

/// All that an instance finds when it starts.
struct Surroundings {
    aws: Aws,
    redis: RedisServer,
    authority: Authority,
    operator: Operator,
    stack: Stack,
}

impl Surroundings {
    fn new() -> Self {
        let authority = Authority::new("test");
        let (redis, port) = RedisServer::start_with_tls(&authority.issue("127.0.0.1"), None);
        let user = Template::read().of("CacheUser").clone();
        add_user(&redis, "sessions", user["AccessString"].as_str().unwrap());
        let (aws, operator) = (Aws::start(), Operator::new());
        operator.run(&["keys", "new", "--keys", "keys.json"], "");
        operator.run(&["user", "add", "alice", "--password-stdin", "--users", "users"], PASSWORD);
        aws.put_before("systemctl", SYSTEMCTL);
        let stack = stack(port)
            .with("BinaryVersion", &aws.object("programs", "session-server/1", Path::new(PROGRAM)))
            .with("BinarySha256", &sha256(Path::new(PROGRAM)))
            .with("RedisPassword", &aws.secret("redis-password", REDIS_PASSWORD))
            .with("KeysSecretArn", &aws.secret("keys", &operator.read("keys.json")))
            .with("UsersSecretArn", &aws.secret("users", &operator.read("users")));
        Self { aws, redis, authority, operator, stack }
    }

    /// What the script said, and what it told the stack if it did.
    fn start(&self, instance: &Instance, arguments: &[&str]) -> (Output, Option<String>) {
        let (url, told) = cloudformation();
        let output = instance.start(arguments, |command| {
            self.aws.set(command);
            command.env("AWS_ENDPOINT_URL_CLOUDFORMATION", url);
            command.env("SSL_CERT_FILE", self.authority.certificate());
        });
        (output, told.try_recv().ok())
    }

    /// Whatever must not be told: all that is quoted in the key ring, hashes, passwords.
    fn secrets(&self) -> Vec<String> {
        let mut secrets: Vec<String> = self
            .operator
            .read("keys.json")
            .split('"')
            .filter(|text| text.len() >= 40)
            .map(str::to_owned)
            .collect();
        assert!(secrets.len() >= 2, "a key for cookies, one for statements");
        secrets.extend(["$argon2id$", REDIS_PASSWORD, PASSWORD].map(str::to_owned));
        secrets
    }
}

/// Where an operator makes the key ring and the users file.
struct Operator(TempDir);

impl Operator {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, arguments: &[&str], input: &str) {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{input}").unwrap();
        assert!(child.wait().unwrap().success(), "{arguments:?}");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }
}

fn sha256(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

/// Where CloudFormation is signalled, which moto does not know; and with what it was.
fn cloudformation() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let (mut request, mut buffer) = (String::new(), [0; 4096]);
        while !request.contains("&Status=") {
            let count = connection.read(&mut buffer).unwrap();
            assert_ne!(count, 0, "{request}");
            request += std::str::from_utf8(&buffer[..count]).unwrap();
        }
        tell.send(request.split("\r\n\r\n").nth(1).unwrap().to_owned()).unwrap();
        let body = "<SignalResourceResponse/>";
        write!(connection, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    });
    (url, told)
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap()).concat()
}

async fn log_in(instance: &Instance, name: &str, password: &str) -> StatusCode {
    let login = reqwest::Client::new().post(instance.url("/login"));
    login.json(&json!({ "username": name, "password": password })).send().await.unwrap().status()
}

/// A server looks at its files now and then.
async fn within_a_minute(holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("in time");
}

#[tokio::test]
#[ignore = "wants the tools of `cargo xtask test deploy`"]
async fn an_instance_serves_with_what_it_fetched_and_says_so_to_its_stack() {
    let surroundings = Surroundings::new();
    let instance = Instance::new(&surroundings.stack);
    let (output, told) = surroundings.start(&instance, &[]);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let told = told.expect("a signal");
    for expected in [
        "Action=SignalResource&",
        "&StackName=sessions&",
        "LogicalResourceId=Servers&",
        "UniqueId=i-0123456789&",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(told.ends_with("&Status=SUCCESS"), "{told}");
    assert_eq!(instance.read("asked"), "daemon-reload\nenable session-server\nrestart session-server\n");

    assert_eq!(instance.answer("/readyz", |_| true).await, 204);
    assert_eq!(log_in(&instance, "alice", PASSWORD).await, 200);
    assert_eq!(log_in(&instance, "alice", "another password").await, 401);
    let sessions: Vec<String> = surroundings.redis.run(&["KEYS", "session:*"]);
    assert_eq!(sessions.len(), 1);

    for file in ["redis-password", "keys.json", "users"] {
        assert_eq!(instance.mode(&format!("var/lib/session-server/{file}")), 0o600, "{file}");
    }
    assert_eq!(instance.mode("var/lib/session-server"), 0o700);
    assert_eq!(
        instance.read("var/lib/session-server/users").trim_end(),
        surroundings.operator.read("users").trim_end()
    );
    let readable = ["log", "etc/session-server/settings.toml", "etc/systemd/system/session-server.service"];
    let readable = readable.map(|name| instance.read(name)).concat() + &said;
    for secret in surroundings.secrets() {
        assert!(!readable.contains(&secret), "{secret} is told: {readable}");
    }
}

#[tokio::test]
#[ignore = "wants the tools of `cargo xtask test deploy`"]
async fn a_changed_secret_reaches_a_running_server() {
    let surroundings = Surroundings::new();
    let instance = Instance::new(&surroundings.stack);
    assert!(surroundings.start(&instance, &[]).0.status.success());
    assert_eq!(log_in(&instance, "bob", PASSWORD).await, 401);
    let operator = &surroundings.operator;
    operator.run(&["user", "add", "bob", "--password-stdin", "--users", "users"], PASSWORD);
    operator.run(&["keys", "add", "cookie", "--keys", "keys.json"], "");
    surroundings.aws.change_secret("users", &operator.read("users"));
    surroundings.aws.change_secret("keys", &operator.read("keys.json"));
    let (output, told) = surroundings.start(&instance, &["secrets"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(told, None);
    within_a_minute(async || log_in(&instance, "bob", PASSWORD).await == 200).await;
    within_a_minute(async || instance.read("log").contains("key ring is read again")).await;
    assert!(instance.read("asked").ends_with("\nreload session-server\n"));
    assert_eq!(instance.mode("var/lib/session-server/keys.json"), 0o600);
    // It keeps a copy of itself for this, with the variables of its stack.
    assert_eq!(instance.read("usr/local/sbin/session-server-start"), instance.read("script"));
}

#[test]
#[ignore = "wants the tools of `cargo xtask test deploy`"]
fn a_program_that_is_another_one_is_not_run() {
    let surroundings = Surroundings::new();
    let other = "0".repeat(64);
    let instance = Instance::new(&surroundings.stack.clone().with("BinarySha256", &other));
    let (output, told) = surroundings.start(&instance, &[]);
    let (said, found) = (said(&output), sha256(Path::new(PROGRAM)));
    assert_eq!(output.status.code(), Some(1), "{said}");
    let expected =
        format!("start: s3://programs/session-server/1 has the SHA-256 {found}, expected {other}\n");
    assert!(said.contains(&expected), "{said}");
    assert!(told.expect("a signal").ends_with("&Status=FAILURE"));
    assert!(!instance.path("usr/local/bin/session-server").exists() && !instance.path("asked").exists());
}

#[test]
#[ignore = "wants the tools of `cargo xtask test deploy`"]
fn a_secret_that_is_not_there_is_named() {
    let surroundings = Surroundings::new();
    let missing = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:gone-abcdef";
    let instance = Instance::new(&surroundings.stack.clone().with("UsersSecretArn", missing));
    let (output, told) = surroundings.start(&instance, &[]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("start: secret {missing} cannot be read\n")), "{said}");
    assert!(told.expect("a signal").ends_with("&Status=FAILURE"));
    assert!(!instance.path("asked").exists(), "nothing is started");
}

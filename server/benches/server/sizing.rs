//! What a session costs: memory of Redis, and processor time of a server and of Redis for each check.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::COOKIE;
use serde_json::json;
use session_core::SessionId;
use session_testing::RedisServer;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::crowd::log_in;
use crate::program::Program;

const USER: &str = "alice@example.com";
const COPIES: usize = 100_000;
const CHECKS: usize = 40_000;
const CONNECTIONS: usize = 64;

pub(crate) fn run() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    println!("of one session, its index included     | bytes of Redis' memory");
    for (name, data) in [("without data", 0), ("1 KiB of data", 1 << 10), ("8 KiB of data", 8 << 10)] {
        println!("{name:38} | {:6.0}", memory(&runtime, data));
    }
    println!("of one check, {CONNECTIONS} under way at a time      | µs of the server | µs of Redis");
    for _ in 0..3 {
        let (server, redis) = processor_time(&runtime);
        println!("GET /session                           | {server:16.1} | {redis:11.1}");
    }
}

/// What Redis uses for each of many sessions like one that a login makes, each of another user.
fn memory(runtime: &Runtime, data: usize) -> f64 {
    let redis = RedisServer::start(&[]);
    let (server, _directory) = server_on(&redis);
    let http = Client::new();
    let cookie = runtime.block_on(log_in(&http, &server.url(), USER)).1.unwrap();
    if data > 0 {
        let patch = http.patch(format!("{}/session/data", server.url())).header(COOKIE, cookie);
        let patch = patch.json(&json!({ "data": "x".repeat(data) }));
        assert_eq!(runtime.block_on(patch.send()).unwrap().status(), 200);
    }
    drop(server);
    let key: String = redis.run::<Vec<String>>(&["KEYS", "session:*"]).remove(0);
    let document: Vec<u8> = redis.run(&["GET", &key]);
    let index = format!("subject-sessions:{USER}");
    let members: Vec<(String, u64)> = redis.run(&["ZRANGE", &index, "0", "-1", "WITHSCORES"]);
    let (member, score) = &members[0];
    let id = key.strip_prefix("session:").unwrap();
    assert!(member.contains(id), "{member}");
    let (before, mut connection) = (used_memory(&redis), redis.connect());
    for first in (0..COPIES).step_by(1_000) {
        let mut copies = redis::pipe();
        for number in first..first + 1_000 {
            let new = SessionId::generate().unwrap().to_string();
            copies.cmd("SET").arg(format!("session:{new}")).arg(&document[..]).arg("EX").arg(1_800).ignore();
            let index = format!("subject-sessions:user-{number:06}@example.com");
            copies.cmd("ZADD").arg(&index).arg(*score).arg(member.replace(id, &new)).ignore();
            copies.cmd("EXPIREAT").arg(&index).arg(*score).ignore();
        }
        copies.query::<()>(&mut connection).unwrap();
    }
    (used_memory(&redis) - before) as f64 / COPIES as f64
}

fn processor_time(runtime: &Runtime) -> (f64, f64) {
    let redis = RedisServer::start(&[]);
    let (server, _directory) = server_on(&redis);
    let http = Client::new();
    let cookie = runtime.block_on(log_in(&http, &server.url(), USER)).1.unwrap();
    let before = (server.processor_time(), processor_time_of(&redis));
    runtime.block_on(async {
        let mut connections = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (http, url, cookie) = (http.clone(), server.url(), cookie.clone());
            connections.spawn(async move {
                for _ in 0..CHECKS / CONNECTIONS {
                    let check = http.get(format!("{url}/session")).header(COOKIE, &cookie);
                    assert_eq!(check.send().await.unwrap().status(), 200);
                }
            });
        }
        connections.join_all().await;
    });
    let of_each = |span: Duration| span.as_secs_f64() * 1e6 / CHECKS as f64;
    (of_each(server.processor_time() - before.0), of_each(processor_time_of(&redis) - before.1))
}

fn server_on(redis: &RedisServer) -> (Program, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let flags = ["--store", &redis.url(), "--log", "warn"];
    (Program::start(directory.path(), std::iter::once(USER.to_owned()), &flags), directory)
}

fn used_memory(redis: &RedisServer) -> u64 {
    number(redis, "memory", "used_memory:")
}

fn processor_time_of(redis: &RedisServer) -> Duration {
    let seconds: f64 =
        number::<f64>(redis, "cpu", "used_cpu_user:") + number::<f64>(redis, "cpu", "used_cpu_sys:");
    Duration::from_secs_f64(seconds)
}

fn number<T: std::str::FromStr<Err: std::fmt::Debug>>(redis: &RedisServer, section: &str, name: &str) -> T {
    let info: String = redis.run(&["INFO", section]);
    info.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse().unwrap()
}

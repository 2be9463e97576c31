//! Servers that are replaced, or die, while others work.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::json;
use session_testing::{HaProxy, RedisServer};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep};

use crate::machine::{Machine, PASSWORD, Server};

const CLIENTS: u32 = 10;
/// Of all clients together 500 a second.
const PACE: Duration = Duration::from_millis(20);

/// F36, R58: three servers behind a balancer are restarted one after the other, and nobody notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_fails_no_request() {
    let (machine, redis) = (Machine::with_alice(), RedisServer::start(&[]));
    let store = redis.url();
    let serve = async |listen: String| {
        let flags = ["--listen", &listen, "--store", &store, "--public-origin", "http://127.0.0.1"];
        machine.serve(&[&flags[..], &["--drain-delay", "3s"]].concat()).await
    };
    let mut servers: Vec<Server> = Vec::new();
    for _ in 0..3 {
        servers.push(serve("127.0.0.1:0".to_owned()).await);
    }
    let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
    let balancer = HaProxy::before(&addresses);
    let login = servers[0].log_in("alice").await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (url, cookie) = (balancer.url(), format!("__Host-session={}", login.cookie));
        clients.spawn(work(url, cookie, Arc::clone(&is_over)));
    }
    let began_at = Instant::now();
    for address in addresses {
        sleep(Duration::from_secs(1)).await;
        let old = servers.remove(0);
        assert_eq!(old.address, address);
        assert_eq!(old.terminate().await.code(), Some(0));
        servers.push(serve(address.to_string()).await);
        // Until the balancer has seen it.
        sleep(Duration::from_secs(1)).await;
    }
    let lasted = began_at.elapsed();
    is_over.store(true, Ordering::Relaxed);
    let answered: u32 = clients.join_all().await.into_iter().sum();
    println!("{answered} requests in {lasted:?}");
    // A machine that is busy with others keeps no pace.
    assert!(f64::from(answered) > lasted.as_secs_f64() * 100.0, "too few to tell: {answered}");
}

/// F22: a server that is killed in the middle of logins leaves no session that nobody can find, and loses
/// none that it told of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_leaves_nothing_half_made() {
    let (machine, redis) = (Machine::with_alice(), RedisServer::start(&[]));
    let serve = async || {
        // What was under way when a server died counts as such for ten seconds.
        let attempts = ["--login-attempts-per-account", "100000", "--login-attempts-per-address", "100000"];
        let flags = ["--store", &redis.url(), "--sessions-per-user", "1000"];
        machine.serve(&[&flags[..], &attempts].concat()).await
    };
    let mut told = Vec::new();
    for round in 0..5 {
        let server = Arc::new(serve().await);
        let mut logins = JoinSet::new();
        for _ in 0..8 {
            let (http, url) = (server.http().clone(), format!("http://{}/login", server.address));
            logins.spawn(async move {
                let mut told = Vec::new();
                let login = json!({ "username": "alice", "password": PASSWORD });
                while let Ok(answer) = http.post(&url).json(&login).send().await {
                    if answer.status() == 200 {
                        told.push(cookie_of(&answer));
                    }
                }
                told
            });
        }
        sleep(Duration::from_millis(800 + 37 * round)).await;
        Arc::into_inner(server).unwrap().kill().await;
        told.extend(logins.join_all().await.into_iter().flatten());
        let sessions: Vec<String> = redis.run(&["KEYS", "session:*"]);
        let members: Vec<String> = redis.run(&["ZRANGE", "subject-sessions:alice", "0", "-1"]);
        let listed: BTreeSet<_> = members.iter().map(|member| member.split('.').next().unwrap()).collect();
        let lost = sessions.iter().filter(|key| !listed.contains(key.strip_prefix("session:").unwrap()));
        assert_eq!(lost.count(), 0, "of {} sessions", sessions.len());
    }
    assert!(told.len() > 3, "too few to tell: {}", told.len());
    let server = serve().await;
    for cookie in told {
        let request = server.http().get(format!("http://{}/session", server.address)).header(COOKIE, cookie);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    server.log_in("alice").await;
}

fn cookie_of(answer: &reqwest::Response) -> String {
    let value = answer.headers().get(SET_COOKIE).unwrap().to_str().unwrap();
    value.split(';').next().unwrap().to_owned()
}

/// How often a client was told who it is; anything else is a failure.
async fn work(url: String, cookie: String, is_over: Arc<AtomicBool>) -> u32 {
    let http = reqwest::Client::new();
    let mut ticks = interval(PACE);
    let mut answered = 0;
    while !is_over.load(Ordering::Relaxed) {
        ticks.tick().await;
        let asked = http.get(format!("{url}/session")).header(COOKIE, &cookie);
        let answer = asked.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "after {answered} requests");
        answered += 1;
    }
    answered
}

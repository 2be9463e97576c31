//! Servers that are replaced, or die, while others work.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::{Value, json};
use session_testing::{HaProxy, RedisServer};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep};

use crate::machine::{Machine, PASSWORD, PROGRAM, Server};

const CLIENTS: u32 = 10;
/// Of all clients together 500 a second.
const PACE: Duration = Duration::from_millis(20);

/// F36, R58: three servers behind a balancer are restarted one after the other, and nobody notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "wants the machine to itself, or the store is late: cargo xtask test rust"]
async fn a_rolling_restart_fails_no_request() {
    let program = Path::new(PROGRAM);
    let (answered, lasted) = roll(program, &[program], 0).await;
    println!("{answered} requests in {lasted:?}");
    // A machine that is busy with others keeps no pace.
    assert!(f64::from(answered) > lasted.as_secs_f64() * 100.0, "too few to tell: {answered}");
}

/// F24: the servers before this one and this one are behind one balancer, while each becomes the other and is
/// itself again, and whatever one of them began the other goes on with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "wants an older server: cargo xtask test faults"]
async fn an_upgrade_and_its_withdrawal_fail_no_request() {
    let older = std::env::var_os("OLDER_SERVER").expect("OLDER_SERVER names the program");
    let older = Path::new(&older);
    let (answered, lasted) = roll(older, &[Path::new(PROGRAM), older], 2).await;
    println!("{answered} requests in {lasted:?}");
    assert!(f64::from(answered) > lasted.as_secs_f64() * 50.0, "too few to tell: {answered}");
}

/// Three servers of one program become those of others, one server after the other, while clients ask who they are
/// and some live whole lives. How many requests were answered, none of them amiss, and in which time.
async fn roll(first: &Path, then: &[&Path], lives: usize) -> (u32, Duration) {
    let (machine, redis) = (Machine::with_alice(), RedisServer::start(&[]));
    let store = redis.url();
    let serve = async |program: &Path, listen: String| {
        let attempts = ["--login-attempts-per-account", "100000", "--login-attempts-per-address", "100000"];
        let flags = ["--listen", &listen, "--store", &store, "--public-origin", "http://127.0.0.1"];
        let flags = [&flags[..], &attempts, &["--drain-delay", "3s"]].concat();
        machine.serve_by(program, &flags, |_| ()).await
    };
    let mut servers: Vec<Server> = Vec::new();
    for _ in 0..3 {
        servers.push(serve(first, "127.0.0.1:0".to_owned()).await);
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
    for _ in 0..lives {
        clients.spawn(live(balancer.url(), Arc::clone(&is_over)));
    }
    let began_at = Instant::now();
    for program in then {
        for address in &addresses {
            sleep(Duration::from_secs(1)).await;
            let old = servers.remove(0);
            assert_eq!(old.address, *address);
            assert_eq!(old.terminate().await.code(), Some(0));
            servers.push(serve(program, address.to_string()).await);
            // Until the balancer has seen it.
            sleep(Duration::from_secs(1)).await;
        }
    }
    let lasted = began_at.elapsed();
    is_over.store(true, Ordering::Relaxed);
    (clients.join_all().await.into_iter().sum(), lasted)
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

/// Sessions from the login to the log-out, each request of them to whichever server it meets.
async fn live(url: String, is_over: Arc<AtomicBool>) -> u32 {
    let http = reqwest::Client::new();
    let mut asked = 0;
    let mut ask = async |method: Method, path: &str, cookie: &str, body: Option<Value>, expected: u16| {
        let request = http.request(method, format!("{url}{path}")).header(COOKIE, cookie);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), expected, "{path} after {asked} requests");
        asked += 1;
        answer
    };
    while !is_over.load(Ordering::Relaxed) {
        let login = json!({ "username": "alice", "password": PASSWORD });
        let cookie = cookie_of(&ask(Method::POST, "/login", "", Some(login), 200).await);
        let cart = json!({ "cart": ["a", { "b": 2.5 }] });
        ask(Method::PATCH, "/session/data", &cookie, Some(cart.clone()), 200).await;
        let renewed = cookie_of(&ask(Method::POST, "/session/renew", &cookie, Some(json!({})), 200).await);
        let data = ask(Method::GET, "/session/data", &renewed, None, 200).await;
        assert_eq!(data.json::<Value>().await.unwrap(), cart);
        let password = json!({ "password": PASSWORD });
        let answer = ask(Method::POST, "/session/reauthenticate", &renewed, Some(password), 200).await;
        let renewed = cookie_of(&answer);
        ask(Method::GET, "/sessions", &renewed, None, 200).await;
        ask(Method::POST, "/logout", &renewed, None, 204).await;
        ask(Method::GET, "/session", &renewed, None, 401).await;
        // A user renews no more than so many a second.
        sleep(Duration::from_secs(1)).await;
    }
    asked
}

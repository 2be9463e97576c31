//! What one user, or a stranger, can do to everybody else (R78): how long the checks of a thousand other
//! sessions take beside each abuse, over what they take when it is quiet.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::header::COOKIE;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::json;
use session_core::SessionId;
use session_engine::store::MAX_REVOCATIONS;
use session_testing::RedisServer;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::checks;
use crate::crowd;
use crate::program::Program;

/// The others.
const SESSIONS: usize = 1_000;
const USERS: usize = 20;
/// As many as one user may have, each with as much data as fits into a few patches.
const ABUSERS_SESSIONS: usize = 100;
const PATCHES: usize = 4;
const LARGE: usize = 15 * 1024;

const ROUNDS: usize = 3;
const SPAN: Duration = Duration::from_secs(3);
/// How many requests an abuser has on their way at once.
const CONCURRENCY: usize = 16;
/// How many requests an abuser makes a second, if the server is as fast: more than any program of theirs
/// has a use for, and less than fills the machine with HTTP alone.
const RATE: f64 = 1_000.0;

/// Those whose name has this in it.
pub(crate) fn run(wanted: &str) {
    let crowd = crowd::runtime();
    measure("embedded", wanted, &crowd, None);
    let redis = RedisServer::start(&["--appendonly", "yes"]);
    measure("redis", wanted, &crowd, Some(&redis));
}

/// What somebody does, and as whom. What so many requests cost the others on a machine of this size, whatever
/// they are, is to be read from the first.
struct Abuse {
    name: &'static str,
    request: fn(&Abuser) -> RequestBuilder,
}

const ABUSES: [Abuse; 10] = [
    Abuse { name: "for comparison: /livez", request: |abuser| abuser.ask(Method::GET, "/livez") },
    Abuse { name: "a user lists 100 large sessions", request: |abuser| abuser.ask(Method::GET, "/sessions") },
    Abuse { name: "a user reads data", request: |abuser| abuser.ask(Method::GET, "/session/data") },
    Abuse { name: "a user writes data", request: Abuser::large_patch },
    Abuse { name: "a user renews", request: |abuser| abuser.ask(Method::POST, "/session/renew") },
    Abuse {
        name: "a user ends the others",
        request: |abuser| abuser.ask(Method::DELETE, "/sessions?keep=current"),
    },
    Abuse { name: "a user logs in again and again", request: Abuser::right_login },
    Abuse { name: "a stranger guesses passwords", request: Abuser::wrong_login },
    Abuse { name: "a stranger forges cookies", request: Abuser::forged },
    Abuse { name: "a stranger reads the feed", request: Abuser::feed },
];

/// As fast as it goes, beside which nobody is quick.
const FLOODS: [Abuse; 3] = [
    Abuse { name: "flood: /livez", request: |abuser| abuser.ask(Method::GET, "/livez") },
    Abuse { name: "flood: forged cookies", request: Abuser::forged },
    Abuse { name: "flood: the feed", request: Abuser::feed },
];

fn measure(store: &str, wanted: &str, crowd: &Runtime, redis: Option<&RedisServer>) {
    let directory = tempfile::tempdir().unwrap();
    let users = (0..USERS).map(user).chain(["mallory".into()]);
    let url = redis.map_or("embedded:./session-data".to_owned(), RedisServer::url);
    let server = Program::start(directory.path(), users, &["--store", &url, "--log", "info"]);
    let cookies = crowd.block_on(others(&server.url()));
    println!(
        "\n{store}: p99 of {SESSIONS} other sessions | quiet, ms | beside, ms | ratio | requests/s of the abuse"
    );
    let quiet = || checks::during(server.address(), &cookies, || std::thread::sleep(SPAN)).within_ms(0.99);
    let report = |name: &str, beside: &dyn Fn() -> (f64, f64)| {
        if !name.contains(wanted) {
            return;
        }
        let (mut before, mut during, mut ratios, mut rates) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let still = quiet();
            let (busy, rate) = beside();
            before.push(still);
            during.push(busy);
            ratios.push(busy / still);
            rates.push(rate);
        }
        println!(
            "{name:42} | {:9.2} | {:10.2} | {:5.2} | {:.0}",
            median(before),
            median(during),
            median(ratios),
            median(rates)
        );
    };
    report("nothing", &|| (quiet(), 0.0));
    let floods = FLOODS.iter().map(|abuse| (abuse, f64::INFINITY));
    for (abuse, rate) in ABUSES.iter().map(|abuse| (abuse, RATE)).chain(floods) {
        if !abuse.name.contains(wanted) {
            continue;
        }
        let abuser = Arc::new(crowd.block_on(Abuser::begin(&server.url())));
        report(abuse.name, &|| {
            let mut reached = 0.0;
            let work = || reached = crowd.block_on(abuser.repeat(abuse.request, rate));
            let times = checks::during(server.address(), &cookies, work);
            (times.within_ms(0.99), reached)
        });
    }
    report("a stranger opens silent connections", &|| {
        let mut reached = 0.0;
        let work =
            || reached = crowd.block_on(crowd.spawn(open_silent_connections(server.address()))).unwrap();
        let times = checks::during(server.address(), &cookies, work);
        (times.within_ms(0.99), reached)
    });
    if let Some(redis) = redis {
        fill_the_feed(redis);
        let edge = Arc::new(Abuser::new(&server.url()));
        report("an edge reads a feed of 100,000 each second", &|| {
            let work = || crowd.block_on(crowd.spawn(each_second(Arc::clone(&edge), Abuser::feed))).unwrap();
            (checks::during(server.address(), &cookies, work).within_ms(0.99), 1.0)
        });
    }
    println!("largest memory of the server: {} MiB", server.peak_memory_mib());
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn user(number: usize) -> String {
    format!("user{number}")
}

/// Logs everybody else in.
async fn others(url: &str) -> Vec<String> {
    let http = Client::new();
    let mut cookies = Vec::new();
    while cookies.len() < SESSIONS {
        let logins = (0..CONCURRENCY).map(|number| {
            let user = user((cookies.len() + number) % USERS);
            let (http, url) = (http.clone(), url.to_owned());
            async move { crowd::log_in(&http, &url, &user).await.1.expect("a cookie") }
        });
        cookies.extend(logins.collect::<JoinSet<_>>().join_all().await);
    }
    cookies.truncate(SESSIONS);
    cookies
}

/// Mallory, in a browser of hers or without any cookie.
struct Abuser {
    http: Client,
    url: String,
    cookie: Mutex<String>,
}

impl Abuser {
    /// With as many sessions as she may have, each as large as she can make it.
    async fn begin(url: &str) -> Self {
        let abuser = Self::new(url);
        for _ in 0..ABUSERS_SESSIONS {
            abuser.keep(crowd::log_in(&abuser.http, url, "mallory").await.1.expect("a cookie"));
            for number in 0..PATCHES {
                let answer = abuser.patch(&format!("member{number}")).send().await.expect("an answer");
                assert_eq!(answer.status(), StatusCode::OK);
            }
        }
        abuser
    }

    fn new(url: &str) -> Self {
        Self { http: Client::new(), url: url.to_owned(), cookie: Mutex::default() }
    }

    fn keep(&self, cookie: String) {
        *self.cookie.lock().unwrap() = cookie;
    }

    fn cookie(&self) -> String {
        self.cookie.lock().unwrap().clone()
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).header(COOKIE, self.cookie())
    }

    fn patch(&self, member: &str) -> RequestBuilder {
        self.ask(Method::PATCH, "/session/data").json(&json!({ (member): "x".repeat(LARGE) }))
    }

    fn large_patch(&self) -> RequestBuilder {
        self.patch("member0")
    }

    fn right_login(&self) -> RequestBuilder {
        self.login("mallory", crate::program::PASSWORD)
    }

    fn wrong_login(&self) -> RequestBuilder {
        self.login("user0", "not the password")
    }

    fn login(&self, username: &str, password: &str) -> RequestBuilder {
        let body = json!({ "username": username, "password": password });
        self.http.post(format!("{}/login", self.url)).json(&body)
    }

    fn forged(&self) -> RequestBuilder {
        let cookie = self.cookie();
        let (head, _) = cookie.rsplit_once('.').expect("a tag");
        let forged = format!("{head}.{}", "A".repeat(43));
        self.http.get(format!("{}/session", self.url)).header(COOKIE, forged)
    }

    fn feed(&self) -> RequestBuilder {
        self.ask(Method::GET, "/.well-known/session-revocations")
    }

    /// So often a second, or as often as it goes; says how often that was.
    async fn repeat(self: &Arc<Self>, request: fn(&Self) -> RequestBuilder, rate: f64) -> f64 {
        let interval = Duration::from_secs_f64(CONCURRENCY as f64 / rate);
        let (number, end) = (Arc::new(AtomicU64::new(0)), Instant::now() + SPAN);
        let mut tasks = JoinSet::new();
        for _ in 0..CONCURRENCY {
            let (abuser, number) = (Arc::clone(self), Arc::clone(&number));
            tasks.spawn(async move {
                let mut due = tokio::time::Instant::now();
                while Instant::now() < end {
                    tokio::time::sleep_until(due).await;
                    due += interval;
                    let answer = request(&abuser).send().await.expect("an answer");
                    // A renewal: the abuser's other requests are to come with the new one too.
                    crowd::session_cookie(&answer).into_iter().for_each(|cookie| abuser.keep(cookie));
                    answer.bytes().await.expect("all of it");
                    number.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        tasks.join_all().await;
        number.load(Ordering::Relaxed) as f64 / SPAN.as_secs_f64()
    }
}

async fn each_second(abuser: Arc<Abuser>, request: fn(&Abuser) -> RequestBuilder) {
    for _ in 0..SPAN.as_secs() {
        let answer = request(&abuser).send().await.expect("an answer");
        answer.bytes().await.expect("all of it");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Half a request on each, 500 at a time; says how many a second.
async fn open_silent_connections(server: SocketAddr) -> f64 {
    const MOST: usize = 500;
    let end = Instant::now() + SPAN;
    let (mut connections, mut number) = (Vec::new(), 0.0);
    while Instant::now() < end {
        if connections.len() == MOST {
            connections.clear();
        }
        let mut connection = TcpStream::connect(server).await.unwrap();
        connection.write_all(b"GET /session HTTP/1.1\r\nHost: x\r\nCoo").await.unwrap();
        connections.push(connection);
        number += 1.0;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    number / SPAN.as_secs_f64()
}

/// As if so many had logged out within the last minutes.
fn fill_the_feed(redis: &RedisServer) {
    let time: Vec<String> = redis.run(&["TIME"]);
    let ids: Vec<String> = (0..MAX_REVOCATIONS).map(|_| SessionId::generate().unwrap().to_string()).collect();
    for ids in ids.chunks(10_000) {
        let mut command = vec!["ZADD", "revocations"];
        command.extend(ids.iter().flat_map(|id| [time[0].as_str(), id.as_str()]));
        let _: u64 = redis.run(&command);
    }
}

//! How long three servers are without a primary, and what they say meanwhile (R54).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::header::COOKIE;
use reqwest::{Client, StatusCode};
use session_testing::{RedisCluster, RedisServer, Sentinel};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::crowd::log_in;
use crate::program::Program;

/// `FAILOVER_RUNS` overrides it.
const RUNS: usize = 20;
const SERVERS: usize = 3;
/// As many sessions are checked, each by every server in turn.
const SESSIONS: usize = 30;
const PAUSE: Duration = Duration::from_millis(10);

pub(crate) fn run() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    println!(
        "until logins work again            | median |  worst | 401 or wrong | slowest answer | p99 of 503s once known"
    );
    report("sentinel: primary killed", || under_sentinels(&runtime, End::Killed));
    report("sentinel: primary stopped", || under_sentinels(&runtime, End::Stopped));
    report("sentinel: primary demoted", || under_sentinels(&runtime, End::Demoted));
    report("cluster: primary killed", || on_a_cluster(&runtime));
}

/// What one run showed.
struct Outage {
    lasted: Duration,
    answers: Vec<Answer>,
}

/// What somebody was told who has a session.
struct Answer {
    after: Duration,
    took: Duration,
    status: StatusCode,
}

fn report(name: &str, run: impl Fn() -> Outage) {
    let runs = std::env::var("FAILOVER_RUNS").map_or(RUNS, |runs| runs.parse().expect("a number of runs"));
    let outages: Vec<_> = (0..runs).map(|_| run()).collect();
    let mut lasted: Vec<_> = outages.iter().map(|outage| outage.lasted).collect();
    lasted.sort_unstable();
    let answers = || outages.iter().flat_map(|outage| &outage.answers);
    let wrong = answers().filter(|answer| ![200, 503].contains(&answer.status.as_u16())).count();
    let slowest = answers().map(|answer| answer.took).max().unwrap_or_default();
    // Two commands that nobody answers, and then it is known.
    let is_known = |answer: &&Answer| answer.after > Duration::from_secs(1) && answer.status == 503;
    let mut refusals: Vec<_> = answers().filter(is_known).map(|answer| answer.took).collect();
    refusals.sort_unstable();
    let p99 = refusals.get(refusals.len().saturating_sub(1) * 99 / 100).copied().unwrap_or_default();
    println!(
        "{name:34} | {:4.2} s | {:4.2} s | {wrong:6} of {} | {:7.0} ms | {:5.1} ms of {}",
        lasted[lasted.len() / 2].as_secs_f64(),
        lasted[lasted.len() - 1].as_secs_f64(),
        answers().count(),
        slowest.as_secs_f64() * 1e3,
        p99.as_secs_f64() * 1e3,
        refusals.len(),
    );
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Killed,
    Stopped,
    Demoted,
}

fn under_sentinels(runtime: &Runtime, end: End) -> Outage {
    let mut primary = RedisServer::start_durable();
    let _replicas = [(); 2].map(|()| RedisServer::start_replica_of(&primary));
    let sentinels = [(); 3].map(|()| Sentinel::watch(&primary, 2));
    sentinels.iter().for_each(|sentinel| sentinel.wait_until_it_knows(2, 2));
    let hosts = sentinels.each_ref().map(|sentinel| format!("127.0.0.1:{}", sentinel.port()));
    let fleet = Fleet::start(runtime, &format!("redis+sentinel://{}/{}", hosts.join(","), Sentinel::NAME));
    primary.wait_for_replicas(2);
    match end {
        End::Killed => primary.kill(),
        End::Stopped => primary.stop(),
        End::Demoted => {
            let _: String = sentinels[0].run(&["SENTINEL", "FAILOVER", Sentinel::NAME]);
            // It counts from when there is another.
            while sentinels[0].primary() == primary.port() {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
    runtime.block_on(fleet.outage())
}

fn on_a_cluster(runtime: &Runtime) -> Outage {
    let mut cluster = RedisCluster::start_with_replicas();
    let hosts: Vec<_> = cluster.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
    let fleet = Fleet::start(runtime, &format!("redis+cluster://{}", hosts.join(",")));
    // The one that every login of Alice's needs.
    let needed = cluster.primary_of("subject-sessions:alice");
    cluster.nodes[..3].iter().for_each(|primary| primary.wait_for_replicas(1));
    cluster.nodes[needed].kill();
    runtime.block_on(fleet.outage())
}

/// Three servers with the same keys, users and store.
struct Fleet {
    _servers: Vec<Program>,
    _directory: TempDir,
    urls: Vec<String>,
    cookies: Vec<String>,
    http: Client,
}

impl Fleet {
    fn start(runtime: &Runtime, store: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let flags = ["--store", store, "--log", "warn", "--public-origin", "http://127.0.0.1"];
        let users = |server| (server == 0).then(|| "alice".to_owned()).into_iter();
        let servers: Vec<_> =
            (0..SERVERS).map(|server| Program::start(directory.path(), users(server), &flags)).collect();
        let urls: Vec<_> = servers.iter().map(Program::url).collect();
        let http = Client::new();
        let mut cookies = Vec::new();
        while cookies.len() < SESSIONS {
            let url = &urls[cookies.len() % SERVERS];
            cookies.extend(runtime.block_on(log_in(&http, url, "alice")).1);
        }
        Self { _servers: servers, _directory: directory, urls, cookies, http }
    }

    /// From now on, until a login has worked on each server.
    async fn outage(self) -> Outage {
        let (failed_at, is_over) = (Instant::now(), Arc::new(AtomicBool::new(false)));
        let mut checks = JoinSet::new();
        for url in &self.urls {
            let (http, url, cookies) = (self.http.clone(), url.clone(), self.cookies.clone());
            checks.spawn(check(http, url, cookies, failed_at, Arc::clone(&is_over)));
        }
        for url in &self.urls {
            while log_in(&self.http, url, "alice").await.0 != StatusCode::OK {
                assert!(failed_at.elapsed() < Duration::from_secs(60), "nobody took over");
                sleep(PAUSE).await;
            }
        }
        let lasted = failed_at.elapsed();
        sleep(Duration::from_millis(500)).await;
        is_over.store(true, Ordering::Relaxed);
        Outage { lasted, answers: checks.join_all().await.into_iter().flatten().collect() }
    }
}

async fn check(
    http: Client,
    url: String,
    cookies: Vec<String>,
    failed_at: Instant,
    is_over: Arc<AtomicBool>,
) -> Vec<Answer> {
    let mut answers = Vec::new();
    for cookie in cookies.iter().cycle() {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let asked_at = Instant::now();
        let answer =
            http.get(format!("{url}/session")).header(COOKIE, cookie).send().await.expect("an answer");
        answers.push(Answer {
            after: failed_at.elapsed(),
            took: asked_at.elapsed(),
            status: answer.status(),
        });
        sleep(PAUSE).await;
    }
    answers
}

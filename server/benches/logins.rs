//! R42: session checks go on while thousands log in at once. Not a test: it prints what it measured.
//!
//! `cargo bench -p session-server --bench logins`

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::header::{COOKIE, SET_COOKIE};

const PASSWORD: &str = "correct horse battery staple";
const LOGINS: usize = 2_000;
/// A check each 5 ms, whether or not the one before it has been answered.
const CHECK_INTERVAL: Duration = Duration::from_millis(5);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path());
    let http = reqwest::Client::new();
    let cookie = log_in(&http, &server.url).await.1.expect("a cookie");

    let quiet = check_during(&http, &server.url, &cookie, tokio::time::sleep(Duration::from_secs(5))).await;
    let storm = async {
        let mut logins = tokio::task::JoinSet::new();
        for _ in 0..LOGINS {
            let (http, url) = (http.clone(), server.url.clone());
            logins.spawn(async move { log_in(&http, &url).await.0 });
        }
        logins.join_all().await
    };
    let started_at = Instant::now();
    let mut statuses = Vec::new();
    let during = check_during(&http, &server.url, &cookie, async { statuses = storm.await }).await;
    let took = started_at.elapsed();

    let count = |status| statuses.iter().filter(|&&other| other == status).count();
    println!(
        "{LOGINS} logins at once: {} in, {} told to come again, in {:.1} s",
        count(StatusCode::OK),
        count(StatusCode::SERVICE_UNAVAILABLE),
        took.as_secs_f64()
    );
    println!("session checks        |  number |   median |      p99 |  longest");
    for (name, times) in [("while nobody logs in", &quiet), ("during the logins", &during)] {
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        println!(
            "{name:21} | {:7} | {:5.2} ms | {:5.2} ms | {:5.2} ms",
            times.len(),
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
    println!("largest memory of the server: {} MiB", server.peak_memory_kib() / 1024);
}

/// How long session checks take while `work` goes on, in order.
async fn check_during(
    http: &reqwest::Client,
    url: &str,
    cookie: &str,
    work: impl Future<Output = ()>,
) -> Vec<Duration> {
    let going_on = Arc::new(AtomicBool::new(true));
    let checks = tokio::spawn({
        let (http, url, cookie) = (http.clone(), format!("{url}/session"), cookie.to_owned());
        let going_on = Arc::clone(&going_on);
        async move {
            let mut interval = tokio::time::interval(CHECK_INTERVAL);
            let mut checks = tokio::task::JoinSet::new();
            while going_on.load(Ordering::Relaxed) {
                interval.tick().await;
                let request = http.get(&url).header(COOKIE, &cookie);
                checks.spawn(async move {
                    let started_at = Instant::now();
                    let status = request.send().await.expect("an answer").status();
                    assert_eq!(status, StatusCode::OK);
                    started_at.elapsed()
                });
            }
            let mut times = checks.join_all().await;
            times.sort_unstable();
            times
        }
    });
    work.await;
    going_on.store(false, Ordering::Relaxed);
    checks.await.unwrap()
}

async fn log_in(http: &reqwest::Client, url: &str) -> (StatusCode, Option<String>) {
    let body = serde_json::json!({ "username": "alice", "password": PASSWORD });
    let answer = http.post(format!("{url}/login")).json(&body).send().await.expect("an answer");
    let cookie = answer.headers().get(SET_COOKIE).and_then(|value| value.to_str().ok()?.split(';').next());
    (answer.status(), cookie.map(str::to_owned))
}

/// The real server as a process of its own.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(directory: &std::path::Path) -> Self {
        let command = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_session-server"));
            command.current_dir(directory).args(arguments);
            command
        };
        let add = command(&["user", "add", "alice", "--password-stdin"]).stdin(Stdio::piped()).spawn();
        let mut add = add.unwrap();
        std::io::Write::write_all(&mut add.stdin.take().unwrap(), PASSWORD.as_bytes()).unwrap();
        assert!(add.wait().unwrap().success());
        let generous = ["--login-attempts-per-account", "1000000", "--login-attempts-per-address", "1000000"];
        let mut process = command(&["serve", "--listen", "127.0.0.1:0", "--log", "warn"])
            .args(generous)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("serving on ").expect("its address").to_owned();
        Self { process, url }
    }

    fn peak_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

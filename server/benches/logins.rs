//! Session checks go on while thousands log in at once (R42), and a refusal takes as long for an
//! unknown user as for a wrong password (R41). Not a test: it prints what it measured.
//!
//! `cargo bench -p session-server --bench logins`

#![allow(clippy::unwrap_used, reason = "a benchmark that panics has said what it had to say")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::header::SET_COOKIE;

const PASSWORD: &str = "correct horse battery staple";
const LOGINS: usize = 2_000;
/// So many that no account has more logins at once than may turn out to be wrong (R66).
const USERS: usize = 400;
const ROUNDS: usize = 5;
const REFUSALS: usize = 300;

/// A check is due each 2 ms, and its time counts from when it was due: an answer that is late makes
/// those behind it late too.
const CHECK_INTERVAL: Duration = Duration::from_millis(2);

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path());
    // The crowd stands in for other machines, so it must not take this one's cores from the server.
    let crowd = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .on_thread_start(|| {
            rustix::process::nice(19).unwrap();
        })
        .enable_all()
        .build()
        .unwrap();
    let http = reqwest::Client::new();
    // Somebody who takes no part in the storm, which ends sessions where a user has too many (R78).
    let cookie = crowd.block_on(log_in(http.clone(), server.url(), "alice".into())).1.expect("a cookie");

    println!("session checks       | number |   median |      p99 |  longest");
    let quiet = check_during(server.address, &cookie, || thread::sleep(Duration::from_secs(5)));
    report("nobody logs in", &quiet);
    for round in 1..=ROUNDS {
        let mut statuses = Vec::new();
        let times =
            check_during(server.address, &cookie, || statuses = crowd.block_on(storm(&http, &server.url())));
        let count = |status| statuses.iter().filter(|&&other| other == status).count();
        let (done, busy) = (count(StatusCode::OK), count(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(done + busy, LOGINS, "nobody is refused for anything else");
        report(&format!("{LOGINS} at once, {round}"), &times);
        println!("                     | {done} logged in, {busy} were told to come again");
    }
    let (wrong, unknown) = refusals(&crowd, &http, &server.url());
    println!(
        "a refusal takes {wrong:.1} ms for a wrong password, {unknown:.1} ms for an unknown user; ratio {:.3}",
        unknown / wrong
    );
    println!("largest memory of the server: {} MiB", server.peak_memory_kib() / 1024);
}

/// R41: how long a refusal takes, in ms, as medians of tries that take turns.
fn refusals(crowd: &tokio::runtime::Runtime, http: &reqwest::Client, url: &str) -> (f64, f64) {
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..REFUSALS {
        for (name, times) in [("alice", &mut wrong), ("nobody", &mut unknown)] {
            let body = serde_json::json!({ "username": name, "password": "not the password" });
            let request = http.post(format!("{url}/login")).json(&body);
            let started_at = Instant::now();
            let status = crowd.block_on(request.send()).expect("an answer").status();
            times.push(started_at.elapsed());
            assert_eq!(status, StatusCode::UNAUTHORIZED);
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e3
    };
    (median(&mut wrong), median(&mut unknown))
}

async fn storm(http: &reqwest::Client, url: &str) -> Vec<StatusCode> {
    let mut logins = tokio::task::JoinSet::new();
    for number in 0..LOGINS {
        logins.spawn(log_in(http.clone(), url.to_owned(), user(number % USERS)));
    }
    logins.join_all().await.into_iter().map(|(status, _)| status).collect()
}

fn user(number: usize) -> String {
    format!("user{number}")
}

async fn log_in(http: reqwest::Client, url: String, user: String) -> (StatusCode, Option<String>) {
    let body = serde_json::json!({ "username": user, "password": PASSWORD });
    let answer = http.post(format!("{url}/login")).json(&body).send().await.expect("an answer");
    let cookie = answer.headers().get(SET_COOKIE).and_then(|value| value.to_str().ok()?.split(';').next());
    (answer.status(), cookie.map(str::to_owned))
}

/// How long session checks take while `work` goes on, in order.
fn check_during(server: SocketAddr, cookie: &str, work: impl FnOnce()) -> Vec<Duration> {
    let going_on = Arc::new(AtomicBool::new(true));
    let checks = thread::spawn({
        let (going_on, cookie) = (Arc::clone(&going_on), cookie.to_owned());
        move || check(server, &cookie, &going_on)
    });
    work();
    going_on.store(false, Ordering::Relaxed);
    let mut times = checks.join().unwrap();
    times.sort_unstable();
    times
}

fn check(server: SocketAddr, cookie: &str, going_on: &AtomicBool) -> Vec<Duration> {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_nodelay(true).unwrap();
    let request = format!("GET /session HTTP/1.1\r\nHost: {server}\r\nCookie: {cookie}\r\n\r\n");
    let (mut due, mut times, mut answer) = (Instant::now(), Vec::new(), [0; 8192]);
    while going_on.load(Ordering::Relaxed) {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        stream.write_all(request.as_bytes()).unwrap();
        // An answer is smaller than one segment on loopback, so it comes in one piece.
        let length = stream.read(&mut answer).unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200 ") && answer[..length].ends_with(b"}"));
        times.push(due.elapsed());
        due += CHECK_INTERVAL;
    }
    times
}

fn report(name: &str, times: &[Duration]) {
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let (median, p99, longest) = (at(0.5), at(0.99), at(1.0));
    println!("{name:20} | {:6} | {median:5.2} ms | {p99:5.2} ms | {longest:5.2} ms", times.len());
}

/// The real server as a process of its own.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(directory: &Path) -> Self {
        let command = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_session-server"));
            command.current_dir(directory).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
            command
        };
        for user in (0..USERS).map(user).chain(["alice".into()]) {
            let mut add =
                command(&["user", "add", &user, "--password-stdin"]).stdin(Stdio::piped()).spawn().unwrap();
            add.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
            assert!(add.wait().unwrap().success());
        }
        let limits = ["--login-attempts-per-account", "1000000", "--login-attempts-per-address", "1000000"];
        let mut process =
            command(&["serve", "--listen", "127.0.0.1:0", "--log", "warn"]).args(limits).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("serving on http://").expect("its address").parse().unwrap();
        Self { process, address }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
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

//! Session checks go on while thousands log in at once (R42), and a refusal takes as long for an
//! unknown user as for a wrong password (R41).

use std::thread;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::checks::{self, Times};
use crate::crowd;
use crate::program::Program;

const LOGINS: usize = 2_000;
/// So many that no account has more logins at once than may turn out to be wrong (R66).
const USERS: usize = 400;
const ROUNDS: usize = 5;
const REFUSALS: usize = 300;

pub(crate) fn run() {
    let directory = tempfile::tempdir().unwrap();
    let users = (0..USERS).map(user).chain(["alice".into()]);
    let server = Program::start(directory.path(), users, &["--log", "warn"]);
    let crowd = crowd::runtime();
    let http = reqwest::Client::new();
    // Somebody who takes no part in the storm, which ends sessions where a user has too many (R78).
    let cookie = crowd.block_on(crowd::log_in(&http, &server.url(), "alice")).1.expect("a cookie");
    let cookies = [cookie];

    println!("session checks       | number |   median |      p99 |  longest");
    let quiet = checks::during(server.address(), &cookies, || thread::sleep(Duration::from_secs(5)));
    report("nobody logs in", &quiet);
    for round in 1..=ROUNDS {
        let mut statuses = Vec::new();
        let work = || statuses = crowd.block_on(storm(&http, &server.url()));
        let times = checks::during(server.address(), &cookies, work);
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
    println!("largest memory of the server: {} MiB", server.peak_memory_mib());
}

/// R41: how long a refusal takes, in ms, as medians of tries that take turns.
fn refusals(crowd: &Runtime, http: &reqwest::Client, url: &str) -> (f64, f64) {
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..REFUSALS {
        for (name, times) in [("alice", &mut wrong), ("nobody", &mut unknown)] {
            let body = json!({ "username": name, "password": "not the password" });
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
        let (http, url) = (http.clone(), url.to_owned());
        logins.spawn(async move { crowd::log_in(&http, &url, &user(number % USERS)).await.0 });
    }
    logins.join_all().await
}

fn user(number: usize) -> String {
    format!("user{number}")
}

fn report(name: &str, times: &Times) {
    let (median, p99, longest) = (times.within_ms(0.5), times.within_ms(0.99), times.within_ms(1.0));
    println!("{name:20} | {:6} | {median:5.2} ms | {p99:5.2} ms | {longest:5.2} ms", times.number());
}

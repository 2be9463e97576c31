//! What a server counts and times, and that the reference lists all of it.

use std::collections::BTreeMap;
use std::fs::OpenOptions;

use reqwest::Method;
use serde_json::json;
use session_testing::{RedisServer, free_port};

use crate::machine::{Login, Machine, PASSWORD};
use crate::managed::{Labels, Managed, Metrics, TOKEN, until};

const REFERENCE: &str = include_str!("../../../docs/reference/metrics.md");

/// Of what is answered, kinds that never came are not there.
const OF_ANSWERS: &str = "session_http_seconds";

/// Nobody's name, and what somebody may type in its place.
const WRONG: &str = "canary of a wrong one";

/// R39: and no metric tells of a session, a user or an address.
#[tokio::test]
async fn the_reference_lists_every_metric_of_a_server_on_the_embedded_store() {
    every_metric_is_listed(&[]).await;
}

/// R39: likewise.
#[tokio::test]
async fn the_reference_lists_every_metric_of_a_server_on_redis() {
    let redis = RedisServer::start(&[]);
    every_metric_is_listed(&["--store", &redis.url()]).await;
}

async fn every_metric_is_listed(store: &[&str]) {
    let machine = Machine::with_alice();
    machine.write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    // Nobody is there.
    let webhook = ["--events", "--webhook", "http://127.0.0.1:9/", "--webhook-secret", "secret"];
    let managed = Managed::start(&machine, &[&webhook[..], store].concat()).await;
    let logins = use_it(&managed).await;
    let metrics = managed.metrics().await;

    let mut found: BTreeMap<String, (String, Labels)> = BTreeMap::new();
    let series = metrics.series();
    for (name, of) in metrics.types() {
        let counted = if of == "histogram" { format!("{name}_count") } else { name.clone() };
        found.insert(name, (of, series[&counted].clone()));
    }
    let (listed, helps) = (listed(), helps());
    let names = |metrics: &BTreeMap<String, (String, Labels)>| metrics.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&listed));
    for (name, (of, labels)) in &listed {
        assert_eq!(&found[name].0, of, "{name}");
        let label_names = |labels: &Labels| labels.keys().cloned().collect::<Vec<_>>();
        assert_eq!(label_names(&found[name].1), label_names(labels), "{name}");
        // Where the reference lists no values there is no end to them.
        for (label, values) in labels.iter().filter(|(_, values)| !values.is_empty()) {
            let told = &found[name].1[label];
            let is_whole = told == values || (name == OF_ANSWERS && told.is_subset(values));
            assert!(is_whole, "{label} of {name}: {told:?}, and not {values:?}");
        }
        assert!(
            metrics.text.contains(&format!("# HELP {name} {}\n", helps[name])),
            "{name}: {}",
            helps[name]
        );
    }

    for told in [PASSWORD, TOKEN, WRONG, "alice", "127.0.0.1", "office"] {
        assert!(!metrics.text.contains(told), "{told}: {}", metrics.text);
    }
    for login in &logins {
        let secrets = login.cookie.split('.').filter(|part| part.len() > 10 && part.parse::<u64>().is_err());
        for told in secrets.chain([login.session_id().as_str()]) {
            assert!(!metrics.text.contains(told), "{told}");
        }
    }
}

/// What the reference says of each metric, by its name.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    REFERENCE.split("\n### ").skip(1).map(|section| section.split_once("\n\n").unwrap())
}

/// Type, and the values of each label.
fn listed() -> BTreeMap<String, (String, Labels)> {
    let words = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let metric = |(name, section): (&str, &str)| {
        let items = |start| section.lines().filter_map(move |line: &str| line.strip_prefix(start));
        let kind = items("- type: ").next().unwrap().split(',').next().unwrap();
        let labels = items("- label ").map(words);
        let labels = labels.map(|words| (words[0].clone(), words[1..].iter().cloned().collect()));
        (name.to_owned(), (kind.to_owned(), labels.collect()))
    };
    sections().map(metric).collect()
}

/// What a server says of each itself, without what makes it a sentence.
fn helps() -> BTreeMap<String, String> {
    let help = |text: &str| text.split("\n\n").next().unwrap().trim_end_matches('.').to_owned();
    sections().map(|(name, section)| (name.to_owned(), help(section))).collect()
}

/// Some of everything that is counted.
async fn use_it(managed: &Managed) -> Vec<Login> {
    let server = &managed.server;
    let logins = vec![server.log_in("alice").await, server.log_in("alice").await];
    server.try_log_in("alice", WRONG).await.err().unwrap();
    server.try_log_in(WRONG, WRONG).await.err().unwrap();
    assert_eq!(server.status_of(&logins[0]).await, 200);
    let end = managed.ask(Method::DELETE, "/subjects/alice/sessions").send().await.unwrap();
    assert_eq!(end.status(), 200);
    assert_eq!(server.status_of(&logins[0]).await, 401);
    assert_eq!(server.get("/nothing").await.status(), 404);
    logins
}

#[tokio::test]
async fn what_happened_is_counted_as_what_it_was() {
    let machine = Machine::with_alice();
    let managed = Managed::start(&machine, &[]).await;
    let before = managed.metrics().await;
    assert_eq!(before.of("session_logins_total{outcome=\"accepted\"}"), 0.0, "it is there from the start");
    let logins = use_it(&managed).await;
    let mut forged = logins[1].clone();
    forged.cookie.replace_range(10..11, if &forged.cookie[10..11] == "A" { "B" } else { "A" });
    assert_eq!(managed.server.status_of(&forged).await, 401);
    let metrics = managed.metrics().await;
    for (series, expected) in [
        ("session_logins_total{outcome=\"accepted\"}", 2.0),
        ("session_logins_total{outcome=\"refused\"}", 2.0),
        ("session_checks_total{outcome=\"live\"}", 1.0),
        ("session_checks_total{outcome=\"ended\"}", 1.0),
        ("session_cookies_total{key=\"c1\"}", 2.0),
        ("session_starts_total{of=\"subject\"}", 2.0),
        ("session_starts_total{of=\"guest\"}", 0.0),
        ("session_deadline_cache_total{outcome=\"hit\"}", 1.0),
        ("session_deadline_cache_total{outcome=\"miss\"}", 1.0),
        ("session_cookies_refused_total{reason=\"bad_tag\"}", 1.0),
        ("session_http_seconds_count{route=\"/login\",status=\"2xx\"}", 2.0),
        ("session_http_seconds_count{route=\"/login\",status=\"4xx\"}", 2.0),
        ("session_http_seconds_count{route=\"none\",status=\"4xx\"}", 1.0),
        ("session_store_seconds_count{operation=\"create\",outcome=\"answered\"}", 2.0),
        ("session_store_seconds_count{operation=\"create\",outcome=\"unavailable\"}", 0.0),
        ("session_log_lines_lost_total", 0.0),
        ("session_store_up", 1.0),
    ] {
        assert_eq!(metrics.of(series), expected, "{series}");
    }
    assert!(metrics.of("session_connections") >= 1.0);
    let seconds = metrics.of("session_http_seconds_sum{route=\"/login\",status=\"2xx\"}");
    assert!((0.001..10.0).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_store_that_is_away_is_told_and_that_it_is_back() {
    let machine = Machine::with_alice();
    let mut redis = RedisServer::start(&[]);
    let managed = Managed::start(&machine, &["--store", &redis.url()]).await;
    let login = managed.server.log_in("alice").await;
    assert_eq!(managed.metrics().await.of("session_store_up"), 1.0);
    redis.kill();
    until(async || managed.metrics().await.of("session_store_up") == 0.0).await;
    assert_eq!(managed.server.status_of(&login).await, 503);
    assert_eq!(managed.server.try_log_in("alice", PASSWORD).await.err(), Some(503));
    let metrics = managed.metrics().await;
    assert_eq!(metrics.of("session_checks_total{outcome=\"unavailable\"}"), 1.0);
    assert_eq!(metrics.of("session_logins_total{outcome=\"store_unavailable\"}"), 1.0);
    assert!(metrics.of("session_store_seconds_count{operation=\"load\",outcome=\"unavailable\"}") >= 1.0);
    redis.restart();
    until(async || managed.metrics().await.of("session_store_up") == 1.0).await;
}

/// An operator sees when an old key may go.
#[tokio::test]
async fn cookies_are_counted_by_their_key() {
    let machine = Machine::with_alice();
    let managed = Managed::start(&machine, &[]).await;
    let old = managed.server.log_in("alice").await;
    machine.run(&["keys", "add", "cookie"]).expect_success();
    machine.run(&["keys", "activate", "cookie", "c2"]).expect_success();
    managed.server.hang_up();
    until(async || managed.metrics().await.text.contains("session_cookies_total{key=\"c2\"} 0")).await;
    let new = managed.server.log_in("alice").await;
    for login in [&old, &new, &new] {
        assert_eq!(managed.server.status_of(login).await, 200);
    }
    let metrics = managed.metrics().await;
    assert_eq!(metrics.of("session_cookies_total{key=\"c1\"}"), 1.0);
    assert_eq!(metrics.of("session_cookies_total{key=\"c2\"}"), 2.0);
}

/// R61: one by one.
#[tokio::test]
async fn lines_that_a_full_disk_cost_are_counted() {
    let machine = Machine::with_alice();
    machine.write("tokens", &format!("office:{TOKEN}\n"));
    let manage = format!("127.0.0.1:{}", free_port());
    let flags = ["--manage", &manage, "--management-tokens", "tokens"];
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let server = machine.serve_with(&flags, |command| {
        command.stderr(full);
    });
    let managed = Managed { server: server.await, manage };
    assert_eq!(managed.server.get("/livez").await.status(), 204);
    until(async || managed.metrics().await.of("session_log_lines_lost_total") >= 3.0).await;
}

#[tokio::test]
async fn metrics_take_a_token_like_the_rest_of_the_management() {
    let machine = Machine::with_alice();
    let managed = Managed::start(&machine, &[]).await;
    let without = managed.server.http().get(format!("http://{}/metrics", managed.manage));
    assert_eq!(without.send().await.unwrap().status(), 401);
    assert_eq!(managed.server.get("/metrics").await.status(), 404, "strangers reach nothing of it");
    let Metrics { text } = managed.metrics().await;
    assert!(text.contains("# HELP session_checks_total "), "{text}");
    let head = managed.ask(Method::HEAD, "/metrics").json(&json!({})).send().await.unwrap();
    assert_eq!(head.status(), 200);
}

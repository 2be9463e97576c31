//! What a store does to requests, and what becomes of them when it is stopped, killed or full:
//! never a 401, never a hang, and the cookie is left alone (R22, R51, R52; F1, F3, F12).

use std::time::{Duration, Instant};

use serde_json::json;
use session_core::{SessionId, SessionSecret};
use session_engine::{Clock, REQUEST_BUDGET};
use session_testing::{RedisServer, calls};

use crate::client::{Answer, Browser};
use crate::fleet::{ABSOLUTE, Fleet, PASSWORD, START};

/// Within this a request is answered, whatever the store does.
const REQUEST_DEADLINE: Duration = Duration::from_secs(1);

/// Redis with its data on the disk, so that it is still there after a kill.
async fn durable_fleet() -> Fleet {
    Fleet::on_redis_with(&RedisServer::DURABLE).await
}

/// R3, R26: neither a look nor a trace, forged or without any.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_good_cookie_costs_no_store_command() {
    let mut fleet = Fleet::on_redis().await;
    let good = fleet.alice().await.cookie().to_owned();
    let (mut browser, mut writing) = (fleet.browser(), fleet.browser());
    let keys: u64 = fleet.redis().run(&["DBSIZE"]);
    let before = fleet.redis().commandstats();
    for number in 0..1_000_usize {
        let at = number % good.len();
        let other = if good.as_bytes()[at] == b'A' { "B" } else { "A" };
        let forged = format!("{}{other}{}", &good[..at], &good[at + 1..]);
        for cookie in [None, Some(forged.clone())] {
            browser.cookie = cookie.clone();
            browser.get("/session").await.expect_status(401);
            writing.cookie = cookie;
            writing.put("/session/data", json!({ "a": 1 })).await.expect_status(401);
        }
    }
    assert_eq!(fleet.redis().requested_since(&before), calls([]));
    assert_eq!(fleet.redis().run::<u64>(&["DBSIZE"]), keys);
}

/// R3: also under a tag of our own key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_session_id_is_never_adopted() {
    let mut fleet = Fleet::on_redis().await;
    let keys: u64 = fleet.redis().run(&["DBSIZE"]);
    let ring = fleet.keys.cookie_keys(session_core::CookieName::default());
    let mut browser = fleet.browser();
    for _ in 0..100 {
        let (id, secret) = (SessionId::generate().unwrap(), SessionSecret::generate().unwrap());
        let end = START.saturating_add(ABSOLUTE);
        let cookie = ring.sign(id, &secret, START, end).unwrap().expose().to_owned();
        browser.cookie = Some(cookie);
        browser.get("/session").await.expect_no_session("ended");
        browser.put("/session/data", json!({ "a": 1 })).await.expect_no_session("ended");
        browser.post("/session/renew", json!({})).await.expect_no_session("ended");
    }
    assert_eq!(fleet.redis().run::<u64>(&["DBSIZE"]), keys);
}

/// R25: a minute and a half is a twentieth of the idle timeout.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_a_session_is_one_command_at_most_and_seldom_a_write() {
    let mut fleet = Fleet::on_redis().await;
    let mut browser = fleet.alice().await.led_to(fleet.servers[1].address);
    let before = fleet.redis().commandstats();
    for _ in 0..100 {
        browser.get("/session").await.expect_status(200);
    }
    // This server had not seen the session before, so it extended it once; then it asks until Redis tells of changes.
    let mut commands = fleet.redis().requested_since(&before);
    assert_eq!(commands.remove("getex"), Some(1));
    assert!((1..=99).contains(&commands.remove("get").unwrap()) && commands.is_empty(), "{commands:?}");
    // A minute and a half later it is due again: a twentieth of half an hour.
    let before = fleet.redis().commandstats();
    fleet.advance(Duration::from_secs(90));
    browser.get("/session").await.expect_status(200);
    browser.get("/session").await.expect_status(200);
    let expected = calls([("getex", 1), ("get", 1)]);
    assert_eq!(fleet.redis().requested_since(&before), expected);
}

/// R9: renewed again and again up to its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_to_live_never_passes_the_absolute_deadline() {
    let mut fleet = Fleet::on_redis().await;
    let mut browser = fleet.alice().await;
    let end = i64::try_from(START.saturating_add(ABSOLUTE).as_secs()).unwrap();
    loop {
        fleet.advance(Duration::from_secs(1_680));
        let renewed = browser.post("/session/renew", json!({})).await;
        if renewed.status != 200 {
            renewed.expect_no_session("expired");
            assert!(i64::try_from(fleet.clock.now().as_secs()).unwrap() >= end);
            return;
        }
        browser.get("/session").await.expect_status(200);
        let key = format!("session:{}", renewed.json()["session_id"].as_str().unwrap());
        let expires_at: i64 = fleet.redis().run(&["EXPIRETIME", &key]);
        assert!(expires_at <= end, "{expires_at} is after {end}");
    }
}

/// Every kind of request that needs the store, by somebody with a session.
async fn requests(browser: &Browser) -> Vec<Answer> {
    let (mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h) = (
        browser.clone(),
        browser.clone(),
        browser.clone(),
        browser.clone(),
        browser.clone(),
        browser.clone(),
        browser.clone(),
        browser.clone(),
    );
    let answers = tokio::join!(
        timed(a.get("/session")),
        timed(b.get("/session/data")),
        timed(c.get("/sessions")),
        timed(d.patch("/session/data", json!({ "a": 1 }))),
        timed(e.post("/session/renew", json!({}))),
        timed(f.delete("/sessions")),
        timed(g.log_in("alice", PASSWORD)),
        timed(h.log_out()),
    );
    let (a, b, c, d, e, f, g, h) = answers;
    vec![a, b, c, d, e, f, g, h]
}

async fn timed(request: impl Future<Output = Answer>) -> Answer {
    timed_within(REQUEST_DEADLINE, request).await
}

async fn timed_within(deadline: Duration, request: impl Future<Output = Answer>) -> Answer {
    let started_at = Instant::now();
    let answer = request.await;
    assert!(started_at.elapsed() < deadline, "{answer:?} took {:?}", started_at.elapsed());
    answer
}

#[track_caller]
fn assert_unavailable(answers: &[Answer]) {
    for answer in answers {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.json()["code"], "store_unavailable", "{answer:?}");
        assert_eq!(answer.header("retry-after"), "1", "{answer:?}");
        assert_eq!(answer.set_cookies(), Vec::<String>::new());
    }
}

/// What needs no store is served all the same.
async fn assert_public_things_are_served(fleet: &Fleet) {
    let mut stranger = fleet.browser();
    timed(stranger.get("/livez")).await.expect_status(204);
    timed(stranger.get("/.well-known/jwks.json")).await.expect_status(200);
    timed(stranger.get("/session")).await.expect_no_session("absent");
    stranger.cookie = Some("v1.c1.garbage".into());
    timed(stranger.get("/session")).await.expect_no_session("invalid");
}

/// Polls until the session is served again; says how long that took.
async fn until_healed(browser: &mut Browser) -> Duration {
    let started_at = Instant::now();
    loop {
        let answer = browser.get("/session").await;
        if answer.status == 200 {
            return started_at.elapsed();
        }
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(started_at.elapsed() < Duration::from_secs(20), "it does not heal");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// R22, R51, R52, F3: every kind of request, a log-out too, with the cookie left alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_redis_means_503_and_heals_within_a_second() {
    let mut fleet = durable_fleet().await;
    let mut browser = fleet.alice().await;
    fleet.browser().get("/readyz").await.expect_status(204);
    fleet.redis().stop();
    for _ in 0..3 {
        assert_unavailable(&requests(&browser).await);
        assert_public_things_are_served(&fleet).await;
    }
    // Not at once: every server would be left out, and nobody were there to say 503.
    fleet.browser().get("/readyz").await.expect_status(204);
    until_ready(&fleet, 503).await;
    fleet.browser().get("/livez").await.expect_status(204);
    fleet.redis().resume();
    let took = until_healed(&mut browser).await;
    assert!(took < Duration::from_secs(1), "it took {took:?}");
    // Once lists have their connection too.
    until_ready(&fleet, 204).await;
}

/// Until a balancer is told so.
async fn until_ready(fleet: &Fleet, status: u16) {
    let began_at = Instant::now();
    while fleet.browser().get("/readyz").await.status != status {
        assert!(began_at.elapsed() < Duration::from_secs(20), "no balancer is told {status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// R22, R51, R52, F1: likewise, and the log-out can be done afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_means_503_and_heals_within_a_second() {
    let mut fleet = durable_fleet().await;
    let mut browser = fleet.alice().await;
    fleet.redis().kill();
    for _ in 0..3 {
        assert_unavailable(&requests(&browser).await);
        assert_public_things_are_served(&fleet).await;
    }
    fleet.redis().restart();
    fleet.redis().wait_until_it_answers();
    let took = until_healed(&mut browser).await;
    assert!(took < Duration::from_secs(1), "it took {took:?}");
    // A log-out that was not confirmed had not happened; now it can be done.
    browser.log_out().await.expect_status(204);
}

/// F19, R79: each command comes within its own deadline, and a request asks many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_redis_costs_no_request_more_than_its_budget() {
    let mut fleet = Fleet::on_redis().await;
    let (slow, line) = fleet.add_server_behind_a_line().await;
    let mut browser = fleet.alice().await.led_to(slow);
    // So late that a connection can still be made, which takes two answers.
    let delay = Duration::from_millis(110);
    line.delay(delay);
    let began_at = Instant::now();
    until_healed(&mut browser).await;
    assert!(began_at.elapsed() >= delay, "it is slow");
    // A login asks ten times: more than a request has time for, so it is told so in time.
    let answer = timed_within(REQUEST_BUDGET + 10 * delay, browser.clone().log_in("alice", PASSWORD)).await;
    assert_unavailable(&[answer]);
    line.delay(Duration::ZERO);
    let heals = async { while fleet.browser().led_to(slow).log_in("alice", PASSWORD).await.status != 200 {} };
    tokio::time::timeout(Duration::from_secs(20), heals).await.expect("it heals");
}

/// F12, R51: who cannot come in or change anything hears 503.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_redis_still_reads_extends_and_logs_out() {
    let mut fleet = Fleet::on_redis_with(&["--maxmemory-policy", "noeviction"]).await;
    let (mut browser, mut other) = (fleet.alice().await, fleet.alice().await);
    let _: String = fleet.redis().run(&["CONFIG", "SET", "maxmemory", "1"]);
    fleet.advance(Duration::from_secs(200));
    let before = browser.cookie.clone();
    let view = browser.get("/session").await.expect_status(200);
    assert_eq!(view.time("idle_expires_at"), START.as_secs() + 200 + 1_800);
    browser.get("/sessions").await.expect_status(200);
    for answer in [
        fleet.browser().log_in("bob", PASSWORD).await,
        browser.patch("/session/data", json!({ "a": 1 })).await,
        browser.post("/session/renew", json!({})).await,
    ] {
        assert_unavailable(&[answer]);
    }
    assert_eq!(browser.cookie, before);
    browser.get("/session").await.expect_status(200);
    other.log_out().await.expect_status(204);
    browser.delete("/sessions").await.expect_status(204);
}

/// R48: one unreadable value under a session's key is that session's misfortune, and nobody else's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_is_no_record_makes_that_one_session_invalid() {
    let mut fleet = Fleet::on_redis().await;
    let mut healthy = fleet.alice().await;
    let megabyte = "x".repeat(1 << 20);
    let record =
        |fleet: &mut Fleet, id: &str| fleet.redis().run::<String>(&["GET", &format!("session:{id}")]);
    for spoil in ["garbage", "wrong version", "wrong type", "megabyte", "somebody else's"] {
        let mut browser = fleet.alice().await;
        let view = browser.get("/session").await.json();
        let id = view["session_id"].as_str().unwrap();
        let key = format!("session:{id}");
        let document = record(&mut fleet, id);
        match spoil {
            "garbage" => fleet.redis().run::<String>(&["SET", &key, "\u{0}{garbage", "KEEPTTL"]),
            "wrong version" => {
                let other = document.replace("\"version\":1", "\"version\":2");
                fleet.redis().run(&["SET", &key, &other, "KEEPTTL"])
            }
            "megabyte" => fleet.redis().run(&["SET", &key, &megabyte, "KEEPTTL"]),
            "wrong type" => {
                let _: u64 = fleet.redis().run(&["DEL", &key]);
                let _: u64 = fleet.redis().run(&["RPUSH", &key, "a"]);
                String::new()
            }
            _ => {
                let theirs = healthy.get("/session").await.json()["session_id"].as_str().unwrap().to_owned();
                let theirs = record(&mut fleet, &theirs);
                fleet.redis().run(&["SET", &key, &theirs, "KEEPTTL"])
            }
        };
        let patch = json!({ "a": 1 });
        browser.clone().patch("/session/data", patch).await.expect_no_session("invalid");
        browser.get("/session").await.expect_no_session("invalid");
        assert!(browser.cookie.is_some(), "a server of another version might read it");
        // Whoever logs out must be out for such a server too.
        if spoil != "somebody else's" {
            browser.clone().log_out().await.expect_status(204);
            assert_eq!(fleet.redis().run::<u64>(&["EXISTS", &key]), 0, "{spoil}");
        }
        healthy.get("/session").await.expect_status(200);
        healthy.get("/sessions").await.expect_status(200);
        // And it is no obstacle to a new one.
        browser.log_in("alice", PASSWORD).await.expect_status(200);
        browser.get("/session").await.expect_status(200);
    }
}

/// R44: all that Redis holds, and the key ring's cookie key, make no login.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_of_the_store_and_the_cookie_key_log_nobody_in() {
    let mut fleet = Fleet::on_redis().await;
    let victim = fleet.alice().await;
    let id = victim.clone().get("/session").await.json()["session_id"].as_str().unwrap().to_owned();
    let document: String = fleet.redis().run(&["GET", &format!("session:{id}")]);
    let secret = victim.cookie().split('.').nth(3).unwrap();
    let keys: Vec<String> = fleet.redis().run(&["KEYS", "*"]);
    assert!(!document.contains(secret) && !keys.concat().contains(secret));

    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let hash = document["secret_hash"].as_str().unwrap();
    let ring = fleet.keys.cookie_keys(session_core::CookieName::default());
    let end = START.saturating_add(ABSOLUTE);
    // The best an attacker has for a secret: the hash itself, and guesses.
    let hash: [u8; 32] = {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(hash).unwrap().try_into().unwrap()
    };
    let guesses = std::iter::once(SessionSecret::from_bytes(hash))
        .chain((0..200).map(|_| SessionSecret::generate().unwrap()));
    let mut thief = fleet.browser();
    for guess in guesses {
        let forged = ring.sign(id.parse().unwrap(), &guess, START, end).unwrap();
        thief.cookie = Some(forged.expose().to_owned());
        thief.get("/session").await.expect_no_session("invalid");
    }
    victim.clone().get("/session").await.expect_status(200);
}

//! Who does not get to the application, and what they are told.

use std::time::Duration;

use reqwest::Method;
use tokio::time::sleep;

use crate::client::{Client, in_time, send_lines};
use crate::on_every_proxy;
use crate::proxy::{Kind, Proxy, example};
use crate::site::Site;

on_every_proxy!(
    who_has_no_session_is_refused_as_programs_are_or_led_to_the_sign_in_page,
    a_forged_cookie_is_refused,
    two_good_cookies_are_refused,
    a_session_lives_while_it_is_used_and_no_longer,
    a_session_that_was_ended_elsewhere_has_ended_here,
    a_store_that_is_away_is_503_and_nobody_is_led_to_sign_in,
    a_server_that_is_away_lets_nobody_in,
    nobody_outside_asks_what_only_proxies_ask,
);

async fn who_has_no_session_is_refused_as_programs_are_or_led_to_the_sign_in_page(kind: Kind) {
    let site = Site::behind(kind).await;
    let mut stranger = site.client();
    stranger.get("/orders/7?a=b").await.expect_no_session("absent");
    for method in [Method::POST, Method::DELETE, Method::OPTIONS] {
        let request = stranger.request(method, "/orders/7");
        stranger.send(request).await.expect_no_session("absent");
    }
    let head = stranger.request(Method::HEAD, "/orders/7");
    stranger.send(head).await.expect_status(401);
    let script = stranger.request(Method::GET, "/orders").header("Accept", "text/html");
    stranger.send(script.header("Sec-Fetch-Dest", "empty")).await.expect_no_session("absent");
    let shown = stranger.show("/orders/7?a=b&c=d").await.expect_status(303);
    assert_eq!(shown.header("location"), "/_session/login?next=/orders/7%3Fa%3Db%26c%3Dd");
    assert_eq!(shown.header("cache-control"), "no-store");
}

/// R3: before the application is asked.
async fn a_forged_cookie_is_refused(kind: Kind) {
    let site = Site::behind(kind).await;
    let mut alice = site.alice().await;
    let good = alice.cookie("__Host-session").to_owned();
    for forged in [good.replace("v1.", "v1.x"), good[..good.len() - 1].to_owned(), "alice".to_owned()] {
        alice.set_cookie("__Host-session", &forged);
        alice.get("/orders").await.expect_no_session("invalid");
    }
    alice.set_cookie("__Host-session", &good);
    alice.get("/orders").await.expect_status(200);
}

/// R14: in one line or two, with both removed.
async fn two_good_cookies_are_refused(kind: Kind) {
    let site = Site::behind(kind).await;
    let (one, other) = (site.alice().await.session_cookie(), site.alice().await.session_cookie());
    let in_one_line = format!("Cookie: {one}; {other}");
    let lines = [format!("Cookie: {one}"), format!("Cookie: {other}")];
    for cookies in [vec![&*in_one_line], vec![&*lines[0], &*lines[1]]] {
        let is_one_line = cookies.len() == 1;
        let request = [&["GET /orders HTTP/1.1"], &cookies[..]].concat();
        let answer = send_lines(site.address(), &request).await.expect_no_session("invalid");
        // Of several lines Envoy makes one that has no good cookie any more.
        if is_one_line || kind != Kind::Envoy {
            let removed = answer.set_cookies();
            assert!(removed.iter().any(|cookie| cookie.starts_with("__Host-session=;")), "{removed:?}");
        }
    }
    let twice = format!("Cookie: {one}; {one}");
    send_lines(site.address(), &["GET /orders HTTP/1.1", &twice]).await.expect_status(200);
}

/// R9: by use of the application behind the proxy.
async fn a_session_lives_while_it_is_used_and_no_longer(kind: Kind) {
    let site = Site::with(kind, &["--idle-timeout", "4s"]).await;
    let mut alice = site.alice().await;
    for _ in 0..6 {
        sleep(Duration::from_secs(1)).await;
        alice.get("/orders").await.expect_status(200);
    }
    sleep(Duration::from_secs(5)).await;
    alice.get("/orders").await.expect_no_session("ended");
    assert_eq!(alice.show("/orders").await.status, 303);
}

/// R21: at the very next request.
async fn a_session_that_was_ended_elsewhere_has_ended_here(kind: Kind) {
    let site = Site::behind(kind).await;
    let mut alice = site.alice().await;
    alice.get("/orders").await.expect_status(200);
    let elsewhere = site.another_server().await;
    alice.at(elsewhere.address).sign_out().await;
    alice.get("/orders").await.expect_no_session("ended");
}

/// R51, F1, F3: stopped or killed, with the cookies left alone.
async fn a_store_that_is_away_is_503_and_nobody_is_led_to_sign_in(kind: Kind) {
    let mut site = Site::behind(kind).await;
    let mut alice = site.alice().await;
    alice.get("/orders").await.expect_status(200);
    site.redis.stop();
    expect_unavailable(&mut alice).await;
    site.redis.resume();
    while_answered(&mut alice, 503).await;
    alice.get("/orders").await.expect_status(200);
    site.redis.kill();
    expect_unavailable(&mut alice).await;
    site.client().get("/open").await.expect_status(200);
}

/// What has just been read is good for a moment (R59).
async fn expect_unavailable(client: &mut Client) {
    while_answered(client, 200).await;
    for answer in [client.get("/orders").await, client.show("/orders").await] {
        let answer = answer.expect_status(503);
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["code"], "store_unavailable");
        assert_eq!(answer.set_cookies(), [""; 0]);
    }
}

async fn while_answered(client: &mut Client, status: u16) {
    in_time(async {
        while client.get("/orders").await.status == status {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

/// R51: a doubt never opens.
async fn a_server_that_is_away_lets_nobody_in(kind: Kind) {
    let site = Site::behind(kind).await;
    let mut alice = site.alice().await;
    alice.get("/orders").await.expect_status(200);
    site.server.kill().await;
    for target in ["/orders", "/open"] {
        let answer = alice.show(target).await;
        // Traefik takes it for a fault of its own.
        let expected: &[u16] = if kind == Kind::Traefik { &[500] } else { &[502, 503] };
        assert!(expected.contains(&answer.status), "{answer:?}");
        assert_eq!(answer.set_cookies(), [""; 0]);
    }
}

/// HAProxy goes on where an action of Lua's has failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "wants proxies: cargo xtask test proxies"]
async fn where_the_question_fails_haproxy_lets_nobody_in() {
    let mut site = Site::behind(Kind::HaProxy).await;
    let alice = site.alice().await;
    let asks = "core.httpclient():get(question(txn))";
    let edit = |text: String| text.replace(asks, "error('broken')");
    site.proxy = Proxy::start_edited(Kind::HaProxy, site.server.address, site.application.address, edit);
    assert!(std::fs::read_to_string(example("haproxy/ask.lua")).unwrap().contains(asks));
    for target in ["/orders", "/open"] {
        alice.at(site.address()).get(target).await.expect_status(503);
        site.client().get(target).await.expect_status(503);
    }
    alice.at(site.address()).get("/_session/session").await.expect_status(200);
}

/// R37, R39: however the path is written.
async fn nobody_outside_asks_what_only_proxies_ask(kind: Kind) {
    let site = Site::behind(kind).await;
    let alice = site.alice().await;
    let cookies = format!("Cookie: {}; theme=dark", alice.session_cookie());
    for path in ["auth", "auth/", "auth/orders", "challenge", "challenge?a"] {
        let line = format!("GET /_session/{path} HTTP/1.1");
        let answer = send_lines(site.address(), &[&line, &cookies, "Sec-Forward-Auth: 1"]).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    // However it is spelled, nobody is told of cookies that scripts cannot read.
    for path in
        ["%61uth", "x/../auth", "auth/../session", "./auth", "/auth", "session/%2e%2e/auth", "session"]
    {
        let line = format!("GET /_session/{path} HTTP/1.1");
        let answer = send_lines(site.address(), &[&line, &cookies, "Sec-Forward-Auth: 1"]).await;
        assert!(!answer.headers.contains_key("cookie"), "{path}: {answer:?}");
    }
}

//! A proxy asks whether the application behind it may have a request.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use session_http::{AccessRules, AppBuilder, TrustedProxies};

use crate::client::{Answer, Browser};
use crate::fleet::{Fleet, IDLE, PASSWORD, REAUTHENTICATE_WITHIN, START};
use crate::on_every_store;

on_every_store!(
    the_application_is_told_who_it_is,
    who_has_no_session_is_refused_as_programs_are_or_led_to_the_sign_in_page_and_back,
    what_a_stranger_says_of_the_request_does_not_count,
    the_path_behind_ours_is_the_one_that_is_asked_about,
    asking_extends_a_session_unless_it_is_passive,
    paths_have_their_own_rules,
    who_would_not_be_refused_any_more_asks_again,
    beneath_a_prefix_everything_else_is_the_applications,
);

const RULES: [&str; 4] =
    ["/open=public", "/billing=recent", "/billing/help=signed-in", "/unread=signed-in:passive"];

/// A server that this machine's proxies may ask.
async fn asked_by_proxies(fleet: &mut Fleet) -> SocketAddr {
    fleet.add_server_that(for_proxies).await
}

fn for_proxies(app: AppBuilder) -> AppBuilder {
    let here = TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()]);
    app.trusted_proxies(here).forward_auth(AccessRules::parse(RULES).unwrap())
}

/// What a proxy asks that has a request of a browser for `target`.
fn about(browser: &Browser, method: &str, target: &str) -> RequestBuilder {
    let asked = browser.request(Method::GET, "/auth");
    asked.header("X-Forwarded-Method", method).header("X-Forwarded-Uri", target)
}

/// As a browser asks for what it shows.
fn to_be_shown(asked: RequestBuilder) -> RequestBuilder {
    asked
        .header("Sec-Fetch-Mode", "navigate")
        .header("Sec-Fetch-Dest", "document")
        .header(ACCEPT, "text/html")
}

fn nobody(answer: &Answer) -> bool {
    ["x-session-subject", "x-session-id", "x-session-statement"]
        .iter()
        .all(|name| answer.header(name).is_empty())
}

/// R37, R39: whatever the client says of itself, and without the cookie that proves it.
async fn the_application_is_told_who_it_is(mut fleet: Fleet) {
    let server = asked_by_proxies(&mut fleet).await;
    let mut browser = fleet.alice().await.led_to(server);
    let view = browser.get("/session").await.json();
    let asked = about(&browser, "POST", "/orders");
    // What a client has made up is no part of the answer.
    let asked = asked.header("X-Session-Subject", "root").header("X-Session-Id", "x");
    let answer = browser.send_undocumented(asked).await.expect_status(200);
    assert_eq!(answer.text, "");
    assert_eq!(answer.header("x-session-subject"), "alice");
    assert_eq!(answer.header("x-session-id"), view["session_id"]);
    let statement = answer.header("x-session-statement");
    let keys = fleet.keys.statement_keys();
    let statement = keys.verify(statement, "https://app.example", START).expect("a good one");
    assert_eq!(statement.claims().subject, "alice");
    assert!(answer.header("set-cookie").starts_with("__Host-session-statement="), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.headers.contains_key(COOKIE), "it was not asked for");

    let asked = about(&browser, "GET", "/orders").header("Sec-Forward-Auth", "1");
    let answer = browser.send_undocumented(asked).await.expect_status(200);
    assert_eq!(answer.header("cookie"), "theme=dark; a=b", "and nothing of ours");
}

/// R38: and back to no other site.
async fn who_has_no_session_is_refused_as_programs_are_or_led_to_the_sign_in_page_and_back(mut fleet: Fleet) {
    let server = asked_by_proxies(&mut fleet).await;
    let mut browser = Browser::at(server);
    const TARGET: &str = "/orders/7?a=b&c=d";
    let program = about(&browser, "GET", TARGET);
    browser.send_undocumented(program).await.expect_no_session("absent");
    let script = about(&browser, "GET", TARGET).header("Sec-Fetch-Dest", "empty").header(ACCEPT, "text/html");
    browser.send_undocumented(script).await.expect_no_session("absent");
    for shown in [
        to_be_shown(about(&browser, "GET", TARGET)),
        // As browsers ask that do not say what for.
        about(&browser, "GET", TARGET).header(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8"),
    ] {
        let answer = browser.send_undocumented(shown).await.expect_status(303);
        assert_eq!(answer.header("location"), "/login?next=/orders/7%3Fa%3Db%26c%3Dd");
    }
    // A form that was sent too late cannot be sent again by going there.
    let form = to_be_shown(about(&browser, "POST", TARGET));
    assert_eq!(browser.send_undocumented(form).await.expect_status(303).header("location"), "/login");
    let elsewhere = to_be_shown(about(&browser, "GET", "//evil.example/"));
    assert_eq!(browser.send_undocumented(elsewhere).await.expect_status(303).header("location"), "/login");
    // Signed in with what the page has in its form, one is back.
    let back = browser.submit("/login", &format!("username=alice&password={PASSWORD}&next={TARGET}")).await;
    assert_eq!(back.expect_status(303).header("location"), "/orders/7?a=b");
    let forged = browser.cookie().replace("v1.", "v1.x");
    let asked =
        Browser::at(server).request(Method::GET, "/auth").header(COOKIE, format!("__Host-session={forged}"));
    browser.send_undocumented(asked).await.expect_no_session("invalid");
    browser.clone().led_to(fleet.servers[0].address).log_out().await.expect_status(204);
    let asked = about(&browser, "GET", TARGET);
    browser.send_undocumented(asked).await.expect_no_session("ended");
}

/// R37: nor is a stranger given the cookies back.
async fn what_a_stranger_says_of_the_request_does_not_count(mut fleet: Fleet) {
    let elsewhere = TrustedProxies::new(vec!["192.0.2.0/24".parse().unwrap()]);
    let server = fleet.add_server_that(|app| for_proxies(app).trusted_proxies(elsewhere)).await;
    let mut stranger = Browser::at(server);
    let shown = to_be_shown(about(&stranger, "GET", "/orders"));
    assert_eq!(stranger.send_undocumented(shown).await.expect_status(303).header("location"), "/login");
    let open = about(&stranger, "GET", "/open");
    stranger.send_undocumented(open).await.expect_no_session("absent");
    let mut alice = fleet.alice().await.led_to(server);
    let asked = about(&alice, "GET", "/orders").header("Sec-Forward-Auth", "1");
    assert!(!alice.send_undocumented(asked).await.expect_status(200).headers.contains_key(COOKIE));
}

/// As Envoy asks.
async fn the_path_behind_ours_is_the_one_that_is_asked_about(mut fleet: Fleet) {
    let server = asked_by_proxies(&mut fleet).await;
    let mut stranger = Browser::at(server);
    for (target, location) in [
        ("/auth/", "/login?next=/"),
        ("/auth/orders/7?a=b", "/login?next=/orders/7%3Fa%3Db"),
        ("/auth/orders/", "/login?next=/orders/"),
        ("/auth/auth/session", "/login?next=/auth/session"),
    ] {
        let shown = to_be_shown(stranger.request(Method::GET, target)).header("X-Forwarded-Uri", "/open");
        assert_eq!(stranger.send_undocumented(shown).await.expect_status(303).header("location"), location);
    }
    for method in [Method::POST, Method::DELETE, Method::OPTIONS, Method::HEAD, Method::TRACE] {
        let asked = stranger.request(method.clone(), "/auth/orders");
        assert_eq!(stranger.send_undocumented(asked).await.status, 401, "{method}");
        let asked = stranger.request(method.clone(), "/auth/open/");
        assert_eq!(stranger.send_undocumented(asked).await.status, 200, "{method}");
    }
}

async fn asking_extends_a_session_unless_it_is_passive(mut fleet: Fleet) {
    let server = asked_by_proxies(&mut fleet).await;
    let mut browser = fleet.alice().await.led_to(server);
    for _ in 0..3 {
        fleet.advance(IDLE - Duration::from_secs(60));
        let asked = about(&browser, "GET", "/orders");
        browser.send_undocumented(asked).await.expect_status(200);
    }
    fleet.advance(IDLE - Duration::from_secs(60));
    let passive = about(&browser, "GET", "/orders").header("Session-Activity", "passive");
    browser.send_undocumented(passive).await.expect_status(200);
    let passive = about(&browser, "GET", "/unread?since=7");
    browser.send_undocumented(passive).await.expect_status(200);
    fleet.advance(Duration::from_secs(120));
    let asked = about(&browser, "GET", "/orders");
    browser.send_undocumented(asked).await.expect_no_session("ended");
}

/// R31: what wants a password entered lately, however the path is written.
async fn paths_have_their_own_rules(mut fleet: Fleet) {
    let server = asked_by_proxies(&mut fleet).await;
    let mut stranger = Browser::at(server);
    let open = about(&stranger, "GET", "/open/a.css");
    let answer =
        stranger.send_undocumented(open.header("X-Session-Subject", "root")).await.expect_status(200);
    assert!(nobody(&answer), "{answer:?}");
    let mut browser = fleet.alice().await.led_to(server);
    let open = about(&browser, "GET", "/open");
    assert_eq!(browser.send_undocumented(open).await.expect_status(200).header("x-session-subject"), "alice");
    let paid = about(&browser, "POST", "/billing/pay");
    browser.send_undocumented(paid).await.expect_status(200);
    fleet.advance(REAUTHENTICATE_WITHIN + Duration::from_secs(1));
    for target in ["/billing/pay", "/billing", "/%62illing/", "/x/../billing"] {
        let paid = about(&browser, "POST", target);
        let answer = browser.send_undocumented(paid).await.expect_status(403);
        assert_eq!(answer.json()["code"], "reauthentication_required");
        let shown = to_be_shown(about(&browser, "GET", target));
        let location =
            browser.send_undocumented(shown).await.expect_status(303).header("location").to_owned();
        assert!(location.starts_with("/login?next=/") && location.ends_with("#reauthenticate"), "{location}");
    }
    let help = about(&browser, "GET", "/billing/help");
    browser.send_undocumented(help).await.expect_status(200);
    browser.post("/session/reauthenticate", json!({ "password": PASSWORD })).await.expect_status(200);
    let paid = about(&browser, "POST", "/billing/pay");
    browser.send_undocumented(paid).await.expect_status(200);
}

async fn who_would_not_be_refused_any_more_asks_again(mut fleet: Fleet) {
    let server = asked_by_proxies(&mut fleet).await;
    let challenged = |browser: &Browser| {
        let asked = browser.request(Method::GET, "/challenge");
        asked.header("X-Forwarded-Method", "GET").header("X-Forwarded-Uri", "/orders")
    };
    let mut stranger = Browser::at(server);
    let shown = to_be_shown(challenged(&stranger));
    assert_eq!(
        stranger.send_undocumented(shown).await.expect_status(303).header("location"),
        "/login?next=/orders"
    );
    let program = challenged(&stranger);
    stranger.send_undocumented(program).await.expect_no_session("absent");
    let mut browser = fleet.alice().await.led_to(server);
    let shown = to_be_shown(challenged(&browser));
    assert_eq!(browser.send_undocumented(shown).await.expect_status(303).header("location"), "/orders");
    let program = challenged(&browser);
    assert_eq!(browser.send_undocumented(program).await.expect_status(503).json()["code"], "try_again");
}

async fn beneath_a_prefix_everything_else_is_the_applications(mut fleet: Fleet) {
    let server =
        fleet.add_server_that(|app| for_proxies(app).path_prefix("/_session".parse().unwrap())).await;
    let mut browser = Browser::at(server);
    let mut ask = async |method: Method, path: &str| {
        let asked = browser.request(method, path);
        browser.send_undocumented(asked).await
    };
    for path in
        ["/session", "/auth", "/openapi.json", "/_sessions/session", "/_session/_session/session", "/"]
    {
        ask(Method::GET, path).await.expect_status(404);
    }
    ask(Method::POST, "/login").await.expect_status(404);
    for path in
        ["/livez", "/_session/livez", "/.well-known/jwks.json", "/_session/.well-known/session-revocations"]
    {
        assert!(ask(Method::GET, path).await.status < 300, "{path}");
    }
    ask(Method::GET, "/_session/session").await.expect_no_session("absent");
    let document = ask(Method::GET, "/_session/openapi.json").await.expect_status(200);
    assert_eq!(document.json()["servers"], json!([{ "url": "/_session" }]));

    let shown =
        to_be_shown(browser.request(Method::GET, "/_session/auth")).header("X-Forwarded-Uri", "/orders");
    let answer = browser.send_undocumented(shown).await.expect_status(303);
    assert_eq!(answer.header("location"), "/_session/login?next=/orders");
    for (next, location) in [("/orders", "/orders"), ("", "/_session/"), ("//evil.example", "/_session/")] {
        let form = format!("username=alice&password={PASSWORD}&next={next}");
        let asked = browser.request(Method::POST, "/_session/login");
        let asked = asked.header("Content-Type", "application/x-www-form-urlencoded").body(form);
        let answer = browser.send_undocumented(asked).await.expect_status(303);
        assert_eq!(answer.headers[LOCATION], location);
        assert!(answer.headers[SET_COOKIE].to_str().unwrap().contains("Path=/;"), "{answer:?}");
    }
    let out = browser.request(Method::POST, "/_session/logout");
    browser.send_undocumented(out).await.expect_status(204);
}

/// R51: not a sign-in page, which would say that one is not signed in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_away_is_503_to_everybody_but_who_asks_for_what_is_public() {
    let mut fleet = Fleet::on_redis().await;
    let server = asked_by_proxies(&mut fleet).await;
    let mut browser = fleet.alice().await.led_to(server);
    fleet.redis().kill();
    for asked in [about(&browser, "GET", "/orders"), to_be_shown(about(&browser, "GET", "/orders"))] {
        let answer = browser.send_undocumented(asked).await.expect_status(503);
        assert_eq!(answer.header("retry-after"), "1");
    }
    let open = about(&browser, "GET", "/open");
    assert!(nobody(&browser.send_undocumented(open).await.expect_status(200)));
}

//! What clients make up.

use crate::client::send_lines;
use crate::on_every_proxy;
use crate::proxy::Kind;
use crate::site::Site;

on_every_proxy!(
    what_a_client_says_of_itself_does_not_reach_the_application,
    a_name_that_is_read_as_another_does_not_reach_the_application,
    a_request_is_what_the_proxy_says_it_is,
    a_client_cannot_have_headers_dropped_on_their_way,
    many_lines_of_a_header_let_nobody_in_and_end_nothing,
);

/// Each name of ours, as applications might still read it.
fn made_up() -> Vec<String> {
    let mut lines = Vec::new();
    for name in ["X-Session-Subject", "X-Session-Id", "X-Session-Statement"] {
        let (x, rest) = name.split_at(1);
        let (session, what) = rest[1..].split_at("Session".len());
        let what = &what[1..];
        for name in [
            name.to_owned(),
            name.to_ascii_lowercase(),
            name.to_ascii_uppercase(),
            format!("{x}_{session}_{what}"),
            format!("{x}-{session}_{what}").to_ascii_uppercase(),
            format!("{x}_{session}-{what}").to_ascii_lowercase(),
        ] {
            lines.push(format!("{name}: canary"));
        }
    }
    lines
}

/// R37: in any spelling of our headers.
async fn what_a_client_says_of_itself_does_not_reach_the_application(kind: Kind) {
    let site = Site::behind(kind).await;
    let alice = site.alice().await;
    let cookie = format!("Cookie: {}", alice.cookie_header());
    let made_up = made_up();
    let made_up: Vec<&str> = made_up.iter().map(String::as_str).collect();
    let others = ["Forwarded: for=canary", "X-Forwarded-Uri: /canary", "X-Forwarded-Method: CANARY"];
    let underscores = ["Sec_Forward_Auth: canary", "X_Forwarded_Uri: /canary", "X_Of_An_Application: canary"];
    let others =
        [&others[..], &["Sec-Forward-Auth: canary", "X-Forwarded-For: canary"], &underscores].concat();
    for (target, cookie) in [("/orders", Some(&*cookie)), ("/open", Some(&*cookie)), ("/open", None)] {
        let line = format!("GET {target} HTTP/1.1");
        let lines = [&[&*line], cookie.as_slice(), &made_up, &others].concat();
        let answer = send_lines(site.address(), &lines).await.expect_status(200);
        let subject = if cookie.is_some() { "alice" } else { "" };
        assert_eq!(answer.json()["subject"].as_str().unwrap_or_default(), subject);
        assert_eq!(answer.application_header("x-session-subject").concat(), subject);
        let got = answer.application_headers();
        assert!(!got.iter().any(|(_, value)| value.contains("canary")), "{got:?}");
        assert!(!got.iter().any(|(name, _)| name.contains('_')), "{got:?}");
    }
    // nginx has no way to remove what it cannot name, and says so in the book.
    if kind != Kind::Nginx {
        let lines = ["GET /open HTTP/1.1", "X-Session-Role: canary"];
        let answer = send_lines(site.address(), &lines).await.expect_status(200);
        assert!(!answer.text.contains("canary"), "{answer:?}");
    }
}

/// R37: PHP reads a dot as an underscore, CGI whatever is no letter (CVE-2026-88011).
async fn a_name_that_is_read_as_another_does_not_reach_the_application(kind: Kind) {
    let site = Site::behind(kind).await;
    for odd in "!#$%&'*+.^_`|~".chars() {
        for name in
            [format!("X{odd}Session{odd}Subject"), format!("X-Session{odd}Subject"), format!("A{odd}B")]
        {
            let line = format!("{name}: canary");
            let answer = send_lines(site.address(), &["GET /open HTTP/1.1", &line]).await;
            assert!(matches!(answer.status, 200 | 400), "{name}: {answer:?}");
            assert!(!answer.text.contains("canary"), "{name}: {answer:?}");
        }
    }
}

/// R37. Its path and method are not what the client says in headers.
async fn a_request_is_what_the_proxy_says_it_is(kind: Kind) {
    let site = Site::behind(kind).await;
    let made_up = ["X-Forwarded-Uri: /open", "X-Forwarded-Method: GET", "X-Original-URL: /open"];
    let request = [&["GET /orders HTTP/1.1"], &made_up[..]].concat();
    send_lines(site.address(), &request).await.expect_no_session("absent");
    let shown = ["GET /orders HTTP/1.1", "X-Forwarded-Uri: /elsewhere", "Accept: text/html"];
    let answer = send_lines(site.address(), &shown).await.expect_status(303);
    assert_eq!(answer.header("location"), "/_session/login?next=/orders");
    let form = ["POST /orders HTTP/1.1", "X-Forwarded-Method: GET", "Accept: text/html", "Content-Length: 0"];
    let answer = send_lines(site.address(), &form).await.expect_status(303);
    assert_eq!(answer.header("location"), "/_session/login");
}

/// R37: a proxy drops the headers that `Connection` names (RFC 9110 §7.6.1).
async fn a_client_cannot_have_headers_dropped_on_their_way(kind: Kind) {
    let site = Site::behind(kind).await;
    let alice = site.alice().await;
    let cookie = format!("Cookie: {}", alice.cookie_header());
    let named = "Connection: close, X-Session-Subject, X-Session-Statement, X-Forwarded-Uri, X-Forwarded-For";
    let answer = send_lines(site.address(), &["GET /orders HTTP/1.1", &cookie, named]).await;
    // Envoy has nothing to do with such a request.
    if kind == Kind::Envoy {
        answer.expect_status(400);
    } else {
        let answer = answer.expect_status(200);
        assert_eq!(answer.json()["subject"], "alice");
        assert_eq!(answer.application_header("x-session-subject"), ["alice"]);
        assert_eq!(answer.application_header("x-forwarded-for"), ["127.0.0.9"]);
        assert!(!answer.text.contains(alice.cookie("__Host-session")), "{answer:?}");
    }
    let named = "Connection: close, Sec-Forward-Auth, Cookie";
    let answer = send_lines(site.address(), &["GET /orders HTTP/1.1", &cookie, named]).await;
    assert!(!answer.text.contains(alice.cookie("__Host-session")), "{answer:?}");
}

/// As many as HAProxy takes at all, of each header that the answer depends on.
async fn many_lines_of_a_header_let_nobody_in_and_end_nothing(kind: Kind) {
    let site = Site::behind(kind).await;
    for name in ["Cookie", "Accept", "Sec-Fetch-Dest", "Session-Activity", "X-Forwarded-For"] {
        let line = format!("{name}: a");
        let lines: Vec<&str> = std::iter::once("GET /orders HTTP/1.1").chain([&*line; 98]).collect();
        let answer = send_lines(site.address(), &lines).await;
        assert!(matches!(answer.status, 400 | 401 | 431), "{name}: {answer:?}");
        send_lines(site.address(), &lines[..1]).await.expect_no_session("absent");
    }
}

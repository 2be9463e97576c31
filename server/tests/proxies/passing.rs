//! What the application gets, and its clients get from it.

use reqwest::Method;

use crate::client::send_lines;
use crate::on_every_proxy;
use crate::proxy::Kind;
use crate::site::Site;

on_every_proxy!(
    the_application_is_told_whose_a_request_is_and_verifies_it,
    the_secret_of_a_session_stays_with_the_server,
    a_path_for_everybody_is_told_nobody,
    the_application_answers_for_itself,
);

async fn the_application_is_told_whose_a_request_is_and_verifies_it(kind: Kind) {
    let site = Site::behind(kind).await;
    let mut alice = site.alice().await;
    let session = alice.get("/_session/session").await.expect_status(200).json();
    let request = alice.request(Method::POST, "/orders/a%20b/%2F7?a=b%26&c=").body("an order");
    let answer = alice.send(request).await.expect_status(200);
    let told = answer.json();
    assert_eq!((&told["subject"], &told["session_id"]), (&"alice".into(), &session["session_id"]));
    assert_eq!((&told["method"], &told["target"]), (&"POST".into(), &"/orders/a%20b/%2F7?a=b%26&c=".into()));
    assert_eq!(told["received"], "an order".len());
    assert_eq!(answer.application_header("x-session-subject"), ["alice"]);
    assert_eq!(answer.application_header("x-session-id"), [session["session_id"].as_str().unwrap()]);
    assert_eq!(answer.application_header("x-session-statement").len(), 1);
    assert_eq!(answer.application_header("x-forwarded-for"), ["127.0.0.9"]);
}

/// R39: the application gets every other cookie.
async fn the_secret_of_a_session_stays_with_the_server(kind: Kind) {
    let site = Site::behind(kind).await;
    let mut alice = site.alice().await;
    // Only ours, which the application is to get nothing of.
    let answer = alice.get("/orders").await.expect_status(200);
    assert!(answer.application_header("cookie").concat().is_empty(), "{answer:?}");
    // By now the application has set one itself.
    alice.set_cookie("a", "b");
    let answer = alice.get("/orders").await.expect_status(200);
    assert_eq!(answer.application_header("cookie"), ["a=b; theme=dark"]);
    assert!(!answer.text.contains(alice.cookie("__Host-session")), "{answer:?}");
}

async fn a_path_for_everybody_is_told_nobody(kind: Kind) {
    let site = Site::behind(kind).await;
    let mut stranger = site.client();
    let answer = stranger.get("/open/a.css").await.expect_status(200);
    assert_eq!(answer.json()["subject"], serde_json::Value::Null);
    assert_eq!(answer.set_cookies(), ["theme=dark"]);
    let answer = site.alice().await.get("/open").await;
    assert_eq!(answer.json()["subject"], "alice");
    assert_eq!(answer.set_cookies(), ["theme=dark"], "a cache may keep it");
    // An application might take these for another path, or does get another.
    for path in ["/open/../orders", "/open/%2e%2e/orders", "/open//x", "/open;/orders", "/open\\..\\orders"] {
        let answer = send_lines(site.address(), &[&format!("GET {path} HTTP/1.1")]).await;
        if (kind, path) == (Kind::Traefik, "/open//x") {
            // It takes out what is empty before it asks, and for the application as well.
            assert_eq!(answer.expect_status(200).json()["target"], "/open/x");
        } else {
            assert!(matches!(answer.status, 400 | 401), "{path}: {answer:?}");
        }
    }
}

async fn the_application_answers_for_itself(kind: Kind) {
    let site = Site::behind(kind).await;
    let mut alice = site.alice().await;
    let answer = alice.get("/orders").await.expect_status(200);
    // A statement is good for five minutes, and so is its cookie.
    let cookies = answer.set_cookies();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    assert!(cookies.contains(&"theme=dark"), "{cookies:?}");
    assert!(cookies.iter().any(|cookie| cookie.starts_with("__Host-session-statement=ey")), "{cookies:?}");
    assert_eq!(answer.header("content-type"), "application/json");
    for name in ["x-session-subject", "x-session-id", "x-session-statement", "cookie"] {
        assert!(!answer.headers.contains_key(name), "{name}");
    }
    // What it refuses itself is its own answer, and no way to the sign-in page.
    let refused = alice.show("/refused").await.expect_status(401);
    assert_eq!(refused.header("www-authenticate"), "Basic");
}

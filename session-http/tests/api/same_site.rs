use reqwest::Method;
use serde_json::json;

use crate::fleet::{Fleet, PASSWORD};
use crate::on_every_store;

on_every_store!(
    a_request_that_another_site_made_changes_nothing,
    a_browser_without_fetch_metadata_is_judged_by_its_origin,
    reading_is_free_of_it,
);

const CHANGES: [(Method, &str); 8] = [
    (Method::POST, "/login"),
    (Method::POST, "/logout"),
    (Method::POST, "/session/renew"),
    (Method::POST, "/session/reauthenticate"),
    (Method::PUT, "/session/data"),
    (Method::PATCH, "/session/data"),
    (Method::DELETE, "/sessions"),
    (Method::DELETE, "/sessions/AAAAAAAAAAAAAAAAAAAAAA"),
];

/// R34: login and log-out too, and no origin outweighs what the browser says.
async fn a_request_that_another_site_made_changes_nothing(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    for (method, path) in CHANGES {
        for site in ["cross-site", "same-site", "", "Same-Origin"] {
            let request = browser.request(method.clone(), path).header("Sec-Fetch-Site", site);
            // An origin of ours does not outweigh it.
            let request = request.header("Origin", "https://app.example").json(&json!({ "a": 1 }));
            let answer = browser.send(request).await.expect_status(403);
            assert_eq!(answer.json()["code"], "cross_site");
        }
        let twice = browser.request(method, path).header("Sec-Fetch-Site", "same-origin");
        browser.send(twice.header("Sec-Fetch-Site", "same-origin")).await.expect_status(403);
    }
    browser.get("/session").await.expect_status(200);
    let login = json!({ "username": "alice", "password": PASSWORD });
    for site in ["same-origin", "none"] {
        let request = browser.request(Method::POST, "/login").header("Sec-Fetch-Site", site).json(&login);
        browser.send(request).await.expect_status(200);
    }
}

/// R34: which has to be ours, or that of the host.
async fn a_browser_without_fetch_metadata_is_judged_by_its_origin(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let host = fleet.servers[0].address.to_string();
    let origins = [
        ("https://app.example".to_owned(), 200),
        (format!("http://{host}"), 200),
        ("https://evil.example".to_owned(), 403),
        ("http://app.example".to_owned(), 403),
        (format!("http://{host}.evil.example"), 403),
        ("null".to_owned(), 403),
        (String::new(), 403),
    ];
    for (origin, status) in origins {
        let request = browser.request(Method::POST, "/session/renew").header("Origin", &origin);
        let answer = browser.send(request).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}

/// R34: and so reading must change nothing.
async fn reading_is_free_of_it(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    for path in ["/session", "/session/data", "/sessions"] {
        let request = browser.request(Method::GET, path).header("Sec-Fetch-Site", "cross-site");
        browser.send(request).await.expect_status(200);
    }
}

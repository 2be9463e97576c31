//! What a browser sends on behalf of another site changes nothing, at our routes and at the
//! application's.

use reqwest::Method;
use serde_json::json;

use crate::on_both;
use crate::site::Site;

on_both!(another_sites_requests_change_nothing);

/// R34: at our routes and at the application's.
async fn another_sites_requests_change_nothing(site: Site) {
    let mut browser = site.alice().await;
    for path in ["/cart", "/todos", "/plan", "/login", "/logout", "/session/renew"] {
        let forged = browser.request(Method::POST, path).header("Sec-Fetch-Site", "cross-site");
        let refused = browser.send(forged.json(&json!("forged"))).await.expect_problem(403, "cross_site");
        assert_eq!(refused.set_cookies(), [], "{path}");
        let by_origin = browser.request(Method::POST, path).header("Origin", "https://evil.example");
        browser.send(by_origin.json(&json!("forged"))).await.expect_problem(403, "cross_site");
    }
    assert_eq!(browser.get("/session/data").await.expect(200).json(), json!({}));
    let ours = browser.request(Method::POST, "/todos").header("Sec-Fetch-Site", "same-origin");
    browser.send(ours.json(&json!("mine"))).await.expect(200);
    let read = browser.request(Method::GET, "/todos").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(browser.send(read).await.expect(200).json(), json!(["mine"]));
}

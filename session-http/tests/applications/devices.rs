//! Our routes beside the application's: a subject's devices, and where they are.

use std::time::Duration;

use serde_json::{Value, json};
use session_http::Limits;

use crate::browser::Browser;
use crate::on_both;
use crate::site::{Site, behind_a_proxy};

on_both!(
    another_device_is_ended_only_with_a_recent_login,
    a_clients_address_is_its_peers_unless_a_trusted_proxy_says_otherwise,
);

const LONGER_THAN_A_LOGIN_IS_RECENT: Duration = Duration::from_secs(6 * 60);

/// R31: by a password, or by an application's own login.
async fn another_device_is_ended_only_with_a_recent_login(site: Site) {
    let (mut here, mut there) = (site.alice().await, site.alice().await);
    assert_eq!(devices(&mut here).await.len(), 2);
    site.clock.advance(LONGER_THAN_A_LOGIN_IS_RECENT);
    let path = format!("/sessions/{}", there.session_id());
    here.delete(&path).await.expect_problem(403, "reauthentication_required");
    let again = json!({ "password": "correct horse battery staple" });
    here.post("/session/reauthenticate", &again).await.expect(200);
    here.delete(&path).await.expect(204);
    there.get("/todos").await.expect_problem(401, "no_session");
    assert_eq!(devices(&mut here).await.len(), 1);

    // A login of the application's own counts as much.
    let (mut bob, mut elsewhere) = (site.stranger(), site.stranger());
    elsewhere.sign_in_elsewhere("bob").await.expect(303);
    bob.sign_in_elsewhere("bob").await.expect(303);
    here.delete(&format!("/sessions/{}", bob.session_id())).await.expect_problem(404, "no_such_session");
    bob.delete("/sessions?keep=current").await.expect(204);
    elsewhere.get("/session").await.expect_problem(401, "no_session");
    bob.get("/session").await.expect(200);
}

/// R37, R65: for an application as for our routes.
async fn a_clients_address_is_its_peers_unless_a_trusted_proxy_says_otherwise(site: Site) {
    let proxied = site.serve(behind_a_proxy, Limits::default()).await;
    for (server, address) in [(site.address, "127.0.0.1"), (proxied, "192.0.2.7")] {
        // Signed in by the application itself, which sees the address as our routes do.
        let mut browser = Browser::at(server).saying(("X-Forwarded-For", "198.51.100.1, 192.0.2.7"));
        browser.sign_in_elsewhere("dave").await.expect(303);
        assert_eq!(devices(&mut browser).await[0]["client"]["ip"], address);
        browser.post("/logout", &json!({})).await.expect(204);
        browser.log_in("alice").await.expect(200);
        assert_eq!(devices(&mut browser).await[0]["client"]["ip"], address);
        browser.post("/logout", &json!({})).await.expect(204);
    }
}

async fn devices(browser: &mut Browser) -> Vec<Value> {
    browser.get("/sessions").await.expect(200).json()["sessions"].as_array().unwrap().clone()
}

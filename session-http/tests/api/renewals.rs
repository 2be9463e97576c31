//! Who crosses a renewal is not told that it is logged out (R72).

use serde_json::json;

use crate::fleet::{Fleet, PASSWORD};
use crate::on_every_store;

on_every_store!(
    requests_that_cross_a_renewal_are_not_told_that_they_are_logged_out,
    the_old_cookie_opens_nothing,
    another_tab_goes_on_with_the_new_cookie,
    a_renewed_session_is_one_in_the_list,
    ending_the_others_spares_the_successor_of_the_one_that_is_kept,
    two_logins_in_one_browser_at_once_are_both_good,
    two_renewals_at_once_leave_one_session,
);

/// R72: reads, writes and lists, on every server.
async fn requests_that_cross_a_renewal_are_not_told_that_they_are_logged_out(fleet: Fleet) {
    for _ in 0..5 {
        let browser = fleet.alice().await;
        let mut requests = tokio::task::JoinSet::new();
        for number in 0..20 {
            let mut tab = browser.led_to(fleet.servers[number % fleet.servers.len()].address);
            requests.spawn(async move {
                match number {
                    10 => tab.post("/session/renew", json!({})).await.status,
                    number if number % 4 == 0 => {
                        tab.patch("/session/data", json!({ "a": number })).await.status
                    }
                    number if number % 4 == 1 => tab.get("/session/data").await.status,
                    number if number % 4 == 2 => tab.get("/sessions").await.status,
                    _ => tab.get("/session").await.status,
                }
            });
        }
        for status in requests.join_all().await {
            assert!([200, 409].contains(&status), "{status}");
        }
    }
}

/// R72, R80: it is told why, keeps the newer cookie, and logs nobody out.
async fn the_old_cookie_opens_nothing(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let mut old = browser.clone();
    browser.post("/session/renew", json!({})).await.expect_status(200);
    for path in ["/session", "/session/data", "/sessions"] {
        let answer = old.get(path).await.expect_status(409);
        assert_eq!(answer.json()["code"], "session_renewed");
        assert_eq!(answer.set_cookies(), Vec::<String>::new(), "the newer cookie stays");
    }
    for path in ["/session/renew", "/logout"] {
        old.post(path, json!({})).await.expect_status(409);
    }
    old.post("/session/reauthenticate", json!({ "password": PASSWORD })).await.expect_status(409);
    old.patch("/session/data", json!({ "a": 1 })).await.expect_status(409);
    old.delete("/sessions").await.expect_status(409);
    browser.get("/session").await.expect_status(200);
    fleet.advance(std::time::Duration::from_secs(61));
    old.get("/session").await.expect_no_session("ended");
    browser.get("/session").await.expect_status(200);
}

/// R72: with all that was in the session.
async fn another_tab_goes_on_with_the_new_cookie(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    browser.patch("/session/data", json!({ "cart": ["book"] })).await.expect_status(200);
    let mut tab = browser.clone();
    browser.post("/session/renew", json!({})).await.expect_status(200);
    tab.get("/session/data").await.expect_status(409);
    tab.cookie.clone_from(&browser.cookie);
    assert_eq!(tab.get("/session/data").await.expect_status(200).json(), json!({ "cart": ["book"] }));
}

/// R27: under its latest ID.
async fn a_renewed_session_is_one_in_the_list(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    for _ in 0..3 {
        browser.post("/session/renew", json!({})).await.expect_status(200);
    }
    let listed = browser.get("/sessions").await.expect_status(200).json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["sessions"][0]["current"], true);
}

/// R72: nobody ends the session that was to stay.
async fn ending_the_others_spares_the_successor_of_the_one_that_is_kept(fleet: Fleet) {
    for _ in 0..10 {
        let mut browser = fleet.alice().await;
        let mut other = fleet.alice().await;
        let mut tab = browser.led_to(fleet.servers[1 % fleet.servers.len()].address);
        let (renewed, ended) =
            tokio::join!(tab.post("/session/renew", json!({})), browser.delete("/sessions?keep=current"));
        if ended.status == 204 {
            other.get("/session").await.expect_no_session("ended");
        }
        match renewed.status {
            200 => drop(tab.get("/session").await.expect_status(200)),
            409 => drop(browser.get("/session").await.expect_status(200)),
            _ => panic!("{renewed:?}"),
        }
        tab.delete("/sessions").await;
    }
}

/// R72: a double click logs nobody out.
async fn two_logins_in_one_browser_at_once_are_both_good(fleet: Fleet) {
    for _ in 0..5 {
        let browser = fleet.alice().await;
        let (mut first, mut second) = (browser.clone(), browser.led_to(fleet.servers[1].address));
        let (one, other) = tokio::join!(first.log_in("alice", PASSWORD), second.log_in("alice", PASSWORD));
        assert_eq!((one.status, other.status), (200, 200));
        first.get("/session").await.expect_status(200);
        second.get("/session").await.expect_status(200);
        browser.clone().get("/session").await.expect_no_session("ended");
    }
}

/// R30: one wins, and the other hears of it.
async fn two_renewals_at_once_leave_one_session(fleet: Fleet) {
    for _ in 0..5 {
        let browser = fleet.alice().await;
        let (mut first, mut second) = (browser.clone(), browser.led_to(fleet.servers[1].address));
        let (one, other) =
            tokio::join!(first.post("/session/renew", json!({})), second.post("/session/renew", json!({})));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let mut winner = if one.status == 200 { first } else { second };
        let listed = winner.get("/sessions").await.expect_status(200).json();
        assert_eq!(listed["sessions"].as_array().unwrap().len(), 1, "{listed}");
        winner.log_out().await.expect_status(204);
    }
}

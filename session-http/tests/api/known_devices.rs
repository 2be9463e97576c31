//! Strangers who guess keep nobody out, and nobody's right password is held against another (R66).

use serde_json::json;

use crate::fleet::{Fleet, LIMITS, PASSWORD};
use crate::on_every_store;

on_every_store!(
    a_device_on_which_somebody_signed_in_is_not_kept_out_by_strangers,
    a_device_has_as_many_attempts_as_a_stranger,
    a_device_is_known_for_the_name_that_signed_in_there,
    many_right_passwords_at_once_are_never_too_many_attempts,
    a_thief_of_the_cookie_cannot_keep_the_owner_from_reauthenticating,
    who_hangs_up_has_made_no_attempt,
);

/// R66: on any server.
async fn a_device_on_which_somebody_signed_in_is_not_kept_out_by_strangers(fleet: Fleet) {
    let mut owner = fleet.alice().await.that_is_known_again();
    for _ in 0..LIMITS.per_account * 2 {
        fleet.browser().log_in("alice", "guess").await;
    }
    fleet.browser().log_in("alice", PASSWORD).await.expect_status(429);
    for server in &fleet.servers {
        owner = owner.led_to(server.address);
        owner.log_in("alice", PASSWORD).await.expect_status(200);
    }
}

/// R66, R43: whoever has taken one away guesses no more often by it.
async fn a_device_has_as_many_attempts_as_a_stranger(fleet: Fleet) {
    let mut device = fleet.alice().await.that_is_known_again();
    for _ in 0..LIMITS.per_account {
        device.log_in("alice", "guess").await.expect_status(401);
    }
    device.log_in("alice", PASSWORD).await.expect_status(429);
    // Another device, and whoever has none, is not concerned.
    fleet.browser().log_in("alice", PASSWORD).await.expect_status(200);
}

/// R66: and for no other.
async fn a_device_is_known_for_the_name_that_signed_in_there(fleet: Fleet) {
    let mut device = fleet.alice().await.that_is_known_again();
    for _ in 0..LIMITS.per_account {
        fleet.browser().log_in("bob", "guess").await.expect_status(401);
    }
    device.log_in("bob", PASSWORD).await.expect_status(429);
    device.log_in("alice", PASSWORD).await.expect_status(200);
}

/// R66: in flight they are held against nobody.
async fn many_right_passwords_at_once_are_never_too_many_attempts(fleet: Fleet) {
    let mut logins = tokio::task::JoinSet::new();
    for number in 0..200 {
        let mut browser = fleet.browser().led_to(fleet.servers[number % fleet.servers.len()].address);
        logins.spawn(async move { browser.log_in("alice", PASSWORD).await });
    }
    let answers = logins.join_all().await;
    for answer in &answers {
        if answer.status == 503 {
            // Where the machine is busy with all this, the store may be late too.
            let code = answer.json()["code"].clone();
            assert!(code == "busy" || code == "store_unavailable", "{answer:?}");
            assert!(answer.header("retry-after").parse::<u64>().unwrap() <= 5);
        } else {
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
    assert!(answers.iter().any(|answer| answer.status == 200));
    fleet.browser().log_in("alice", PASSWORD).await.expect_status(200);
}

/// R66: attempts at that count by session, and a new ID gives no new ones.
async fn a_thief_of_the_cookie_cannot_keep_the_owner_from_reauthenticating(fleet: Fleet) {
    let mut owner = fleet.alice().await.that_is_known_again();
    let mut thief = owner.clone();
    thief.forget_the_device();
    let mut statuses = Vec::new();
    for _ in 0..LIMITS.per_account + 2 {
        // A new ID gives no new attempts, and the owner's tab has the new cookie too.
        thief.post("/session/renew", json!({})).await.expect_status(200);
        owner.cookie.clone_from(&thief.cookie);
        statuses.push(thief.post("/session/reauthenticate", json!({ "password": "guess" })).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count() as u64, LIMITS.per_account);
    assert!(statuses.ends_with(&[429, 429]));
    owner.post("/session/reauthenticate", json!({ "password": PASSWORD })).await.expect_status(200);
    owner.delete("/sessions?keep=current").await.expect_status(204);
    owner.get("/session").await.expect_status(200);
    fleet.browser().log_in("alice", PASSWORD).await.expect_status(200);
}

/// R66: what was not judged was not wrong.
async fn who_hangs_up_has_made_no_attempt(fleet: Fleet) {
    for _ in 0..LIMITS.per_account * 3 {
        let mut browser = fleet.browser();
        let login = browser.log_in("alice", PASSWORD);
        // Before the password can have been looked at, or in the middle of it.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(3), login).await;
    }
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let answer = fleet.browser().log_in("alice", PASSWORD).await;
        match answer.status {
            200 => return,
            // Some of those attempts are still under way.
            503 => assert!(std::time::Instant::now() < patience, "{answer:?}"),
            _ => panic!("{answer:?}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

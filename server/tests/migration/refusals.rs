//! What must not go on does not.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use session_testing::calls;

use crate::browser::Browser;
use crate::machine::PASSWORD;
use crate::site::{Site, until};
use crate::with_every_library;

with_every_library! {
    who_has_logged_out_stays_so,
    who_has_not_signed_in_is_left_alone,
    a_cookie_that_nobody_was_given_is_worth_nothing,
    ending_all_sessions_ends_those_of_the_other_library,
    who_has_another_password_by_now_signs_in_with_it,
    who_is_not_among_the_subjects_is_left_alone,
    a_store_in_trouble_is_a_doubt,
}

mod of_express {
    crate::with_library!(Express: a_cookie_that_is_written_otherwise_is_the_same);
}

mod of_django {
    crate::with_library!(Django: who_has_another_password_there_signs_in_with_it);
}

/// Also when the application, late, writes once more what it had read.
async fn who_has_logged_out_stays_so(site: Site) {
    let before = site.alice().await;
    let [key] = &site.legacy_keys()[..] else { panic!("one session") };
    let _: u64 = site.redis.run(&["COPY", key, "session:as-it-was"]);
    let mut alice = before.clone();
    alice.get(&site.server, "/session").await.expect_status(200);
    alice.post(&site.server, "/logout").await.expect_status(204);
    for is_written_once_more in [false, true] {
        if is_written_once_more {
            let _: u64 = site.redis.run(&["COPY", "session:as-it-was", key]);
        }
        let mut thief = before.clone();
        let answer = thief.get(&site.server, "/session").await.expect_status(401);
        assert_eq!(answer.json["reason"], "absent");
        assert_eq!((thief.ours(), thief.cookie(site.library.cookie_name())), (None, None));
        assert_eq!(site.legacy_keys(), [""; 0]);
    }
}

async fn who_has_not_signed_in_is_left_alone(site: Site) {
    let mut stranger = Browser::default();
    stranger.post(&site.application, "/cart/book").await.expect_status(204);
    let (before, keys) =
        (stranger.cookie(site.library.cookie_name()).unwrap().to_owned(), site.legacy_keys());
    let answer = stranger.get(&site.server, "/session").await.expect_status(401);
    assert_eq!(answer.set_cookies(), [""; 0]);
    assert_eq!(stranger.cookie(site.library.cookie_name()), Some(&*before));
    assert_eq!(site.legacy_keys(), keys);
}

async fn a_cookie_that_nobody_was_given_is_worth_nothing(site: Site) {
    let mut stranger = Browser::default();
    stranger.put(site.library.cookie_name(), &site.library.forged_cookie());
    let before = site.redis.commandstats();
    stranger.get(&site.server, "/session").await.expect_status(401);
    // Of one that is signed it is known without the store that it is forged (R3); else that takes two questions.
    let costs = if site.library.signs_cookies() { calls([]) } else { calls([("get", 2)]) };
    assert_eq!(site.redis.requested_since(&before), costs);
    assert_eq!(site.sessions(), 0);
    // Of two nobody can say which was meant.
    let alice = site.alice().await;
    let name = site.library.cookie_name();
    let both = format!("{}; {name}={}", site.library.forged_cookie(), alice.cookie(name).unwrap());
    stranger.put(name, &both);
    stranger.get(&site.server, "/session").await.expect_status(if site.library.signs_cookies() {
        200
    } else {
        401
    });
}

/// On another device, whose session is not known to us yet.
async fn ending_all_sessions_ends_those_of_the_other_library(site: Site) {
    let mut stolen = site.alice().await;
    let mut alice = Browser::default();
    alice.put("__Host-session", &site.server.log_in("alice").await.cookie);
    alice.ask(Method::DELETE, &site.server, "/sessions?keep=current").await.expect_status(204);
    stolen.get(&site.server, "/session").await.expect_status(401);
    assert_eq!((stolen.ours(), site.legacy_keys()), (None, vec![]));
    alice.get(&site.server, "/session").await.expect_status(200);
}

/// Nobody knows whether the other sessions began before, nor whether one that was taken over did.
async fn who_has_another_password_by_now_signs_in_with_it(site: Site) {
    let (mut before, mut alice) = (site.alice().await, site.alice().await);
    before.get(&site.server, "/session").await.expect_status(200);
    site.machine.enter(&["user", "set-password", "alice", "--password-stdin"], PASSWORD).expect_success();
    before.get(&site.server, "/session").await.expect_status(401);
    // The server looks for such changes once a second.
    until(|| site.redis.run::<u64>(&["EXISTS", "legacy-barred:alice"]) == 1).await;
    alice.get(&site.server, "/session").await.expect_status(401);
    assert_eq!(site.legacy_keys(), [""; 0]);
}

async fn who_is_not_among_the_subjects_is_left_alone(site: Site) {
    // Of a server that is started by now.
    site.machine.write("subjects.json", &json!({ "7": "carol" }).to_string());
    let store = site.redis.url();
    let mut flags = vec!["--store", &store, "--legacy-sessions", site.library.name()];
    flags.extend(["--legacy-subjects", "subjects.json"]);
    if site.library.signs_cookies() {
        flags.extend(["--legacy-secrets", "secrets"]);
    }
    let server = site.machine.serve(&flags).await;
    let mut alice = site.alice().await;
    alice.get(&server, "/session").await.expect_status(401);
    assert_eq!(site.legacy_keys().len(), 1);
    // The log is written a moment later.
    until(|| site.machine.read("log").contains("is not among the legacy subjects")).await;
}

async fn a_store_in_trouble_is_a_doubt(site: Site) {
    let mut alice = site.alice().await;
    site.redis.stop();
    let answer = alice.get(&site.server, "/session").await.expect_status(503);
    assert_eq!(answer.set_cookies(), [""; 0]);
    let page = alice.get(&site.server, "/").await.expect_status(200);
    assert!(page.text.contains("\"session\": \"unknown\""), "{page:?}");
    site.redis.resume();
    for _ in 0..100 {
        if alice.get(&site.server, "/session").await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the session is lost");
}

/// It was percent-encoded, and need not be: else each spelling would have a session, and a log-out end one.
async fn a_cookie_that_is_written_otherwise_is_the_same(site: Site) {
    let (mut alice, name) = (site.alice().await, site.library.cookie_name());
    let mut other = alice.clone();
    let plain = alice.cookie(name).unwrap().replace("%3A", ":").replace("%2B", "+").replace("%2F", "/");
    other.put(name, &plain);
    let first = alice.get(&site.server, "/session").await.expect_status(200);
    let second = other.get(&site.server, "/session").await.expect_status(200);
    assert_eq!(first.json["session_id"], second.json["session_id"]);
    assert_eq!(alice.ours(), other.ours());
}

/// As Django itself would refuse it.
async fn who_has_another_password_there_signs_in_with_it(site: Site) {
    let mut alice = site.alice().await;
    Browser::default().get(&site.application, "/password/42/another").await.expect_status(204);
    let server = site.another_server().await;
    alice.get(&server, "/session").await.expect_status(401);
    assert_eq!(alice.ours(), None);
}

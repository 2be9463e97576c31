use std::time::Duration;

use serde_json::json;
use session_core::SessionId;

use crate::fleet::{Fleet, LIMITS, PASSWORD, START};
use crate::on_every_store;

on_every_store!(
    a_login_gives_a_session_and_its_cookie,
    a_stranger_learns_nothing_from_a_refusal,
    an_account_that_nobody_has_is_limited_as_any_other,
    a_login_ends_the_session_before_it_on_every_server,
    a_form_leads_to_a_local_page,
    a_refused_form_leads_to_its_message,
    attempts_are_counted_over_all_servers_and_forgotten,
    right_passwords_use_up_no_attempts,
    a_login_that_could_not_be_judged_uses_up_no_attempt,
    a_body_that_is_not_a_login_is_refused_without_being_quoted,
);

/// R15, R16: with these attributes and no others.
async fn a_login_gives_a_session_and_its_cookie(fleet: Fleet) {
    let mut browser = fleet.browser();
    let answer = browser.log_in("alice", PASSWORD).await.expect_status(200);
    let view = answer.json();
    assert_eq!(view["subject"], "alice");
    assert!(view["session_id"].as_str().unwrap().parse::<SessionId>().is_ok());
    assert_eq!(answer.time("created_at"), START.as_secs());
    assert_eq!(answer.time("authenticated_at"), START.as_secs());
    assert_eq!(answer.time("idle_expires_at"), START.as_secs() + 30 * 60);
    assert_eq!(answer.time("absolute_expires_at"), START.as_secs() + 12 * 60 * 60);

    let cookies = answer.set_cookies();
    let expected = format!("__Host-session={}; Path=/; Secure; HttpOnly; SameSite=Lax", browser.cookie());
    assert_eq!(cookies[0], expected);

    let statement = view["statement"].as_str().unwrap();
    let keys = browser.get("/.well-known/jwks.json").await.expect_status(200);
    let keys = session_core::StatementKeySet::from_json(&keys.text).unwrap();
    let statement = keys.verify(statement, "https://app.example", START).unwrap();
    assert_eq!(statement.claims().session_id.to_string(), view["session_id"].as_str().unwrap());
    assert_eq!(statement.claims().subject, "alice");
}

/// R26, R41: the same answer whether there is such a user, and no session.
async fn a_stranger_learns_nothing_from_a_refusal(fleet: Fleet) {
    let mut browser = fleet.browser();
    let wrong_password = browser.log_in("alice", "not her password").await.expect_status(401);
    let unknown_user = browser.log_in("nobody", "not her password").await.expect_status(401);
    assert_eq!(wrong_password.text, unknown_user.text);
    let names = |answer: &crate::client::Answer| answer.headers.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&wrong_password), names(&unknown_user));
    assert!(browser.cookie.is_none());
    browser.get("/session").await.expect_no_session("absent");
}

/// R41: too many attempts are told alike, whether there is such a user.
async fn an_account_that_nobody_has_is_limited_as_any_other(fleet: Fleet) {
    let told = async |name: &str| {
        for _ in 0..LIMITS.per_account {
            fleet.browser().log_in(name, "wrong").await.expect_status(401);
        }
        let limited = fleet.browser().log_in(name, PASSWORD).await.expect_status(429);
        (limited.text.clone(), limited.headers.keys().cloned().collect::<Vec<_>>())
    };
    assert_eq!(told("alice").await, told("nobody").await);
}

/// R20: an ID that somebody planted is worth nothing after it.
async fn a_login_ends_the_session_before_it_on_every_server(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let planted = browser.clone();
    browser.log_in("bob", PASSWORD).await.expect_status(200);
    for server in &fleet.servers {
        planted.led_to(server.address).get("/session").await.expect_no_session("ended");
        let seen = browser.led_to(server.address).get("/session").await.expect_status(200);
        assert_eq!(seen.json()["subject"], "bob");
    }
}

/// R38: and to no other site.
async fn a_form_leads_to_a_local_page(fleet: Fleet) {
    let form = |next: &str| format!("username=alice&password={PASSWORD}&next={next}");
    let mut browser = fleet.browser();
    let answer = browser.submit("/login", &form("%2Forders%3Fpage%3D2")).await.expect_status(303);
    assert_eq!(answer.header("location"), "/orders?page=2");
    browser.get("/session").await.expect_status(200);
    // What frameworks add to every form: a token, and the button that was pressed.
    let form_of_a_framework = format!("csrf_token=abc&{}&commit=Sign+in", form("%2Fz%C3%BCrich"));
    let answer = browser.submit("/login", &form_of_a_framework).await.expect_status(303);
    assert_eq!(answer.header("location"), "/z%C3%BCrich");
    let answer = browser.submit("/login", &form("%2F%2Fevil.example")).await.expect_status(303);
    assert_eq!(answer.header("location"), "/");
    let answer = browser.submit("/logout", "").await.expect_status(303);
    assert_eq!(answer.header("location"), "/#signed-out");
    assert!(browser.cookie.is_none());
}

async fn a_refused_form_leads_to_its_message(fleet: Fleet) {
    let mut browser = fleet.browser();
    let answer = browser.submit("/login", "username=alice&password=wrong&next=%2F").await.expect_status(303);
    assert_eq!(answer.header("location"), "/#sign-in-refused");
    for _ in 1..LIMITS.per_account {
        browser.submit("/login", "username=alice&password=wrong").await;
    }
    let answer = browser.submit("/login", "username=alice&password=wrong").await.expect_status(303);
    assert_eq!(answer.header("location"), "/#sign-in-limited");
}

/// R43: who has used them up waits for a while, and not for ever.
async fn attempts_are_counted_over_all_servers_and_forgotten(fleet: Fleet) {
    let mut refused = 0;
    for attempt in 0..LIMITS.per_account * 3 {
        let server = &fleet.servers[attempt as usize % fleet.servers.len()];
        let answer = fleet.browser().led_to(server.address).log_in("alice", "wrong").await;
        match answer.status {
            401 => refused += 1,
            _ => {
                let wait: u64 = answer.header("retry-after").parse().unwrap();
                assert!((1..=LIMITS.window.as_secs()).contains(&wait), "{answer:?}");
                answer.expect_status(429);
            }
        }
    }
    assert_eq!(refused, LIMITS.per_account);
    // Even the right password has to wait, and another account need not.
    fleet.browser().log_in("alice", PASSWORD).await.expect_status(429);
    fleet.browser().log_in("bob", PASSWORD).await.expect_status(200);
    fleet.advance(LIMITS.window + Duration::from_secs(1));
    fleet.browser().log_in("alice", PASSWORD).await.expect_status(200);
}

/// R66: one after the other.
async fn right_passwords_use_up_no_attempts(fleet: Fleet) {
    for _ in 0..LIMITS.per_account * 2 {
        fleet.browser().log_in("alice", PASSWORD).await.expect_status(200);
    }
}

/// R66, R69: our being unable to look is not a wrong password.
async fn a_login_that_could_not_be_judged_uses_up_no_attempt(fleet: Fleet) {
    let path = fleet.directory.path().join("users");
    let users = std::fs::read(&path).unwrap();
    std::fs::write(&path, "garbage").unwrap();
    for _ in 0..LIMITS.per_account * 2 {
        let answer = fleet.browser().log_in("alice", PASSWORD).await.expect_status(503);
        assert_eq!(answer.json()["code"], "users_unavailable");
    }
    std::fs::write(&path, users).unwrap();
    fleet.browser().log_in("alice", PASSWORD).await.expect_status(200);
}

/// R38, R39: of another type, with a member too many, or too long.
async fn a_body_that_is_not_a_login_is_refused_without_being_quoted(fleet: Fleet) {
    let mut browser = fleet.browser();
    for body in [
        json!({ "username": "alice", "password": ["canary"] }),
        json!({ "username": "alice", "password": "canary", "admin": true }),
        json!({ "username": "canary" }),
        json!(["alice", PASSWORD]),
        json!("canary"),
    ] {
        let answer = browser.post("/login", body).await.expect_status(400);
        assert_eq!(answer.json()["code"], "unexpected_body");
        assert!(!answer.text.contains("canary"), "{answer:?}");
    }
    let huge = "x".repeat(17 * 1024);
    browser.log_in("alice", &huge).await.expect_status(413);
    let text = browser.request(reqwest::Method::POST, "/login").header("content-type", "text/plain");
    browser.send(text.body("{}")).await.expect_status(415);
}

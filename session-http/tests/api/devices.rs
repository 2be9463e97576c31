use std::fs;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use session_http::{Places, TrustedProxies};

use crate::client::Browser;
use crate::fleet::{Fleet, IDLE, PASSWORD, REAUTHENTICATE_WITHIN, START};
use crate::on_every_store;

on_every_store!(
    a_session_in_use_was_seen_lately_up_to_its_end,
    devices_are_listed_with_what_they_said_of_themselves,
    each_comes_with_its_place_where_a_database_knows_it,
    one_device_can_be_ended_from_another,
    all_others_or_all_can_be_ended,
    others_are_ended_only_soon_after_the_password,
    somebody_elses_session_looks_absent,
    no_session_survives_that_was_starting_while_all_were_ended,
    no_session_escapes_by_being_renewed_while_all_are_ended,
    a_listed_id_is_no_credential,
);

/// R27. Also when its idle deadline can be pushed no further.
async fn a_session_in_use_was_seen_lately_up_to_its_end(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let step = Duration::from_secs(10 * 60);
    for number in 1..12 * 6 {
        fleet.advance(step);
        browser.get("/session").await.expect_status(200);
        let listed = browser.poll("/sessions").await.expect_status(200).json();
        let seen_at = listed["sessions"][0]["last_seen_at"].as_u64().unwrap();
        assert_eq!(seen_at, START.as_secs() + number * step.as_secs(), "after {number} steps");
    }
}

async fn listed(browser: &mut Browser) -> Vec<Value> {
    let answer = browser.poll("/sessions").await.expect_status(200).json();
    answer["sessions"].as_array().expect("a list").clone()
}

/// R27, R28: and a session that has idled out is no ghost.
async fn devices_are_listed_with_what_they_said_of_themselves(fleet: Fleet) {
    let mut phone = fleet.browser();
    let login = serde_json::json!({ "username": "alice", "password": PASSWORD });
    let request = phone.request(Method::POST, "/login").header("User-Agent", "Phone/1.0");
    phone.send(request.json(&login)).await.expect_status(200);
    fleet.advance(Duration::from_secs(600));
    let mut laptop = fleet.alice().await;
    let sessions = listed(&mut laptop).await;
    assert_eq!(sessions.len(), 2);
    let (current, other) = (&sessions[0], &sessions[1]);
    assert_eq!((&current["current"], &other["current"]), (&Value::Bool(true), &Value::Bool(false)));
    assert_eq!(other["client"], serde_json::json!({ "ip": "127.0.0.1", "user_agent": "Phone/1.0" }));
    assert_eq!(other["created_at"], START.as_secs());
    assert_eq!(other["last_seen_at"], START.as_secs());
    assert_eq!(current["last_seen_at"], START.as_secs() + 600);
    fleet.advance(IDLE - Duration::from_secs(600));
    assert_eq!(listed(&mut laptop).await.len(), 1, "an idle session is no ghost");
}

async fn each_comes_with_its_place_where_a_database_knows_it(mut fleet: Fleet) {
    let database = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../testing/places.mmdb")).unwrap();
    let here = TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let places = Places::new(database).unwrap();
    let address = fleet.add_server_that(|app| app.trusted_proxies(here).places(places)).await;
    let login = serde_json::json!({ "username": "alice", "password": PASSWORD });
    for from in ["81.2.69.142", "10.0.0.1"] {
        let mut browser = Browser::at(address);
        let request = browser.request(Method::POST, "/login").header("X-Forwarded-For", from);
        browser.send(request.json(&login)).await.expect_status(200);
        let request = browser.request(Method::GET, "/sessions").header("Accept-Language", "ja, en;q=0.5");
        let listed = browser.send(request).await.expect_status(200).json();
        let current =
            listed["sessions"].as_array().unwrap().iter().find(|session| session["current"] == true);
        let place = current.unwrap()["client"].get("place").cloned();
        let london = serde_json::json!({ "city": "ロンドン", "country": "GB" });
        assert_eq!(place, (from == "81.2.69.142").then_some(london), "{from}");
    }
    let elsewhere = listed(&mut fleet.alice().await).await;
    assert!(elsewhere.iter().all(|session| session["client"].get("place").is_none()), "without a database");
}

/// R27: by its ID, and no other with it.
async fn one_device_can_be_ended_from_another(fleet: Fleet) {
    let (mut phone, mut laptop) = (fleet.alice().await, fleet.alice().await);
    let id = phone.get("/session").await.json()["session_id"].as_str().unwrap().to_owned();
    laptop.delete(&format!("/sessions/{id}")).await.expect_status(204);
    phone.get("/session").await.expect_no_session("ended");
    laptop.get("/session").await.expect_status(200);
    laptop.delete(&format!("/sessions/{id}")).await.expect_status(404);
    laptop.delete("/sessions/not-an-id").await.expect_status(404);
    let own = laptop.get("/session").await.json()["session_id"].as_str().unwrap().to_owned();
    laptop.delete(&format!("/sessions/{own}")).await.expect_status(204);
    assert!(laptop.cookie.is_none());
}

/// R27: and nobody else's.
async fn all_others_or_all_can_be_ended(fleet: Fleet) {
    let (mut first, mut second, mut current) =
        (fleet.alice().await, fleet.alice().await, fleet.alice().await);
    let mut bob = fleet.browser();
    bob.log_in("bob", PASSWORD).await.expect_status(200);
    current.delete("/sessions?keep=everything").await.expect_status(400);
    current.delete("/sessions?keep=current").await.expect_status(204);
    first.get("/session").await.expect_no_session("ended");
    second.get("/session").await.expect_no_session("ended");
    current.get("/session").await.expect_status(200);
    let same = current.clone();
    current.delete("/sessions").await.expect_status(204);
    assert!(current.cookie.is_none());
    same.led_to(fleet.servers[1].address).get("/session").await.expect_no_session("ended");
    bob.get("/session").await.expect_status(200);
}

/// R31, ASVS 5.0 V7.5.2: whoever finds a browser open must not lock its owner out everywhere else.
async fn others_are_ended_only_soon_after_the_password(fleet: Fleet) {
    let (mut phone, mut laptop) = (fleet.alice().await, fleet.alice().await);
    let id = phone.get("/session").await.json()["session_id"].as_str().unwrap().to_owned();
    let others = [format!("/sessions/{id}"), "/sessions?keep=current".to_owned(), "/sessions".to_owned()];
    fleet.advance(REAUTHENTICATE_WITHIN + Duration::from_secs(1));
    for path in &others {
        let refused = laptop.delete(path).await.expect_status(403);
        assert_eq!(refused.json()["code"], "reauthentication_required", "{path}");
    }
    phone.get("/session").await.expect_status(200);

    laptop
        .post("/session/reauthenticate", serde_json::json!({ "password": PASSWORD }))
        .await
        .expect_status(200);
    fleet.advance(REAUTHENTICATE_WITHIN);
    laptop.delete(&others[0]).await.expect_status(204);
    phone.get("/session").await.expect_no_session("ended");

    fleet.advance(Duration::from_secs(1));
    let own = laptop.get("/session").await.json()["session_id"].as_str().unwrap().to_owned();
    laptop.delete(&format!("/sessions/{own}")).await.expect_status(204);
    assert!(laptop.cookie.is_none(), "one's own session ends without a password");
}

/// R27: an ID is no right to end it.
async fn somebody_elses_session_looks_absent(fleet: Fleet) {
    let mut alice = fleet.alice().await;
    let id = alice.get("/session").await.json()["session_id"].as_str().unwrap().to_owned();
    let mut bob = fleet.browser();
    bob.log_in("bob", PASSWORD).await.expect_status(200);
    bob.delete(&format!("/sessions/{id}")).await.expect_status(404);
    alice.get("/session").await.expect_status(200);
}

/// R27: whoever was logged in before the end of it, or logging in at that moment, is out.
async fn no_session_survives_that_was_starting_while_all_were_ended(fleet: Fleet) {
    for _ in 0..5 {
        let mut ending = fleet.alice().await;
        let starting: Vec<_> = (0..4)
            .map(|number| {
                let mut browser = fleet.browser().led_to(fleet.servers[number % fleet.servers.len()].address);
                tokio::spawn(async move {
                    let answer = browser.log_in("alice", PASSWORD).await;
                    (answer, std::time::Instant::now(), browser)
                })
            })
            .collect();
        tokio::task::yield_now().await;
        ending.delete("/sessions").await.expect_status(204);
        let ended_at = std::time::Instant::now();
        for task in starting {
            let (answer, finished_at, mut browser) = task.await.unwrap();
            match answer.status {
                200 if finished_at < ended_at => {
                    browser.get("/session").await.expect_no_session("ended");
                }
                // Made after the moment at which all were ended.
                200 | 409 => {}
                _ => panic!("{answer:?}"),
            }
        }
    }
}

/// R27, R44: alone, as a cookie, or in place of the secret.
async fn a_listed_id_is_no_credential(fleet: Fleet) {
    let mut alice = fleet.alice().await;
    let id = listed(&mut alice).await[0]["session_id"].as_str().unwrap().to_owned();
    let mut thief = fleet.browser();
    for value in [id.clone(), format!("v1.c1.{id}"), format!("v1.c1.{id}.{id}.1.2.{id}")] {
        thief.cookie = Some(value);
        thief.get("/session").await.expect_no_session("invalid");
    }
}

/// R27: a thief that renews without a pause is out all the same.
async fn no_session_escapes_by_being_renewed_while_all_are_ended(fleet: Fleet) {
    for _ in 0..5 {
        let mut ending = fleet.alice().await;
        let mut renewers = tokio::task::JoinSet::new();
        for server in &fleet.servers {
            let mut browser = fleet.alice().await.led_to(server.address);
            renewers.spawn(async move {
                loop {
                    let answer = browser.post("/session/renew", serde_json::json!({})).await;
                    match answer.status {
                        // What is answered with a doubt is tried again.
                        200 | 409 | 503 => {}
                        401 => return,
                        _ => panic!("{answer:?}"),
                    }
                }
            });
        }
        ending.delete("/sessions").await.expect_status(204);
        let all = async { while renewers.join_next().await.transpose().unwrap().is_some() {} };
        tokio::time::timeout(Duration::from_secs(30), all).await.expect("every session to end");
    }
}

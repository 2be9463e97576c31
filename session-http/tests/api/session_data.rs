use serde_json::{Value, json};

use crate::client::Browser;
use crate::fleet::Fleet;
use crate::on_every_store;

on_every_store!(
    data_is_replaced_and_merged,
    a_change_to_another_revision_is_refused,
    data_is_an_object_of_bounded_size,
    data_comes_back_as_it_was_given_or_is_refused,
    data_is_never_nested_deeper_than_it_can_be_read,
    a_passive_change_keeps_no_session_alive,
    parallel_patches_of_different_members_are_all_kept,
);

/// R24: a patch changes what it names.
async fn data_is_replaced_and_merged(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let empty = browser.get("/session/data").await.expect_status(200);
    assert_eq!((empty.json(), empty.header("etag")), (json!({}), "\"0\""));
    let put = browser.put("/session/data", json!({ "a": 1, "b": { "c": 2, "d": 3 } })).await;
    assert_eq!(put.expect_status(200).header("etag"), "\"1\"");
    // The example of RFC 7396 §3 in small.
    let patch = json!({ "a": null, "b": { "d": null, "e": [4] }, "f": 5 });
    let patched = browser.patch("/session/data", patch).await.expect_status(200);
    assert_eq!(patched.json(), json!({ "b": { "c": 2, "e": [4] }, "f": 5 }));
    assert_eq!(patched.header("etag"), "\"2\"");
}

/// R24, R74: strongly compared, and nothing is written.
async fn a_change_to_another_revision_is_refused(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    browser.put("/session/data", json!({ "a": 1 })).await.expect_status(200);
    let matching = |tag: &str| {
        browser
            .request(reqwest::Method::PATCH, "/session/data")
            .header("If-Match", tag)
            .json(&json!({ "a": 2 }))
    };
    let (stale, fresh, any) = (matching("\"0\""), matching("\"1\""), matching("*"));
    let (weak, nonsense) = (matching("W/\"1\""), matching("1"));
    assert_eq!(browser.send(stale).await.expect_status(412).json()["code"], "other_revision");
    browser.send(weak).await.expect_status(412);
    browser.send(nonsense).await.expect_status(412);
    assert_eq!(browser.get("/session/data").await.json(), json!({ "a": 1 }));
    browser.send(fresh).await.expect_status(200);
    browser.send(any).await.expect_status(200);
    assert_eq!(browser.get("/session/data").await.header("etag"), "\"3\"");
}

/// R38, R48: up to 64 KiB in all.
async fn data_is_an_object_of_bounded_size(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    for body in [json!([]), json!("text"), json!(7), Value::Null] {
        browser.put("/session/data", body.clone()).await.expect_status(400);
        browser.patch("/session/data", body).await.expect_status(400);
    }
    let large = "x".repeat(15 * 1024);
    for number in 0..4 {
        browser.patch("/session/data", json!({ (number.to_string()): large })).await.expect_status(200);
    }
    let over = browser.patch("/session/data", json!({ "5": large })).await.expect_status(413);
    assert_eq!(over.json()["code"], "data_too_large");
    assert_eq!(browser.get("/session/data").await.header("etag"), "\"4\"");
}

/// R77: with the place of what cannot be kept.
async fn data_comes_back_as_it_was_given_or_is_refused(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let put = |browser: &Browser, body: &'static str| {
        let request = browser.request(reqwest::Method::PUT, "/session/data");
        request.header("Content-Type", "application/json").body(body)
    };
    let good = put(&browser, "{\"id\":18446744073709551615,\"price\":0.1,\"name\":\"\u{1f600}\"}");
    let kept = browser.send(good).await.expect_status(200);
    assert_eq!(kept.text, "{\"id\":18446744073709551615,\"name\":\"\u{1f600}\",\"price\":0.1}");
    for (body, at) in
        [("{\"id\":123456789012345678901}", "line 1, column 7"), ("{\"a\":1,\n\"a\":2}", "line 2, column 5")]
    {
        let refused = put(&browser, body);
        let refused = browser.send(refused).await.expect_status(422);
        assert_eq!(refused.json()["code"], "lossy_data");
        assert!(refused.json()["detail"].as_str().unwrap().ends_with(at), "{refused:?}");
    }
    assert_eq!(browser.get("/session/data").await.text, kept.text);
}

async fn data_is_never_nested_deeper_than_it_can_be_read(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    for depth in 120..135 {
        let body = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        let request = browser.request(reqwest::Method::PUT, "/session/data");
        let request = request.header("Content-Type", "application/json").body(body);
        let answer = browser.send(request).await;
        assert!([200, 400, 413].contains(&answer.status), "{depth}: {answer:?}");
        browser.get("/session/data").await.expect_status(200);
    }
}

async fn a_passive_change_keeps_no_session_alive(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let before = browser.poll("/session").await.time("idle_expires_at");
    fleet.advance(std::time::Duration::from_secs(600));
    let request = browser.request(reqwest::Method::PATCH, "/session/data");
    let request = request.header("Session-Activity", "passive").json(&json!({ "draft": "saved by a timer" }));
    browser.send(request).await.expect_status(200);
    assert_eq!(browser.poll("/session").await.time("idle_expires_at"), before);
    browser.patch("/session/data", json!({ "draft": "typed" })).await.expect_status(200);
    assert_eq!(browser.poll("/session").await.time("idle_expires_at"), before + 600);
}

/// R24. `PATCH_ROUNDS` increments for each of 64 clients on each of 3 servers; `cargo xtask test long`
/// takes 1,000.
async fn parallel_patches_of_different_members_are_all_kept(fleet: Fleet) {
    let rounds: u64 = std::env::var("PATCH_ROUNDS").map_or(10, |rounds| rounds.parse().expect("a number"));
    let browser = fleet.alice().await;
    let mut clients = tokio::task::JoinSet::new();
    for (server, number) in
        fleet.servers.iter().flat_map(|server| (0..64).map(move |number| (server, number)))
    {
        let mut client = browser.led_to(server.address);
        let member = format!("{}-{number}", server.address.port());
        clients.spawn(async move {
            for count in 1..=rounds {
                // Where the store was too slow to answer, nobody knows: it is done again, to the same end.
                loop {
                    let answer = client.patch("/session/data", json!({ (member.as_str()): count })).await;
                    if answer.status != 503 {
                        answer.expect_status(200);
                        break;
                    }
                }
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    let data = browser.clone().get("/session/data").await;
    let members = data.json();
    let members = members.as_object().unwrap();
    assert_eq!(members.len(), fleet.servers.len() * 64);
    assert!(members.values().all(|count| *count == rounds), "{members:?}");
    let revision: u64 = data.header("etag").trim_matches('"').parse().expect("a revision");
    assert!(revision >= rounds * fleet.servers.len() as u64 * 64, "{revision}");
}

//! What an application keeps in a session, changed from its own handlers.

use serde_json::{Value, json};

use crate::on_both;
use crate::site::Site;

on_both!(parallel_changes_are_all_kept, data_of_another_shape_is_refused_and_left_alone);

/// R24: by two servers, from an application's own code.
async fn parallel_changes_are_all_kept(site: Site) {
    const AT_ONCE: usize = 32;
    let mut browser = site.alice().await;
    // Two servers on one store, as behind a load balancer.
    let other = site.serve(|app| app, session_http::Limits::default()).await;
    let adding: Vec<_> = (0..AT_ONCE)
        .map(|number| {
            let mut tab = if number % 2 == 0 { browser.clone() } else { browser.led_to(other) };
            tokio::spawn(async move { tab.post("/todos", &json!(number.to_string())).await })
        })
        .collect();
    for added in adding {
        added.await.unwrap().expect(200);
    }
    let todos: Vec<String> = serde_json::from_value(browser.get("/todos").await.expect(200).json()).unwrap();
    let mut numbers: Vec<usize> = todos.iter().map(|todo| todo.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, Vec::from_iter(0..AT_ONCE));
}

async fn data_of_another_shape_is_refused_and_left_alone(site: Site) {
    let mut browser = site.alice().await;
    let (alien, put) = (json!({ "todos": 7 }), reqwest::Method::PUT);
    browser.send(browser.request(put, "/session/data").json(&alien)).await.expect(200);
    browser.get("/todos").await.expect_problem(422, "unfit_data");
    browser.post("/todos", &json!("x")).await.expect_problem(422, "unfit_data");
    assert_eq!(browser.get("/session/data").await.expect(200).json(), alien);
    let _: Value = browser.get("/session").await.expect(200).json();
}

use std::time::Duration;

use tokio::time::sleep;

use crate::client::in_time;
use crate::machine::PASSWORD;
use crate::on_every_proxy;
use crate::proxy::Kind;
use crate::site::Site;

on_every_proxy!(signed_in_one_is_back_where_one_was, the_server_knows_whose_address_a_client_has);

const TARGET: &str = "/orders/7?a=b";

/// R38: on this site.
async fn signed_in_one_is_back_where_one_was(kind: Kind) {
    let site = Site::behind(kind).await;
    let mut browser = site.client();
    let way = browser.show(TARGET).await.expect_status(303).header("location").to_owned();
    let page = browser.show(&way).await.expect_status(200);
    // As it is escaped there.
    let next = TARGET.replace('/', "&#x2f;");
    assert!(page.text.contains(&format!("value=\"{next}\"")), "{}", page.text);
    assert!(page.header("content-security-policy").contains("form-action 'self'"), "{page:?}");
    let form = format!("username=alice&password={PASSWORD}&next=/orders/7%3Fa%3Db");
    let back = browser.submit("/_session/login", form).await.expect_status(303).header("location").to_owned();
    let shown = browser.show(&back).await.expect_status(200).json();
    assert_eq!((&shown["subject"], &shown["target"]), (&"alice".into(), &TARGET.into()));
    browser.sign_out().await;
    assert_eq!(browser.show(TARGET).await.expect_status(303).header("location"), way);
}

/// R37, R43, R65. Wrong passwords are counted by it.
async fn the_server_knows_whose_address_a_client_has(kind: Kind) {
    let site = Site::behind(kind).await;
    let mut browser = site.client();
    let made_up = browser.request(reqwest::Method::POST, "/_session/login");
    let made_up = made_up.header("X-Forwarded-For", "6.6.6.6").header("Forwarded", "for=7.7.7.7");
    let login = serde_json::json!({ "username": "alice", "password": "canary of a wrong one" });
    browser.send(made_up.json(&login)).await.expect_status(401);
    // The log is written beside the answers.
    let refused = in_time(async {
        loop {
            let log = site.machine.read("log");
            if let Some(line) = log.lines().find(|line| line.contains("login refused")) {
                break line.to_owned();
            }
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert!(refused.contains("127.0.0.9"), "{refused}");
}

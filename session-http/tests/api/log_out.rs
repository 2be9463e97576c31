use crate::fleet::Fleet;
use crate::on_every_store;

on_every_store!(
    a_logged_out_session_is_dead_on_every_server,
    logging_out_without_a_session_is_no_error,
    a_late_request_does_not_bring_a_session_back,
);

/// R21, R15: and the cookie goes by the attributes that it came with.
async fn a_logged_out_session_is_dead_on_every_server(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let stolen = browser.clone();
    let answer = browser.log_out().await.expect_status(204);
    let removal = "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
    assert_eq!(answer.set_cookies()[0], removal);
    for server in &fleet.servers {
        stolen.led_to(server.address).get("/session").await.expect_no_session("ended");
    }
}

/// R26: nor does it leave anything behind.
async fn logging_out_without_a_session_is_no_error(fleet: Fleet) {
    let mut browser = fleet.alice().await;
    let mut again = browser.clone();
    browser.log_out().await.expect_status(204);
    again.log_out().await.expect_status(204);
    assert!(again.cookie.is_none());
    fleet.browser().log_out().await.expect_status(204);
}

/// R21, R23: writers on every server, which never stop until they are told.
async fn a_late_request_does_not_bring_a_session_back(fleet: Fleet) {
    let browser = fleet.alice().await;
    // Dropped when one of them panics, so that none goes on for ever.
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..16 {
        let mut writer = browser.led_to(fleet.servers[number % fleet.servers.len()].address);
        writers.spawn(async move {
            loop {
                let answer = writer.patch("/session/data", serde_json::json!({ "writer": number })).await;
                match answer.status {
                    200 => {}
                    401 => return,
                    _ => panic!("{answer:?}"),
                }
            }
        });
    }
    browser.clone().log_out().await.expect_status(204);
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    browser.clone().get("/session").await.expect_no_session("ended");
    fleet.alice().await.get("/sessions").await.json()["sessions"]
        .as_array()
        .map_or_else(|| panic!("a list"), |sessions| assert_eq!(sessions.len(), 1));
}

//! The bounds on what clients may take hold for our routes wherever they are mounted.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use session_http::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::on_both;
use crate::site::Site;

on_both!(a_large_body_is_refused, half_a_header_is_not_waited_for);

const SOON: Duration = Duration::from_millis(300);

/// R38: from 16 KiB on.
async fn a_large_body_is_refused(site: Site) {
    let mut browser = site.alice().await;
    let large = json!({ "text": "x".repeat(16 * 1024) });
    let put = browser.request(Method::PUT, "/session/data").json(&large);
    browser.send(put).await.expect_problem(413, "body_too_large");
    browser.post("/login", &large).await.expect_problem(413, "body_too_large");
}

/// R57: on warp and on axum.
async fn half_a_header_is_not_waited_for(site: Site) {
    let address = site.serve(|app| app, Limits { header: SOON, ..Limits::default() }).await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /todos HTTP/1.1\r\nHost: a\r\nCoo").await.unwrap();
    let mut answer = Vec::new();
    // A reset is a way of closing too.
    let closed = tokio::time::timeout(Duration::from_secs(30), slow.read_to_end(&mut answer)).await;
    let _ = closed.expect("the connection to be closed");
    assert_eq!(answer, b"");
}

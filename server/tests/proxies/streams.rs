use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client::{connect, in_time, read_answer};
use crate::machine::Server;
use crate::on_every_proxy;
use crate::proxy::Kind;
use crate::site::Site;

on_every_proxy!(
    ten_megabytes_reach_the_application_while_they_are_sent,
    what_nobody_may_send_does_not_reach_the_application,
    a_web_socket_passes_and_has_a_session,
);

const SIZE: usize = 10 * 1024 * 1024;

async fn received(application: &Server) -> u64 {
    let answer: serde_json::Value = application.get("/").await.json().await.unwrap();
    answer["received"].as_u64().unwrap()
}

async fn begin_upload(site: &Site, cookie: &str) -> TcpStream {
    let mut stream = connect(site.address()).await;
    let head = format!("POST /uploads HTTP/1.1\r\nHost: app.example\r\n{cookie}Content-Length: {SIZE}\r\n");
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await.unwrap();
    stream
}

async fn ten_megabytes_reach_the_application_while_they_are_sent(kind: Kind) {
    let site = Site::behind(kind).await;
    let cookie = format!("Cookie: {}\r\n", site.alice().await.cookie_header());
    let mut stream = begin_upload(&site, &cookie).await;
    in_time(stream.write_all(&[b'a'; SIZE / 2])).await.unwrap();
    // The other half is not sent before something has arrived.
    in_time(async {
        while received(&site.application).await < (SIZE / 4) as u64 {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    in_time(stream.write_all(&[b'b'; SIZE / 2])).await.unwrap();
    let answer = read_answer(&mut stream).await.expect_status(200);
    assert_eq!((&answer.json()["received"], &answer.json()["subject"]), (&SIZE.into(), &"alice".into()));
}

async fn what_nobody_may_send_does_not_reach_the_application(kind: Kind) {
    let site = Site::behind(kind).await;
    let mut stream = begin_upload(&site, "").await;
    // Whoever refuses need not read on.
    let _ = stream.write_all(&[b'a'; 1024]).await;
    let answer = read_answer(&mut stream).await.expect_status(401);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["code"], "no_session");
    assert_eq!(received(&site.application).await, 0);
}

async fn a_web_socket_passes_and_has_a_session(kind: Kind) {
    let site = Site::behind(kind).await;
    let alice = site.alice().await;
    let request = |cookie: Option<String>| -> Request<()> {
        let mut request = format!("ws://{}/chat", site.address()).into_client_request().unwrap();
        if let Some(cookie) = cookie {
            request.headers_mut().insert("Cookie", cookie.parse().unwrap());
        }
        request
    };
    let (mut socket, _) = in_time(connect_async(request(Some(alice.cookie_header())))).await.unwrap();
    for text in ["hello", "again"] {
        socket.send(Message::text(text)).await.unwrap();
        assert_eq!(in_time(socket.next()).await.unwrap().unwrap(), Message::text(format!("alice: {text}")));
    }
    match in_time(connect_async(request(None))).await {
        Err(Error::Http(answer)) => assert_eq!(answer.status(), 401),
        other => panic!("{other:?}"),
    }
}

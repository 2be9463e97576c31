//! Statements, by the JWT libraries that applications have.

use std::net::SocketAddr;

use session_testing::{RedisServer, free_port};

use crate::applications::{Application, ISSUER};
use crate::client::Client;
use crate::machine::{Machine, Server};
use crate::site::serve;

/// What an application makes of a statement: its status and the subject.
async fn told(application: &Server, statement: &str) -> (u16, Option<String>) {
    let request = application.http().get(format!("http://{}/", application.address));
    let answer = request.header("X-Session-Statement", statement).send().await.unwrap();
    let status = answer.status().as_u16();
    let subject =
        || async { answer.json::<serde_json::Value>().await.ok()?["subject"].as_str().map(str::to_owned) };
    (status, subject().await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "wants proxies: cargo xtask test proxies"]
async fn every_library_tells_a_good_statement_from_others() {
    let (machine, redis) = (Machine::with_alice(), RedisServer::start(&[]));
    let server = serve(&machine, &redis, &[]).await;
    let mut alice = Client::of(server.address);
    alice.sign_in().await;
    let answer = alice.get("/_session/auth").await.expect_status(200);
    let statement = answer.header("x-session-statement");
    let (signed, signature) = statement.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    // By the same key, and made for something else.
    let feed = server.get("/.well-known/session-revocations").await.text().await.unwrap();
    for application in Application::ALL {
        let ours = application.start(&machine, server.address, ISSUER).await;
        assert_eq!(told(&ours, statement).await, (200, Some("alice".to_owned())), "{application:?}");
        assert_eq!(told(&ours, "").await, (200, None), "{application:?}");
        for other in [&forged, &feed, "alice"] {
            assert_eq!(told(&ours, other).await, (403, None), "{application:?}: {other}");
        }
        let theirs = application.start(&machine, server.address, "https://other.example").await;
        assert_eq!(told(&theirs, statement).await, (403, None), "{application:?}");
        let nobody = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let without_keys = application.start(&machine, nobody, ISSUER).await;
        assert_eq!(told(&without_keys, statement).await, (503, None), "{application:?}");
    }
}

//! Traefik itself is not run: what it asks with the recipe is sent here, as its source has it (`forward.go`).

use reqwest::Method;
use serde_json::Value;
use session_testing::RedisServer;

use crate::client::{Answer, Client};
use crate::machine::Machine;
use crate::proxy::example;
use crate::site::serve;

fn recipe() -> Value {
    let text = std::fs::read_to_string(example("traefik/dynamic.yaml")).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

/// What Traefik asks that has a request with these headers: GET without a body, with those of the headers that the
/// recipe names, and with what it says of the request itself.
async fn ask(client: &mut Client, target: &str, headers: &[(&str, &str)]) -> Answer {
    let recipe = recipe();
    let middlewares = &recipe["http"]["middlewares"];
    let path = middlewares["ask"]["forwardAuth"]["address"].as_str().unwrap();
    let mut request = client.request(Method::GET, path.strip_prefix("http://127.0.0.1:8080").unwrap());
    let named = middlewares["ask"]["forwardAuth"]["authRequestHeaders"].as_array().unwrap();
    let set = middlewares["asking"]["headers"]["customRequestHeaders"].as_object().unwrap();
    let set = set.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    assert!(named.contains(&"Cookie".into()), "which the client brings");
    for (name, value) in
        headers.iter().copied().chain(set).filter(|(name, _)| named.contains(&(*name).into()))
    {
        request = request.header(name, value);
    }
    let request = request.header("X-Forwarded-For", "192.0.2.1").header("X-Forwarded-Method", "GET");
    let request = request.header("X-Forwarded-Proto", "http").header("X-Forwarded-Host", "app.example");
    client.send(request.header("X-Forwarded-Port", "80").header("X-Forwarded-Uri", target)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_traefik_asks_is_answered_as_its_recipe_expects() {
    let (machine, redis) = (Machine::with_alice(), RedisServer::start(&[]));
    // Which trusts this machine, and Traefik would be on it.
    let server = serve(&machine, &redis, &["--trusted-proxies", "127.0.0.0/8"]).await;
    let mut alice = Client::of(server.address);
    let navigation = [("Accept", "text/html"), ("Sec-Fetch-Dest", "document"), ("X-Session-Subject", "root")];
    let shown = ask(&mut alice, "/orders/7?a=b", &navigation).await.expect_status(303);
    assert_eq!(shown.header("location"), "/_session/login?next=/orders/7%3Fa%3Db");
    ask(&mut alice, "/orders", &[("Accept", "*/*")]).await.expect_no_session("absent");
    ask(&mut alice, "/open", &[]).await.expect_status(200);
    alice.sign_in().await;
    alice.set_cookie("theme", "dark");
    let answer = ask(&mut alice, "/orders", &navigation).await.expect_status(200);
    assert_eq!((answer.header("x-session-subject"), answer.header("cookie")), ("alice", "theme=dark"));
    assert!(answer.header("x-session-statement").starts_with("ey"));
    let recipe = &recipe()["http"]["middlewares"]["ask"]["forwardAuth"];
    let passed_on = recipe["addAuthCookiesToResponse"][0].as_str().unwrap();
    assert!(answer.set_cookies()[0].starts_with(&format!("{passed_on}=")), "{answer:?}");
    assert_eq!(recipe["authResponseHeaders"], serde_json::json!(["Cookie"]));
}

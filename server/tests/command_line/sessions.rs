//! What an administrator sees and ends (R67).

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use session_testing::RedisServer;

use crate::machine::{Machine, Server};
use crate::managed::{Managed, TOKEN, until};

const OTHER: &str = "canary-token-of-the-cellar-9876543210";

/// R67: one of them, or all.
#[tokio::test]
async fn an_administrator_lists_and_ends_a_users_sessions_on_the_embedded_store() {
    an_administrator_lists_and_ends_a_users_sessions(&[]).await;
}

/// R67: likewise.
#[tokio::test]
async fn an_administrator_lists_and_ends_a_users_sessions_in_redis() {
    let redis = RedisServer::start(&[]);
    an_administrator_lists_and_ends_a_users_sessions(&["--store", &redis.url()]).await;
}

async fn an_administrator_lists_and_ends_a_users_sessions(store: &[&str]) {
    let machine = Machine::with_alice();
    let Managed { server, manage } = Managed::start(&machine, store).await;
    let ask = |words: &[&str]| {
        let target = ["--manage", manage.as_str(), "--management-tokens", "tokens"];
        machine.run(&[&["sessions"], words, &target].concat())
    };
    let logins = [server.log_in("alice").await, server.log_in("alice").await, server.log_in("alice").await];
    let listed = ask(&["list", "alice"]).expect_success();
    assert_eq!(listed.lines().count(), 3, "{listed}");
    for login in &logins {
        let line = listed.lines().find(|line| line.starts_with(&login.session_id()));
        assert!(line.unwrap().contains("127.0.0.1"), "{listed}");
    }
    assert_eq!(ask(&["list", "Zoë/of the office"]).expect_success(), "", "who is not known has none");

    let first = logins[0].session_id();
    assert_eq!(ask(&["revoke", "alice", &first]).expect_success(), format!("session ended: {first}\n"));
    assert_eq!((server.status_of(&logins[0]).await, server.status_of(&logins[1]).await), (401, 200));
    let again = ask(&["revoke", "alice", &first]).expect_refusal();
    assert!(again.ends_with("(404): there is no such session, or no longer"), "{again}");
    let anothers = ask(&["revoke", "bob", &logins[1].session_id()]).expect_refusal();
    assert!(anothers.contains("(404)"), "{anothers}");

    let shown = ask(&["show", &logins[1].session_id()]).expect_success();
    for line in [format!("session        {}", logins[1].session_id()), "of             alice".to_owned()] {
        assert!(shown.lines().any(|said| said == line), "{shown}");
    }
    assert!(!shown.contains(logins[1].cookie.split('.').nth(3).unwrap()), "{shown}");
    let second = logins[1].session_id();
    assert_eq!(ask(&["revoke", &second]).expect_success(), format!("session ended: {second}\n"));
    assert_eq!(server.status_of(&logins[1]).await, 401);
    let again = ask(&["revoke", &second]).expect_refusal();
    assert!(again.ends_with(&format!("if {second} is a user, say `--subject {second}`")), "{again}");
    assert!(ask(&["show", &second]).expect_refusal().contains("(404)"));
    assert_eq!(ask(&["revoke", "--subject", &second]).expect_success(), "sessions ended: 0\n");
    assert!(ask(&["revoke", "--id", &second]).expect_refusal().ends_with("or no longer"));

    let more = [server.log_in("alice").await, server.log_in("alice").await];
    assert_eq!(ask(&["revoke", "--id", &more[0].session_id()]).expect_success().lines().count(), 1);
    assert_eq!(ask(&["revoke", "alice"]).expect_success(), "sessions ended: 2\n");
    assert_eq!((server.status_of(&logins[2]).await, server.status_of(&more[1]).await), (401, 401));
    assert_eq!(ask(&["list", "alice"]).expect_success(), "");
    assert_eq!(server.terminate().await.code(), Some(0));
    let log = machine.read("log");
    assert!(log.contains("management call") && log.contains("caller=\"office\""), "{log}");
    assert!(!log.contains(TOKEN), "{log}");
}

/// Longer than one page.
#[tokio::test]
async fn a_long_list_is_read_to_its_end() {
    let machine = Machine::with_alice();
    let managed = Managed::start(&machine, &["--sessions-per-user", "250"]).await;
    for _ in 0..205 {
        let start = managed.ask(Method::POST, "/subjects/alice/sessions").json(&json!({}));
        let started = start.send().await.unwrap();
        assert_eq!(started.status(), 201);
    }
    let target = ["--manage", managed.manage.as_str(), "--management-tokens", "tokens"];
    let listed = machine.run(&[&["sessions", "list", "alice"], &target[..]].concat()).expect_success();
    let ids: BTreeSet<_> = listed.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!((listed.lines().count(), ids.len()), (205, 205));
}

/// What is documented is what is served: `session-http` holds the one against the other.
struct Documented(Value);

impl Documented {
    async fn at(server: &Server, address: &str) -> Self {
        let request = server.http().get(format!("http://{address}/openapi.json")).bearer_auth(TOKEN);
        Self(request.send().await.unwrap().json().await.unwrap())
    }

    /// Every method and template.
    fn operations(&self) -> Vec<(Method, String)> {
        let paths = self.0["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys().filter(|name| *name != "parameters");
            methods.map(|name| (name.to_uppercase().parse().unwrap(), path.clone()))
        });
        operations.collect()
    }

    fn has_path(&self, path: &str) -> bool {
        self.0["paths"].get(path).is_some()
    }
}

/// Each route of the management: without a token, with another, with a retired one, with one that is brought in
/// another way, by a user, and at the public listener.
#[tokio::test]
async fn only_a_present_token_opens_a_route_of_the_management_and_only_there() {
    let machine = Machine::with_alice();
    let Managed { server, manage } = Managed::start(&machine, &[]).await;
    machine.write("tokens", &format!("office:{TOKEN}\nretired:{OTHER}\n"));
    server.hang_up();
    let login = server.log_in("alice").await;
    let (management, public) =
        (Documented::at(&server, &manage).await, Documented::at(&server, &server.address.to_string()).await);
    // The retired token was good, and is taken away while it serves.
    let list = format!("http://{manage}/subjects/alice/sessions");
    let status =
        async |token: &str| server.http().get(&list).bearer_auth(token).send().await.unwrap().status();
    until(async || status(OTHER).await == 200).await;
    machine.write("tokens", &format!("office:{TOKEN}\n"));
    server.hang_up();
    until(async || status(OTHER).await == 401).await;
    let path_of =
        |template: &str| template.replace("{subject}", "alice").replace("{session_id}", &login.session_id());
    let request = |at: &str, method: &Method, path: &str| {
        let request = server.http().request(method.clone(), format!("http://{at}{path}"));
        let writes = [Method::POST, Method::PATCH].contains(method);
        if writes { request.json(&json!({})) } else { request }
    };
    let operations = management.operations();
    assert!(operations.len() >= 8, "{operations:?}");
    for (method, template) in &operations {
        let path = path_of(template);
        let at = |path: &str| request(&manage, method, path);
        let cookie = format!("__Host-session={}", login.cookie);
        let strangers = [
            ("no token", at(&path)),
            ("another token", at(&path).bearer_auth("canary-token-of-a-stranger-0123456789")),
            ("a token that is cut off", at(&path).bearer_auth(&TOKEN[1..])),
            ("an empty token", at(&path).bearer_auth("")),
            ("the retired token", at(&path).bearer_auth(OTHER)),
            ("the token in the query", at(&format!("{path}?access_token={TOKEN}"))),
            ("the token as a password", at(&path).basic_auth("office", Some(TOKEN))),
            ("the token without a scheme", at(&path).header("Authorization", TOKEN)),
            ("two tokens", at(&path).bearer_auth(TOKEN).bearer_auth(OTHER)),
            ("a user's cookie", at(&path).header("Cookie", &cookie)),
        ];
        for (who, request) in strangers {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 401, "{method} {template} opens for {who}");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"management\"");
            assert_eq!(answer.headers()["cache-control"], "no-store");
        }
        // At the public listener a token is worth nothing, and of these paths hardly one is there.
        let address = server.address.to_string();
        let with_token = request(&address, method, &path).bearer_auth(TOKEN).send().await.unwrap().status();
        let without = request(&address, method, &path).send().await.unwrap().status();
        assert_eq!(with_token, without, "{method} {template}");
        if !public.has_path(template) {
            assert_eq!(with_token, 404, "{method} {template} at the public listener");
        }
    }
    for (method, template) in public.operations().iter().filter(|(_, path)| !management.has_path(path)) {
        let answer = request(&manage, method, &path_of(template)).bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{method} {template} at the management's listener");
    }
    assert_eq!(server.status_of(&login).await, 200, "nothing of it has ended the session");
    let of_nobody = request(&manage, &Method::DELETE, "/subjects/alice/sessions/").bearer_auth(TOKEN);
    assert_eq!(of_nobody.send().await.unwrap().status(), 404, "no session is named");

    // A broken file changes nothing.
    machine.write("tokens", "office:short\n");
    server.hang_up();
    until(async || machine.read("log").contains("management tokens are not read again")).await;
    assert_eq!((status(OTHER).await, status(TOKEN).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
    let log = machine.read("log");
    assert!([TOKEN, OTHER].iter().all(|token| !log.contains(token)), "{log}");
}

#[test]
fn what_is_wrong_with_the_management_is_said_without_a_token() {
    let machine = Machine::new();
    let serve = |flags: &[&str]| machine.run(&[&["serve", "--listen", "127.0.0.1:0"], flags].concat());
    let last = |outcome: crate::machine::Outcome| {
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(!outcome.stderr.contains("canary"), "{outcome:?}");
        outcome.stderr.lines().last().unwrap().to_owned()
    };
    let manage = ["--manage", "127.0.0.1:0"];
    assert!(last(serve(&manage)).ends_with("`--manage` needs `--management-tokens FILE`: who may manage?"));
    let tokens = ["--management-tokens", "tokens"];
    assert!(last(serve(&tokens)).contains("`--management-tokens` needs `--manage ADDRESS`"));
    let both = [manage, tokens].concat();
    assert!(last(serve(&both)).contains("management tokens file `tokens` cannot be read: "));
    for (text, expected) in [
        ("office:canary\n", "line 1: expected `name:token`, a token of 32 to 512 visible ASCII characters"),
        ("# nobody\n", "there is no token, expected lines of `name:token`"),
    ] {
        machine.write("tokens", text);
        assert!(last(serve(&both)).ends_with(expected), "{text}");
    }
    machine.write("tokens", &format!("office:{TOKEN}\n"));
    machine.set_mode("tokens", 0o666);
    assert!(last(serve(&both)).contains("can be written by others than its owner"));
    machine.set_mode("tokens", 0o600);

    // An ID may begin so.
    for words in [
        &["revoke", "alice", "-AAAAAAAAAAAAAAAAAAAAA"][..],
        &["revoke", "-AAAAAAAAAAAAAAAAAAAAA"],
        &["revoke", "--id", "-hAAAAAAAAAAAAAAAAAAAA"],
        &["show", "-AAAAAAAAAAAAAAAAAAAAA"],
        &["revoke", "--subject", "-m"],
    ] {
        let said = machine.run(&[&["sessions"], words].concat()).expect_refusal();
        assert!(said.starts_with("nobody is asked"), "{words:?}: {said}");
    }
    for words in [&["revoke"][..], &["revoke", "alice", "--subject", "bob"], &["show", "alice"]] {
        assert_eq!(machine.run(&[&["sessions"], words].concat()).code, Some(2), "{words:?}");
    }
    let list = ["sessions", "list", "alice"];
    let unasked = machine.run(&list).expect_refusal();
    assert!(unasked.starts_with("nobody is asked: expected `--manage ADDRESS`"), "{unasked}");
    // A port that nobody listens on.
    let nobody = [&list[..], &["--manage", "127.0.0.1:1"], &tokens].concat();
    let unanswered = machine.run(&nobody).expect_refusal();
    assert!(unanswered.starts_with("management at 127.0.0.1:1 does not answer: "), "{unanswered}");
}

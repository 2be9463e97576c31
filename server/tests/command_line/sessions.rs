//! What an administrator sees and ends (R67).

use session_testing::RedisServer;

use crate::machine::Machine;
use crate::managed::{Managed, TOKEN, until};

const OTHER: &str = "canary-token-of-the-cellar-9876543210";

#[tokio::test]
async fn an_administrator_lists_and_ends_a_users_sessions_on_the_embedded_store() {
    an_administrator_lists_and_ends_a_users_sessions(&[]).await;
}

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
    assert!(again.ends_with("(404): the subject has no session of this ID"), "{again}");
    let anothers = ask(&["revoke", "bob", &logins[1].session_id()]).expect_refusal();
    assert!(anothers.contains("(404)"), "{anothers}");

    assert_eq!(ask(&["revoke", "alice"]).expect_success(), "sessions ended: 2\n");
    assert_eq!(server.status_of(&logins[1]).await, 401);
    assert_eq!(ask(&["list", "alice"]).expect_success(), "");
    assert_eq!(server.terminate().await.code(), Some(0));
    let log = machine.read("log");
    assert!(log.contains("management call") && log.contains("caller=\"office\""), "{log}");
    assert!(!log.contains(TOKEN), "{log}");
}

#[tokio::test]
async fn only_a_present_token_opens_the_management_and_only_there() {
    let machine = Machine::with_alice();
    let Managed { server, manage } = Managed::start(&machine, &[]).await;
    let login = server.log_in("alice").await;
    let routes = [
        ("GET", "/subjects/alice/sessions".to_owned()),
        ("DELETE", "/subjects/alice/sessions".to_owned()),
        ("DELETE", format!("/subjects/alice/sessions/{}", login.session_id())),
        ("GET", "/openapi.json".to_owned()),
        ("GET", "/metrics".to_owned()),
    ];
    let ask = async |at: &str, (method, path): &(&str, String), token: Option<&str>| {
        let request = server.http().request(method.parse().unwrap(), format!("http://{at}{path}"));
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.unwrap()
    };
    for route in &routes {
        for token in [None, Some(OTHER), Some(""), Some(&TOKEN[1..])] {
            let answer = ask(&manage, route, token).await;
            assert_eq!(answer.status(), 401, "{route:?} {token:?}");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"management\"");
            assert_eq!(answer.headers()["cache-control"], "no-store");
        }
        let cookie = server.http().request(route.0.parse().unwrap(), format!("http://{manage}{}", route.1));
        let cookie = cookie.header("Cookie", format!("__Host-session={}", login.cookie));
        assert_eq!(cookie.send().await.unwrap().status(), 401, "a user is no administrator");
    }
    for method in ["OPTIONS", "PUT", "HEAD"] {
        assert_eq!(ask(&manage, &(method, routes[0].1.clone()), None).await.status(), 401, "{method}");
    }
    let of_nobody = ("DELETE", "/subjects/alice/sessions/".to_owned());
    assert_eq!(ask(&manage, &of_nobody, Some(TOKEN)).await.status(), 404, "no session is named");
    for route in &routes[..3] {
        let public = ask(&server.address.to_string(), route, Some(TOKEN)).await;
        assert_eq!(public.status(), 404, "{route:?}");
    }
    for path in ["/session", "/login", "/sessions"] {
        assert_eq!(ask(&manage, &("GET", path.to_owned()), Some(TOKEN)).await.status(), 404, "{path}");
    }
    assert_eq!(server.status_of(&login).await, 200, "nothing of it has ended the session");

    // Another token takes its place while it serves; a broken file changes nothing.
    machine.write("tokens", &format!("office:{OTHER}\n"));
    server.hang_up();
    until(async || ask(&manage, &routes[0], Some(OTHER)).await.status() == 200).await;
    assert_eq!(ask(&manage, &routes[0], Some(TOKEN)).await.status(), 401, "the retired one");
    machine.write("tokens", "office:short\n");
    server.hang_up();
    until(async || machine.read("log").contains("management tokens are not read again")).await;
    assert_eq!(ask(&manage, &routes[0], Some(OTHER)).await.status(), 200);
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

    let hyphens = ["sessions", "revoke", "alice", "-AAAAAAAAAAAAAAAAAAAAA"];
    assert!(machine.run(&hyphens).expect_refusal().starts_with("nobody is asked"), "an ID may begin so");
    let list = ["sessions", "list", "alice"];
    let unasked = machine.run(&list).expect_refusal();
    assert!(unasked.starts_with("nobody is asked: expected `--manage ADDRESS`"), "{unasked}");
    // A port that nobody listens on.
    let nobody = [&list[..], &["--manage", "127.0.0.1:1"], &tokens].concat();
    let unanswered = machine.run(&nobody).expect_refusal();
    assert!(unanswered.starts_with("management at 127.0.0.1:1 does not answer: "), "{unanswered}");
}

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use session_testing::RedisServer;

use crate::machine::{Machine, PASSWORD, Server};

const USERS: &str = "session-data/users";

/// R40: a password is a PHC string from the beginning.
#[test]
fn users_are_added_listed_changed_and_removed() {
    let machine = Machine::new();
    assert_eq!(machine.run(&["user", "list"]).expect_success(), "");
    for name in ["Zoë van Dijk", "alice"] {
        let said = machine.enter(&["user", "add", name, "--password-stdin"], PASSWORD).expect_success();
        assert_eq!(said, format!("user added: {name}\n"));
    }
    assert_eq!(machine.run(&["user", "list"]).expect_success(), "Zoë van Dijk\nalice\n");
    assert_eq!(machine.mode(USERS), 0o600);
    assert_eq!(machine.mode("session-data"), 0o700);
    let before = machine.read(USERS);
    assert!(before.contains("alice:$argon2id$v=19$m=19456,t=2,p=1$"), "{before}");

    let other = "another good long one";
    let said = machine.enter(&["user", "set-password", "alice", "--password-stdin"], other).expect_success();
    assert_eq!(said, "password changed: alice\n");
    let after = machine.read(USERS);
    let changed: Vec<_> = before.lines().zip(after.lines()).filter(|(old, new)| old != new).collect();
    assert!(matches!(changed[..], [(old, _)] if old.starts_with("alice:")), "{changed:?}");

    assert_eq!(machine.run(&["user", "remove", "alice"]).expect_success(), "user removed: alice\n");
    assert_eq!(machine.run(&["user", "list"]).expect_success(), "Zoë van Dijk\n");
}

/// R67: whoever is disabled is out, on every server and at the edges, and as unknown as somebody who never was.
#[tokio::test]
async fn a_disabled_user_is_out_and_comes_back_without_the_old_sessions() {
    let machine = Machine::with_alice();
    let redis = RedisServer::start(&[]);
    let store = ["--store", &redis.url()];
    let servers = [machine.serve(&store).await, machine.serve(&store).await];
    let (used, unused) = (servers[0].log_in("alice").await, servers[0].log_in("alice").await);
    let written = machine.read(USERS);
    assert_eq!(machine.run(&["user", "disable", "alice"]).expect_success(), "user disabled: alice\n");
    // F24: to an older server the line is a comment.
    assert_eq!(machine.read(USERS), format!("#disabled:{written}"));
    assert_eq!(machine.run(&["user", "list"]).expect_success(), "alice\tdisabled\n");
    for server in &servers {
        assert_eq!(server.try_log_in("alice", PASSWORD).await.map(drop), Err(401));
        assert_eq!(server.status_of(&used).await, 401);
    }
    let reauthenticate =
        servers[1].http().post(format!("http://{}/session/reauthenticate", servers[1].address));
    let reauthenticate = reauthenticate.header("Cookie", format!("__Host-session={}", unused.cookie));
    let refused = reauthenticate.json(&json!({ "password": PASSWORD })).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(revoked(&servers[1], 2).await, BTreeSet::from([used.session_id(), unused.session_id()]));

    assert_eq!(
        machine.run(&["user", "disable", "alice"]).expect_refusal(),
        "user `alice` is disabled already"
    );
    let other = "another good long one";
    machine.enter(&["user", "set-password", "alice", "--password-stdin"], other).expect_success();
    let add = machine.enter(&["user", "add", "alice", "--password-stdin"], other).expect_refusal();
    assert!(add.starts_with("user `alice` exists"), "{add}");
    assert_eq!(
        servers[0].try_log_in("alice", other).await.map(drop),
        Err(401),
        "another password enables nobody"
    );

    assert_eq!(machine.run(&["user", "enable", "alice"]).expect_success(), "user enabled: alice\n");
    assert_eq!(machine.run(&["user", "enable", "alice"]).expect_refusal(), "user `alice` is enabled already");
    let back = servers[1].try_log_in("alice", other).await.expect("a session");
    for server in &servers {
        let statuses =
            [server.status_of(&used).await, server.status_of(&unused).await, server.status_of(&back).await];
        assert_eq!(statuses, [401, 401, 200]);
    }
    for action in ["disable", "enable"] {
        assert_eq!(machine.run(&["user", action, "bob"]).expect_refusal(), "there is no user `bob`");
    }
}

/// Which sessions the feed of a server says are over, once there are so many.
async fn revoked(server: &Server, expected: usize) -> BTreeSet<String> {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        let feed = server.get("/.well-known/session-revocations").await.text().await.unwrap();
        let claims = URL_SAFE_NO_PAD.decode(feed.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let ids = claims["revoked"].as_array().unwrap().iter();
        let ids: BTreeSet<_> = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
        if ids.len() >= expected {
            return ids;
        }
        assert!(Instant::now() < patience, "{ids:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// R40, R70: of names and passwords.
#[test]
fn every_refusal_says_what_was_expected_and_changes_nothing() {
    let machine = Machine::with_alice();
    let before = machine.read(USERS);
    let exists = "user `alice` exists; `session-server user set-password` changes the password";
    let name = "user name is not 1 to 255 bytes without colon, `#` at its start, white space at its ends, and characters that nobody sees or that look like others (RFC 8265)";
    let short = "password is too short, expected at least 8 characters";
    let long = "password is too long, expected at most 1,024 bytes";
    let guessable = "password is easy to guess, expected a less common one";
    let (too_long, named) = ("x1y2z3".repeat(200), "x".repeat(256));
    for (arguments, password, expected) in [
        (["add", "alice"], PASSWORD, exists),
        (["add", ""], PASSWORD, name),
        (["add", "a:b"], PASSWORD, name),
        (["add", "a\nb"], PASSWORD, name),
        (["add", " a"], PASSWORD, name),
        (["add", &named], PASSWORD, name),
        (["add", "bob"], "", short),
        (["add", "bob"], "Aw7!xyz", short),
        (["add", "bob"], &too_long, long),
        (["add", "bob"], "qwertyuiop", guessable),
        (["add", "roberta"], "robertaroberta", guessable),
        (["set-password", "alice"], "short", short),
        (["set-password", "alice"], &too_long, long),
        (["set-password", "alice"], "alicealice", guessable),
        (["set-password", "bob"], PASSWORD, "there is no user `bob`"),
        (["set-password", ""], PASSWORD, "there is no user ``"),
    ] {
        let [action, user] = arguments;
        let message = machine.enter(&["user", action, user, "--password-stdin"], password).expect_refusal();
        assert_eq!(message, expected, "{action} {user:?}");
    }
    assert_eq!(machine.run(&["user", "remove", "bob"]).expect_refusal(), "there is no user `bob`");
    let unasked = "there is no terminal to ask for the password; use `--password-stdin`";
    for action in ["add", "set-password"] {
        let user = if action == "add" { "bob" } else { "alice" };
        assert_eq!(machine.run(&["user", action, user]).expect_refusal(), unasked);
    }
    assert_eq!(machine.read(USERS), before);
}

/// R39, R69: by its line, at a start as at a command.
#[test]
fn a_broken_users_file_is_named_and_not_quoted() {
    let machine = Machine::with_alice();
    let broken = format!("{}bob:hunter2-in-clear\n", machine.read(USERS));
    machine.write(USERS, &broken);
    let expected = "users file `session-data/users`, line 2: expected `name:hash` with an Argon2id PHC string, each name once";
    let add = ["user", "add", "carol", "--password-stdin"];
    let refusals = [
        machine.run(&["user", "list"]),
        machine.run(&["user", "remove", "alice"]),
        machine.enter(&add, PASSWORD),
        machine.run(&["serve", "--listen", "127.0.0.1:0"]),
    ];
    for refusal in refusals {
        let last = refusal.stderr.lines().last().unwrap_or_default();
        assert_eq!((refusal.code, last), (Some(1), &*format!("session-server: {expected}")));
        assert!(!refusal.stderr.contains("hunter2"), "{refusal:?}");
    }
    assert_eq!(machine.read(USERS), broken);
}

use crate::machine::{Machine, PASSWORD};

const USERS: &str = "session-data/users";

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

use crate::machine::{Machine, Outcome};

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// R63: as a flag or in the file it is an error.
#[test]
fn an_unknown_setting_is_named_wherever_it_stands() {
    let machine = Machine::new();
    let flag = machine.run(&[&SERVE[..], &["--idle-timeot", "5m"]].concat());
    assert_eq!((flag.code, flag.stdout.as_str()), (Some(2), ""), "{flag:?}");
    assert!(flag.stderr.contains("'--idle-timeot'"), "{flag:?}");

    machine.write("settings.toml", "keep-alive = \"75s\"\nidle-timeot = \"5m\"\n");
    let message = machine.run(&[&SERVE[..], &["--config", "settings.toml"]].concat()).expect_refusal();
    let start = "settings file `settings.toml` has an unknown setting `idle-timeot`, expected ";
    assert!(message.starts_with(start) && message.contains("idle-timeout"), "{message}");

    for (line, content) in [(1, "= 1\n"), (2, "keep-alive = \"75s\"\n= 1\n"), (3, "\n\nx y = 1\n")] {
        machine.write("settings.toml", content);
        let message = machine.run(&[&SERVE[..], &["--config", "settings.toml"]].concat()).expect_refusal();
        let text = content.lines().nth(line - 1).unwrap();
        let expected = format!("settings file `settings.toml` is not TOML, line {line}: `{text}`: ");
        assert!(message.starts_with(&expected), "{message}");
    }
    assert!(!machine.path("session-data").exists(), "nothing is made by a start that was refused");
}

/// R15, R59, R76: no other name of the cookie, no `SameSite=None`, no near cache of three seconds.
#[test]
fn a_value_that_is_not_good_is_refused_with_its_setting() {
    let machine = Machine::new();
    for (flag, value) in [
        ("--idle-timeout", "5"),
        ("--idle-timeout", "1500ms"),
        ("--public-origin", "http://app.example"),
        ("--cookie-name", "session"),
        ("--trusted-proxies", "10.0.0.0/8,proxy"),
        ("--cookie-name", "__Host-session-statement"),
        ("--same-site", "none"),
        ("--statement-cookie", "on"),
        ("--hashing-threads", "0"),
        ("--path-prefix", "/session/"),
        ("--near-cache", "many"),
        ("--near-cache-age", "0s"),
        ("--near-cache-age", "3s"),
    ] {
        let refused = machine.run(&[&SERVE[..], &[flag, value]].concat());
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{flag}: {refused:?}");
        assert!(refused.stderr.contains(flag), "{refused:?}");
    }
}

/// R39, R76: what is no store is refused, and its password is not told.
#[test]
fn a_store_url_is_never_repeated() {
    let machine = Machine::new();
    for url in ["postgres://alice:hunter2@db/sessions", "redis//alice:hunter2@db", "hunter2", "embedded:"] {
        let flag = machine.run(&[&SERVE[..], &["--store", url]].concat());
        let variable: Outcome = machine.command(&SERVE).env("SESSION_STORE", url).output().unwrap().into();
        machine.write("settings.toml", &format!("store = \"{url}\"\n"));
        let file = machine.run(&[&SERVE[..], &["--config", "settings.toml"]].concat());
        for refused in [flag, variable, file] {
            assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
            assert!(refused.stderr.contains("store is not `embedded:DIRECTORY`"), "{refused:?}");
            assert!(!refused.stderr.contains("hunter2"), "{refused:?}");
        }
    }
    let mut help = machine.command(&["serve", "--help"]);
    let help: Outcome = help.env("SESSION_STORE", "redis://:hunter2@db").output().unwrap().into();
    let help = help.expect_success();
    assert!(help.contains("SESSION_STORE") && !help.contains("hunter2"), "{help}");
}

#[test]
fn what_is_no_database_of_places_is_refused() {
    let machine = Machine::new();
    machine.write("note.mmdb", "a note");
    for (file, told) in [
        ("none.mmdb", "place database `none.mmdb` cannot be read: "),
        ("note.mmdb", "place database `note.mmdb`: expected a database of cities or countries"),
    ] {
        let message = machine.run(&[&SERVE[..], &["--place-database", file]].concat()).expect_refusal();
        assert!(message.starts_with(told), "{message}");
    }
    assert!(!machine.path("session-data").exists(), "nothing is made by a start that was refused");
}

/// R33: beside those that OWASP and NIST have for their levels.
#[test]
fn the_timeouts_of_the_manual_are_those_of_the_help() {
    let manual = include_str!("../../../docs/timeouts.md");
    let help = Machine::new().run(&["serve", "--help"]).expect_success();
    let default = |flag: &str| {
        let (_, rest) = help.split_once(&format!(" --{flag} ")).unwrap();
        let (_, rest) = rest.split_once("[default: ").unwrap();
        let (span, unit) = rest.split_once(']').unwrap().0.split_at(2);
        format!("{span} {}", if unit == "m" { "min" } else { unit })
    };
    let ours = format!("| default | {} | {} |", default("idle-timeout"), default("absolute-timeout"));
    assert_eq!(ours, "| default | 30 min | 12 h |");
    // NIST SP 800-63B-4 §2.
    for row in [
        &*ours,
        "| OWASP, low risk | 15–30 min | 4–8 h |",
        "| NIST SP 800-63B, AAL1 | – | 30 days |",
        "| NIST SP 800-63B, AAL2 | 1 h | 24 h |",
        "| NIST SP 800-63B, AAL3 | 15 min | 12 h |",
    ] {
        assert!(manual.contains(row), "{row}");
    }
}

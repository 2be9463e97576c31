use crate::machine::{Login, Machine};

const AUTHENTIC: &str = "verdict: authentic; whether the session is live, only the store knows";
const STATED: &str = "verdict: authentic; it says nothing of what happened since it was issued";

/// A machine with a key ring, and what one of its sessions is proved by.
async fn logged_in() -> (Machine, Login) {
    let machine = Machine::with_alice();
    let server = machine.serve(&["--public-origin", "https://app.example"]).await;
    let login = server.log_in("alice").await;
    assert_eq!(server.terminate().await.code(), Some(0));
    (machine, login)
}

/// What is said of a text, of which the last line is the verdict. No part of the text that proves
/// anything is in it.
#[track_caller]
fn explained(machine: &Machine, text: &str, arguments: &[&str]) -> (String, String) {
    let outcome = machine.enter(&[&["explain"], arguments].concat(), text);
    assert_eq!(outcome.stderr, "", "{outcome:?}");
    // What is refused is a failure for a script too.
    let is_refused = outcome.stdout.contains("\nverdict: refused");
    assert_eq!(outcome.code, Some(i32::from(is_refused)), "{outcome:?}");
    let proofs = text.split(['.', ';', '=', ' ']).filter(|field| field.len() >= 43);
    for proof in proofs {
        assert!(!outcome.stdout.contains(proof), "{outcome:?}");
    }
    let (said, verdict) =
        outcome.stdout.trim_end().rsplit_once('\n').unwrap_or(("", outcome.stdout.trim_end()));
    (said.to_owned(), verdict.to_owned())
}

/// R39: to who looks into things.
#[tokio::test]
async fn a_cookie_is_explained_without_its_secret() {
    let (machine, login) = logged_in().await;
    let value = &login.cookie;
    let id = login.view["session_id"].as_str().unwrap();
    let (said, verdict) = explained(&machine, value, &[]);
    assert_eq!(verdict, AUTHENTIC);
    assert!(said.starts_with("session cookie __Host-session\n  key          c1\n"), "{said}");
    assert!(said.contains(&format!("  session ID   {id}\n  secret       (not shown)\n")), "{said}");
    assert!(said.ends_with(&format!("({})", login.absolute_expires_at())), "{said}");

    for header in [
        format!("__Host-session={value}"),
        format!("Cookie: theme=dark; __Host-session={value}; a=b"),
        format!("cookie: __Host-session={value}; theme=dark"),
        format!("Cookie: __Host-session=v1.c1.planted; __Host-session={value}"),
    ] {
        let (said, verdict) = explained(&machine, &header, &[]);
        assert_eq!(verdict, AUTHENTIC, "{header}");
        assert!(said.contains(id), "{said}");
    }
}

#[tokio::test]
async fn a_refused_cookie_is_explained_by_its_reason() {
    let (machine, login) = logged_in().await;
    let value = &login.cookie;
    let end = login.absolute_expires_at();
    let said_at = |text: &str, time: u64| explained(&machine, text, &["--at", &time.to_string()]).1;
    assert_eq!(said_at(value, end - 1), AUTHENTIC);
    let expired = said_at(value, end);
    assert_eq!(
        expired,
        format!("verdict: refused, expired: session cookie expired at {end}, judged at {end}")
    );
    let early = said_at(value, 1_000);
    assert!(early.starts_with("verdict: refused, not_yet_valid: session cookie was issued at "), "{early}");

    // One second longer, which the tag does not cover.
    let longer = value.replace(&format!(".{end}."), &format!(".{}.", end + 1));
    let unknown = value.replacen("v1.c1.", "v1.c9.", 1);
    let too_long = format!("{value}{}", "A".repeat(512));
    for (text, expected) in [
        (longer.as_str(), "verdict: refused, bad_tag: session cookie has a wrong tag"),
        (&unknown, "verdict: refused, unknown_key: session cookie names a key that is not in the key ring"),
        (&too_long, "verdict: refused, too_long: session cookie is longer than 512 bytes"),
        (&format!("{value}A"), "verdict: refused, malformed: session cookie is not of the v1 format"),
        ("garbage", "verdict: refused, malformed: session cookie is not of the v1 format"),
        ("", "verdict: refused, malformed: session cookie is not of the v1 format"),
        (&format!("__Host-session={longer}"), "verdict: refused, bad_tag: session cookie has a wrong tag"),
    ] {
        assert_eq!(explained(&machine, text, &[]).1, expected);
    }
    // Under another ring it is a stranger's.
    machine.run(&["keys", "new", "--keys", "other.json"]).expect_success();
    let (_, verdict) = explained(&machine, value, &["--keys", "other.json"]);
    assert_eq!(verdict, "verdict: refused, bad_tag: session cookie has a wrong tag");
}

#[tokio::test]
async fn a_statement_is_explained_too() {
    let (machine, login) = logged_in().await;
    let statement = login.statement();
    let (said, verdict) = explained(&machine, statement, &[]);
    assert_eq!(verdict, STATED);
    assert!(said.starts_with("session statement\n  key          s1\n"), "{said}");
    assert!(said.contains("  issuer       \"https://app.example\"\n  subject      \"alice\"\n"), "{said}");

    let made_at = login.view["created_at"].as_u64().unwrap();
    let (late, early) = ((made_at + 400).to_string(), "1000".to_owned());
    let (payload, signature) = statement.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let tampered = format!("{payload}.{other}{}", &signature[1..]);
    for (text, arguments, code) in [
        (statement, &["--at", &late][..], "expired"),
        (statement, &["--at", &early], "not_yet_valid"),
        (statement, &["--issuer", "https://other.example"], "wrong_issuer"),
        (&tampered, &[], "bad_signature"),
        ("eyJhbGciOiJub25lIn0.e30.", &[], "malformed"),
    ] {
        let (_, verdict) = explained(&machine, text, arguments);
        assert!(verdict.starts_with(&format!("verdict: refused, {code}: ")), "{verdict}");
    }
}

#[test]
fn nothing_is_explained_without_a_key_ring() {
    let machine = Machine::new();
    let message = machine.enter(&["explain"], "garbage").expect_refusal();
    assert!(message.starts_with("key ring `session-data/keys.json` is missing: "), "{message}");
}

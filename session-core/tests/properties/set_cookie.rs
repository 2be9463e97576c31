//! FORMAT.md §1 and §2: the attributes of the two cookies.

use proptest::prelude::*;
use session_core::{
    CookieKeyRing, CookieName, DeviceId, KeyId, KeyRing, MAX_STATEMENT_LENGTH, STATEMENT_COOKIE_NAME,
    SameSite, SessionId, SessionSecret, StatementCookie, remove_cookie, remove_other_cookie,
    remove_statement_cookie, set_cookie, set_device_cookie, set_statement_cookie,
};

use crate::fixtures::{C1, Session, at, key, sessions};
use crate::names::TOKEN;
use crate::statement::{NOW, RING, claims};

fn same_sites() -> impl Strategy<Value = (SameSite, &'static str)> {
    prop_oneof![Just((SameSite::Lax, "SameSite=Lax")), Just((SameSite::Strict, "SameSite=Strict"))]
}

fn readers() -> impl Strategy<Value = StatementCookie> {
    prop_oneof![Just(StatementCookie::Readable), Just(StatementCookie::HttpOnly)]
}

/// The attributes of the statement cookie, between its pair and its `Max-Age`.
fn attributes(readers: StatementCookie, same_site: &'static str) -> Vec<&'static str> {
    match readers {
        StatementCookie::Readable => vec!["Path=/", "Secure", same_site],
        StatementCookie::HttpOnly => vec!["Path=/", "Secure", "HttpOnly", same_site],
    }
}

fn names() -> impl Strategy<Value = CookieName> {
    "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,57}"
        .prop_map(|rest| CookieName::new(&format!("__Host-{rest}")).expect("a token"))
}

proptest! {
    /// R12, R15, R16: no `Domain` and no `Max-Age` can be added, whatever the name.
    #[test]
    fn a_set_cookie_has_exactly_its_attributes_and_at_most_256_bytes(
        session in sessions(), name in names(), key_id in "[A-Za-z0-9_-]{1,32}", same_site in same_sites(),
    ) {
        let key_id = KeyId::new(&key_id).unwrap();
        let ring = CookieKeyRing::new(name.clone(), &[key(key_id.as_str(), C1)], key_id).unwrap();
        let Session { secret, issued_at, expires_at, .. } = session;
        let secret = SessionSecret::from_bytes(secret);
        let value = ring.sign(session.id(), &secret, at(issued_at), at(expires_at)).unwrap();
        let line = set_cookie(&name, &value, same_site.0);
        let parts: Vec<&str> = line.split("; ").collect();
        let pair = format!("{name}={}", value.expose());
        prop_assert_eq!(&parts, &[&pair, "Path=/", "Secure", "HttpOnly", same_site.1]);
        prop_assert!(pair.len() <= 256);
        prop_assert!(value.expose().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)));
    }

    /// R15: a browser ignores a removal whose attributes differ.
    #[test]
    fn a_removal_has_the_same_attributes(name in names(), same_site in same_sites()) {
        let line = remove_cookie(&name, same_site.0);
        let parts: Vec<&str> = line.split("; ").collect();
        let pair = format!("{name}=");
        prop_assert_eq!(&parts, &[&pair, "Path=/", "Secure", "HttpOnly", same_site.1, "Max-Age=0"]);
    }

    /// RFC 6265 §4.1.1: a name is a token, and nothing that is none gets into a header.
    #[test]
    fn the_cookie_of_another_program_is_removed_if_there_can_be_one(name in "[ -~]{0,3}|[!#-+.^-z|~]{1,20}|\\PC{1,3}") {
        let can_be = !name.is_empty() && name.chars().all(|character| TOKEN.contains(character));
        let line = remove_other_cookie(&name);
        prop_assert_eq!(line.is_some(), can_be);
        let pair = format!("{name}=");
        let expected = [&pair, "Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=0"];
        prop_assert!(line.is_none_or(|line| line.split("; ").eq(expected)));
    }

    /// R15, R16: nothing but who may read it is left to choose here.
    #[test]
    fn a_statement_cookie_lasts_as_long_as_its_statement(
        readers in readers(), same_site in same_sites(), lifetime in 1..=300u64, age in 0..400u64,
    ) {
        let mut claims = claims();
        claims.expires_at = at(NOW + lifetime);
        let statement = RING.0.sign(&claims).unwrap();
        let line = set_statement_cookie(&statement, at(NOW + age), readers, same_site.0);
        let pair = format!("{STATEMENT_COOKIE_NAME}={}", statement.as_str());
        let max_age = format!("Max-Age={}", lifetime.saturating_sub(age));
        let expected = [vec![&*pair], attributes(readers, same_site.1), vec![&*max_age]].concat();
        prop_assert_eq!(line.split("; ").collect::<Vec<_>>(), expected);
        let line = remove_statement_cookie(readers, same_site.0);
        let pair = format!("{STATEMENT_COOKIE_NAME}=");
        let expected = [vec![&*pair], attributes(readers, same_site.1), vec!["Max-Age=0"]].concat();
        prop_assert_eq!(line.split("; ").collect::<Vec<_>>(), expected);
    }
}

/// R12: what is longer than 4,096 bytes browsers drop.
#[test]
fn the_longest_statement_cookie_is_kept_by_a_browser() {
    let claims_of = |length: usize| {
        let mut claims = claims();
        claims.claims = format!(r#"{{"a":"{}"}}"#, "x".repeat(length)).parse().unwrap();
        RING.0.sign(&claims)
    };
    let longest = (0..4_000).rev().find_map(|length| claims_of(length).ok()).expect("one that fits");
    assert!(longest.as_str().len() > MAX_STATEMENT_LENGTH - 4);
    let line = set_statement_cookie(&longest, at(NOW), StatementCookie::HttpOnly, SameSite::Strict);
    assert!(line.len() < 4_096, "with all its attributes it has {} bytes", line.len());
}

/// R12: with the longest of names and of key IDs.
#[test]
fn the_longest_name_and_value_together_stay_within_256_bytes() {
    let name = CookieName::new(&format!("__Host-{}", "n".repeat(57))).unwrap();
    let id = "k".repeat(KeyId::MAX_LENGTH);
    let ring = CookieKeyRing::new(name, &[key(&id, C1)], KeyId::new(&id).unwrap()).unwrap();
    let (from, to) = (at(99_999_999_998), at(99_999_999_999));
    let secret = SessionSecret::from_bytes([0; 32]);
    let value = ring.sign(SessionId::from_bytes([0; 16]), &secret, from, to).unwrap();
    assert_eq!((value.expose().len(), ring.name().as_str().len()), (170, 64));
}

/// R15: `Lax`, unless `Strict` is set.
#[test]
fn the_cookie_crosses_no_site_unless_a_link_is_followed() {
    assert_eq!(SameSite::default(), SameSite::Lax);
}

/// R15, R16: for a year, and with no request that another site has made.
#[test]
fn a_device_cookie_has_exactly_its_attributes() {
    let keys = KeyRing::generate().unwrap().device_keys(&CookieName::default());
    let cookie = keys.sign(DeviceId::from_bytes([7; 16]), "alice", at(NOW));
    let pair = format!("__Host-session-device={}", cookie.expose());
    let expected = [&pair, "Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=31536000"];
    assert_eq!(set_device_cookie(&cookie).split("; ").collect::<Vec<_>>(), expected);
    assert!(pair.len() <= 256);
}

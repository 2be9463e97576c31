//! FORMAT.md §1: the attributes of the cookie.

use proptest::prelude::*;
use session_core::{
    CookieKeyRing, CookieName, KeyId, SameSite, SessionId, SessionSecret, remove_cookie, set_cookie,
};

use crate::fixtures::{C1, Session, at, key, sessions};

fn same_sites() -> impl Strategy<Value = (SameSite, &'static str)> {
    prop_oneof![Just((SameSite::Lax, "SameSite=Lax")), Just((SameSite::Strict, "SameSite=Strict"))]
}

fn names() -> impl Strategy<Value = CookieName> {
    "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,57}"
        .prop_map(|rest| CookieName::new(&format!("__Host-{rest}")).expect("a token"))
}

proptest! {
    #[test]
    fn a_set_cookie_has_exactly_its_attributes_and_at_most_256_bytes(
        session in sessions(), name in names(), key_id in "[A-Za-z0-9_-]{1,32}", same_site in same_sites(),
    ) {
        let key_id = KeyId::new(&key_id).unwrap();
        let ring = CookieKeyRing::new(name.clone(), [key(key_id.as_str(), C1)], key_id).unwrap();
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

    #[test]
    fn a_removal_has_the_same_attributes(name in names(), same_site in same_sites()) {
        let line = remove_cookie(&name, same_site.0);
        let parts: Vec<&str> = line.split("; ").collect();
        let pair = format!("{name}=");
        prop_assert_eq!(&parts, &[&pair, "Path=/", "Secure", "HttpOnly", same_site.1, "Max-Age=0"]);
    }
}

#[test]
fn the_longest_name_and_value_together_stay_within_256_bytes() {
    let name = CookieName::new(&format!("__Host-{}", "n".repeat(57))).unwrap();
    let id = "k".repeat(KeyId::MAX_LENGTH);
    let ring = CookieKeyRing::new(name, [key(&id, C1)], KeyId::new(&id).unwrap()).unwrap();
    let (from, to) = (at(99_999_999_998), at(99_999_999_999));
    let secret = SessionSecret::from_bytes([0; 32]);
    let value = ring.sign(SessionId::from_bytes([0; 16]), &secret, from, to).unwrap();
    assert_eq!((value.expose().len(), ring.name().as_str().len()), (170, 64));
}

#[test]
fn the_cookie_crosses_no_site_unless_a_link_is_followed() {
    assert_eq!(SameSite::default(), SameSite::Lax);
}

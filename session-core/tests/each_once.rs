//! Each operation once, as few times as can be: it is what `cargo xtask miri` executes, where a signature takes a minute.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use session_core::{
    CookieKeyRing, CookieName, DEVICE_COOKIE_NAME, DeviceId, JsonObject, KeyPurpose, KeyRing,
    KnownRevocations, RevocationFeed, SessionId, SessionSecret, StartKey, StartNonce, StatementClaims,
    UnixTime,
};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const END: UnixTime = UnixTime::from_secs(1_800_000_300);
const ISSUER: &str = "https://app.example";

fn ring() -> KeyRing {
    let mut ring = KeyRing::generate().unwrap();
    let added = ring.free_id(KeyPurpose::Cookie);
    ring.add(KeyPurpose::Cookie, added, NOW).unwrap();
    ring.activate(KeyPurpose::Cookie, &added).unwrap();
    ring
}

fn id() -> SessionId {
    SessionId::generate().unwrap()
}

#[test]
fn a_cookie_is_signed_and_found_and_a_changed_one_is_refused() {
    let keys: CookieKeyRing = ring().cookie_keys(CookieName::default());
    let (id, secret) = (id(), SessionSecret::generate().unwrap());
    let cookie = keys.sign(id, &secret, NOW, END).unwrap();
    let header = format!("theme=dark; __Host-session={}", cookie.expose());
    let found = keys.verify_header([header.as_bytes()], NOW).unwrap();
    assert!(found.session_id() == id && secret.hash().matches(found.secret()));
    let forged = header.replace("v1.", "v1.A");
    assert!(keys.verify_header([forged.as_bytes()], NOW).is_err());
    assert!(keys.verify_header([header.as_bytes()], END).is_err());
}

#[test]
fn a_device_and_the_key_of_a_start_are_what_they_are() {
    let keys = ring().device_keys(&CookieName::default());
    let device = DeviceId::generate().unwrap();
    let cookie = keys.sign(device, "alice", NOW);
    let header = format!("{DEVICE_COOKIE_NAME}={}", cookie.expose());
    assert_eq!(keys.find([header.as_bytes()], "alice", NOW), Some(device));
    let key = StartKey::new(b"canary-token-of-the-office-0123456789", "one").unwrap();
    let nonce = StartNonce::generate().unwrap();
    assert!(key.secret(&nonce).hash().matches(&key.secret(&nonce)));
}

#[test]
fn a_ring_goes_into_its_file_and_comes_back() {
    let text = ring().to_json();
    assert_eq!(KeyRing::from_json(&text).unwrap().to_json(), text);
}

#[test]
fn a_statement_is_signed_and_verified_and_a_changed_one_is_refused() {
    let ring = ring();
    let claims = StatementClaims {
        issuer: ISSUER.into(),
        subject: "alice".into(),
        session_id: id(),
        issued_at: NOW,
        expires_at: END,
        authenticated_at: NOW,
        idle_expires_at: END,
        absolute_expires_at: END,
        claims: JsonObject::default(),
    };
    let statement = ring.statement_signer().sign(&claims).unwrap();
    let keys = ring.statement_keys();
    assert_eq!(keys.verify(statement.as_str(), ISSUER, NOW).unwrap().claims(), &claims);
    let (signed, signature) = statement.as_str().rsplit_once('.').unwrap();
    let forged: String = signature.chars().rev().collect();
    assert!(keys.verify(&format!("{signed}.{forged}"), ISSUER, NOW).is_err());
}

#[test]
fn a_feed_is_signed_and_learnt() {
    let (ring, ended) = (ring(), id());
    let feed = RevocationFeed::new(ISSUER.into(), [ended], NOW);
    let signed = ring.statement_signer().sign_revocations(&feed).unwrap();
    let authentic = ring.statement_keys().verify_revocations(&signed, ISSUER, NOW).unwrap();
    assert_eq!(authentic.feed(), &feed);
    KnownRevocations::default().learn(authentic);
}

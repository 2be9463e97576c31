//! The answers of an independent implementation (`vectors/`). A disagreement is a defect here.

use serde_json::{Value, json};
use session_core::{
    CookieKeyRing, CookieName, InvalidStartKey, KeyId, KeyRing, KeySecret, SessionSecret, StartKey,
    StartNonce, StatementKeySet, UnixTime,
};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

fn vectors(text: &str) -> Value {
    serde_json::from_str(text).expect("vectors are JSON")
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("no text `{member}` in {value}"))
}

fn now(vector: &Value) -> UnixTime {
    UnixTime::from_secs(vector["now"].as_u64().expect("a time"))
}

/// R5–R7, R11, R17: by an implementation that has nothing of this one.
#[test]
fn every_cookie_vector_gets_its_verdict() {
    let file = vectors(include_str!("../../vectors/cookie-v1.json"));
    let keys = file["keys"].as_array().expect("keys").iter().map(|jwk| {
        let secret = URL_SAFE_NO_PAD.decode(text(jwk, "k")).expect("a key");
        (KeyId::new(text(jwk, "kid")).expect("a key ID"), KeySecret::new(&secret).expect("a key"))
    });
    let keys: Vec<_> = keys.collect();
    let cases = file["vectors"].as_array().expect("vectors");
    assert_eq!(cases.len(), 71);
    for case in cases {
        let name = CookieName::new(text(case, "cookie_name")).expect("a cookie name");
        let ring = CookieKeyRing::new(name, &keys, KeyId::new("c1").unwrap()).expect("a ring");
        let verdict = match ring.verify(text(case, "cookie").as_bytes(), now(case)) {
            Ok(cookie) => json!({ "ok": {
                "session_id": cookie.session_id().to_string(),
                "issued_at": cookie.issued_at().as_secs(),
                "expires_at": cookie.expires_at().as_secs(),
                "key_id": ring.accepted().key_id(&cookie).unwrap().as_str(),
            }}),
            Err(refusal) => json!({ "error": refusal.code() }),
        };
        assert_eq!(verdict, case["expect"], "vector `{}`", text(case, "name"));
    }
}

/// R6, R66: for one name, and by a key that makes no session cookie.
#[test]
fn every_device_vector_gets_its_verdict() {
    let file = vectors(include_str!("../../vectors/device-v1.json"));
    // The statement key plays no part in it.
    let statement = KeyRing::generate().expect("entropy").to_json();
    let statement: Value = serde_json::from_str(&statement).expect("a ring");
    let cookie = json!({ "signing": "c1", "keys": file["keys"] });
    let ring = json!({ "cookie": cookie, "statement": statement["statement"] }).to_string();
    let ring = KeyRing::from_json(&ring).expect("a ring");
    let cases = file["vectors"].as_array().expect("vectors");
    assert_eq!(cases.len(), 161);
    for case in cases {
        let keys = ring.device_keys(&CookieName::new(text(case, "cookie_name")).expect("a cookie name"));
        let verdict = match keys.verify(text(case, "cookie").as_bytes(), text(case, "user_name"), now(case)) {
            Ok(device) => json!({ "ok": { "device_id": device.to_string() } }),
            Err(refusal) => json!({ "error": refusal.code() }),
        };
        assert_eq!(verdict, case["expect"], "vector `{}`", text(case, "name"));
    }
}

/// R6: what follows from a token has a label of its own.
#[test]
fn every_start_vector_gets_its_marker_and_its_secret() {
    let file = vectors(include_str!("../../vectors/start-v1.json"));
    let cases = file["vectors"].as_array().expect("vectors");
    assert_eq!(cases.len(), 19);
    for case in cases {
        let nonce = serde_json::from_value::<StartNonce>(case["nonce"].clone()).expect("a nonce");
        let verdict = match StartKey::new(text(case, "credential").as_bytes(), text(case, "key")) {
            Ok(key) => {
                // It is shown nowhere but in a cookie.
                let secret = SessionSecret::from_bytes(decoded(&case["expect"]["ok"]["secret"]));
                let hash = String::from(key.secret(&nonce).hash());
                assert!(key.secret(&nonce).hash().matches(&secret), "vector `{}`", text(case, "name"));
                json!({ "ok": {
                    "marker_id": key.marker_id().to_string(),
                    "secret": case["expect"]["ok"]["secret"],
                    "secret_hash": hash,
                }})
            }
            Err(InvalidStartKey) => json!({ "error": "invalid_key" }),
        };
        assert_eq!(verdict, case["expect"], "vector `{}`", text(case, "name"));
    }
}

fn decoded(text: &Value) -> [u8; 32] {
    let bytes = URL_SAFE_NO_PAD.decode(text.as_str().expect("a text")).expect("base64url");
    bytes.try_into().expect("32 bytes")
}

/// R11, R17: by an implementation that has nothing of this one.
#[test]
fn every_statement_vector_gets_its_verdict() {
    let file = vectors(include_str!("../../vectors/statement-v1.json"));
    let keys = StatementKeySet::from_json(&file["jwks"].to_string()).expect("a key set");
    let cases = file["vectors"].as_array().expect("vectors");
    assert_eq!(cases.len(), 48);
    for case in cases {
        let verdict = match keys.verify(text(case, "statement"), text(&file, "issuer"), now(case)) {
            Ok(statement) => json!({ "ok": statement.claims() }),
            Err(refusal) => json!({ "error": refusal.code() }),
        };
        assert_eq!(verdict, case["expect"], "vector `{}`", text(case, "name"));
    }
}

/// R17: by an implementation that has nothing of this one.
#[test]
fn every_revocation_vector_gets_its_verdict() {
    let file = vectors(include_str!("../../vectors/revocations-v1.json"));
    let keys = StatementKeySet::from_json(&file["jwks"].to_string()).expect("a key set");
    let cases = file["vectors"].as_array().expect("vectors");
    assert_eq!(cases.len(), 82);
    for case in cases {
        let verdict = match keys.verify_revocations(text(case, "feed"), text(&file, "issuer"), now(case)) {
            Ok(feed) => json!({ "ok": feed.feed() }),
            Err(refusal) => json!({ "error": refusal.code() }),
        };
        assert_eq!(verdict, case["expect"], "vector `{}`", text(case, "name"));
    }
}

//! FORMAT.md §4: the key ring file.

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use serde_json::{Value, json};
use session_core::{
    CookieKeyRing, CookieKeys, CookieName, KeyPurpose, KeyRing, KeyRingError, KeySecret, KeySecretError,
    RepeatedKeyId, StatementKeySet, UnknownKeyPurpose, WeakKey,
};

use crate::fixtures::{C1, C2, Session, at, encode, key, key_id, sessions};
use crate::statement::{ISSUER, NOW, claims};

const S1: &[u8; 32] = b"the seed of the pair named s1 ..";
const S2: &[u8; 32] = b"another seed of the pair named 2";

fn oct(kid: &str, secret: &[u8]) -> Value {
    json!({ "kty": "oct", "kid": kid, "alg": "HS256", "k": encode(secret) })
}

fn okp(kid: &str, seed: &[u8; 32]) -> Value {
    let x = encode(SigningKey::from_bytes(seed).verifying_key().as_bytes());
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "alg": "EdDSA", "x": x, "d": encode(seed) })
}

fn file() -> Value {
    json!({
        "cookie": { "signing": "c2", "keys": [oct("c2", C2), oct("c1", C1)] },
        "statement": { "signing": "s1", "keys": [okp("s1", S1), okp("s2", S2)] },
    })
}

fn read(file: &Value) -> Result<KeyRing, KeyRingError> {
    KeyRing::from_json(&file.to_string())
}

/// The file with the value at `pointer` replaced.
fn with(pointer: &str, value: impl Into<Value>) -> Value {
    let mut file = file();
    *file.pointer_mut(pointer).expect("a member") = value.into();
    file
}

/// Why a file is refused, once it is sure that the message tells nothing of any key.
fn refusal(file: &Value) -> KeyRingError {
    let text = file.to_string();
    let refusal = KeyRing::from_json(&text).expect_err(&text);
    let message = refusal.to_string();
    for secret in text.split('"').filter(|member| member.len() > 32) {
        for part in secret.as_bytes().windows(6) {
            assert!(!message.as_bytes().windows(6).any(|window| window == part), "{message}");
        }
    }
    refusal
}

fn is_shape(refusal: KeyRingError) -> bool {
    matches!(refusal, KeyRingError::Shape { .. })
}

#[test]
fn a_well_formed_file_is_read() {
    assert!(read(&file()).is_ok());
}

/// R5: a key that is too short, or out of an example, stops the start.
#[test]
fn a_secret_of_31_bytes_is_refused() {
    let weak = refusal(&with("/cookie/keys/1/k", encode(&C1[..31])));
    assert_eq!(weak, KeyRingError::WeakKey { id: key_id("c1"), reason: WeakKey::TooShort { length: 31 } });
    assert_eq!(weak.to_string(), "key `c1` is refused: key secret has 31 bytes, expected at least 32");
    let example = refusal(&with("/cookie/keys/1/k", encode("keyboard cat")));
    assert_eq!(example.to_string(), "key `c1` is refused: key secret has 12 bytes, expected at least 32");
}

/// R5: so does one that nobody has drawn at random.
#[test]
fn a_secret_of_one_byte_repeated_is_refused() {
    for byte in [0, b'a', 0xff] {
        let weak = refusal(&with("/cookie/keys/0/k", encode([byte; 48])));
        let message = "key `c2` is refused: key secret is one byte repeated, expected random bytes";
        assert_eq!(weak.to_string(), message);
    }
    let weak = refusal(&with("/statement/keys/0", okp("s1", &[1; 32])));
    assert_eq!(weak, KeyRingError::WeakKey { id: key_id("s1"), reason: WeakKey::AllBytesEqual });
}

#[test]
fn a_repeated_key_id_is_refused() {
    let repeated = refusal(&with("/cookie/keys/1/kid", "c2"));
    assert_eq!(repeated.to_string(), "key ID `c2` is used twice, expected each once");
    let repeated = refusal(&with("/statement/keys/1/kid", "s1"));
    assert_eq!(repeated, KeyRingError::RepeatedKey { id: key_id("s1") });
}

#[test]
fn a_signing_key_that_is_not_listed_is_refused() {
    for (pointer, value) in [
        ("/cookie/signing", json!("c3")),
        ("/cookie/signing", json!("s1")),
        ("/statement/signing", json!("c2")),
        ("/cookie/keys", json!([])),
        ("/statement/keys", json!([])),
    ] {
        let message = "signing key is not among the listed keys";
        assert_eq!(refusal(&with(pointer, value)).to_string(), message, "{pointer}");
    }
}

#[test]
fn two_halves_that_do_not_belong_together_are_refused() {
    let foreign = okp("s1", S2);
    let invalid = refusal(&with("/statement/keys/0/x", foreign["x"].clone()));
    assert_eq!(invalid, KeyRingError::InvalidKey { id: key_id("s1") });
    let message =
        "key `s1` is not well-formed, expected canonical base64url of a key and its own public half";
    assert_eq!(invalid.to_string(), message);
    let invalid = refusal(&with("/statement/keys/1/d", encode(S1)));
    assert_eq!(invalid, KeyRingError::InvalidKey { id: key_id("s2") });
}

#[test]
fn base64url_that_is_not_canonical_is_refused() {
    let spoil = |text: &str| {
        let (rest, last) = text.split_at(text.len() - 1);
        let next = char::from(last.as_bytes()[0] + 1);
        [
            format!("{text}="),
            format!("{text}\n"),
            format!(" {text}"),
            format!("+{}", &text[1..]),
            format!("{rest}{next}"),
        ]
    };
    // The secrets of both `oct` keys are of 32 bytes, so that their last character has unused bits.
    for (pointer, id) in [
        ("/cookie/keys/0/k", "c2"),
        ("/cookie/keys/1/k", "c1"),
        ("/statement/keys/0/x", "s1"),
        ("/statement/keys/0/d", "s1"),
    ] {
        for text in spoil(file().pointer(pointer).and_then(Value::as_str).expect("a text")) {
            let invalid = refusal(&with(pointer, text));
            assert_eq!(invalid, KeyRingError::InvalidKey { id: key_id(id) }, "{pointer}");
        }
    }
}

#[test]
fn a_wrong_type_curve_or_algorithm_is_refused() {
    let changes = [
        ("/cookie/keys/0/kty", "OKP"),
        ("/cookie/keys/0/kty", "OCT"),
        ("/cookie/keys/0/alg", "HS512"),
        ("/cookie/keys/0/alg", "none"),
        ("/cookie/keys/0/kid", "c 2"),
        ("/cookie/keys/0/kid", ""),
        ("/statement/keys/0/kty", "oct"),
        ("/statement/keys/0/crv", "X25519"),
        ("/statement/keys/0/alg", "Ed25519"),
        ("/statement/signing", ""),
    ];
    for (pointer, text) in changes {
        assert!(is_shape(refusal(&with(pointer, text))), "{pointer} {text}");
    }
}

#[test]
fn an_unknown_or_missing_or_repeated_member_is_refused() {
    for (pointer, member) in [
        ("", "cookie"),
        ("", "statement"),
        ("/cookie", "signing"),
        ("/cookie", "keys"),
        ("/cookie/keys/0", "k"),
        ("/cookie/keys/0", "kid"),
        ("/cookie/keys/0", "kty"),
        ("/cookie/keys/0", "alg"),
        ("/statement/keys/0", "x"),
        ("/statement/keys/0", "d"),
        ("/statement/keys/0", "crv"),
    ] {
        let object = |file: &mut Value| file.pointer_mut(pointer).and_then(Value::as_object_mut).cloned();
        let mut missing = object(&mut file()).expect("an object");
        missing.remove(member).expect("a member");
        let mut unknown = object(&mut file()).expect("an object");
        unknown.insert("comment".into(), encode(C1).into());
        for changed in [missing, unknown] {
            let changed = if pointer.is_empty() { changed.into() } else { with(pointer, changed) };
            assert!(is_shape(refusal(&changed)), "{pointer} {member}");
        }
    }
    let text = file().to_string();
    for member in ["\"signing\":\"c2\"", "\"kid\":\"c1\"", "\"alg\":\"EdDSA\"", "\"kty\":\"oct\""] {
        let twice = text.replacen(member, &format!("{member},{member}"), 1);
        assert_ne!(twice, text, "{member}");
        assert!(is_shape(KeyRing::from_json(&twice).expect_err(member)), "{member}");
    }
}

#[test]
fn an_array_in_place_of_an_object_is_refused() {
    let ring = file();
    let root = json!([ring["cookie"], ring["statement"]]);
    let part = with("/cookie", json!(["c2", ring["cookie"]["keys"]]));
    let key = &ring["cookie"]["keys"][0];
    let oct = with("/cookie/keys/0", json!([key["kty"], key["kid"], key["alg"], key["k"]]));
    let key = &ring["statement"]["keys"][0];
    let pair = json!([key["kty"], key["crv"], key["kid"], key["alg"], key["x"], key["d"]]);
    let pair = with("/statement/keys/0", pair);
    for file in [root, part, oct, pair] {
        assert!(is_shape(refusal(&file)), "{file}");
    }
}

#[test]
fn an_object_in_place_of_a_text_is_refused() {
    for (pointer, text) in [
        ("/cookie/keys/0/kty", "oct"),
        ("/cookie/keys/0/alg", "HS256"),
        ("/statement/keys/0/kty", "OKP"),
        ("/statement/keys/0/crv", "Ed25519"),
        ("/statement/keys/0/alg", "EdDSA"),
    ] {
        assert!(is_shape(refusal(&with(pointer, json!({ text: null })))), "{pointer}");
    }
}

#[test]
fn a_text_that_is_no_file_is_refused_with_its_place() {
    let message = KeyRing::from_json("{\n  \"cookie\": 1 }").expect_err("no part").to_string();
    assert_eq!(message, "keys are not the expected JSON document, at line 2 column 13");
    for text in ["", "null", "{}", "[]", "\u{feff}{}", "{\"cookie\":"] {
        assert!(is_shape(KeyRing::from_json(text).expect_err(text)), "{text}");
    }
    let twice = format!("{0}{0}", file());
    assert!(is_shape(KeyRing::from_json(&twice).expect_err("two documents")));
}

/// R8: a list that is reversed signs with the same key.
#[test]
fn roles_are_named_and_positions_mean_nothing() {
    let mut reversed = file();
    for part in ["cookie", "statement"] {
        reversed[part]["keys"].as_array_mut().expect("keys").reverse();
    }
    let texts = [file(), reversed].map(|file| {
        let ring = read(&file).unwrap();
        let cookie = Session::FIXED.cookie_of(&ring.cookie_keys(CookieName::default()));
        (cookie, ring.statement_signer().sign(&claims()).unwrap().into_string())
    });
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0].0.split('.').nth(1), Some("c2"));
}

#[test]
fn every_listed_statement_key_verifies() {
    let keys = read(&file()).unwrap().statement_keys();
    for signing in ["s1", "s2"] {
        let ring = read(&with("/statement/signing", signing)).unwrap();
        let statement = ring.statement_signer().sign(&claims()).unwrap().into_string();
        let verified = keys.verify(&statement, ISSUER, at(NOW)).unwrap();
        assert_eq!(verified.key_id().as_str(), signing);
    }
}

/// R18: what browsers are given has nothing to sign with.
#[test]
fn the_published_keys_hold_no_private_half() {
    let published: Value = serde_json::from_str(&read(&file()).unwrap().statement_keys().to_json()).unwrap();
    let public = |kid, seed: &[u8; 32]| {
        let x = okp(kid, seed)["x"].clone();
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "alg": "EdDSA", "use": "sig", "x": x })
    };
    assert_eq!(published, json!({ "keys": [public("s1", S1), public("s2", S2)] }));
}

#[test]
fn a_key_set_passes_over_other_kinds_of_keys() {
    let own = okp("s1", S1);
    let public = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "s1", "x": own["x"] });
    let others = [
        json!({ "kty": "RSA", "kid": "r", "n": "AQ", "e": "AQAB" }),
        json!({ "kty": "OKP", "crv": "X25519", "kid": "x", "x": own["x"] }),
        // For another purpose (RFC 7517 §4).
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "u", "x": own["x"], "use": "enc" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": own["x"], "alg": "Ed448", "use": "sig" }),
        json!(["OKP", "Ed25519"]),
        json!({}),
    ];
    let set = json!({ "keys": others.into_iter().chain([public]).collect::<Vec<_>>() });
    let keys: Value =
        serde_json::from_str(&StatementKeySet::from_json(&set.to_string()).unwrap().to_json()).unwrap();
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1));
    assert_eq!(keys["keys"][0]["kid"], "s1");
}

#[test]
fn a_key_set_with_a_bad_key_is_refused() {
    let judge = |set: Value| StatementKeySet::from_json(&set.to_string()).map(|_| ());
    let public = |x: &str| json!({ "kty": "OKP", "crv": "Ed25519", "kid": "s1", "x": x });
    let own = okp("s1", S1)["x"].as_str().expect("a text").to_owned();
    let invalid = Err(KeyRingError::InvalidKey { id: key_id("s1") });
    // The points of small order 1 and 4, no point at all, and texts that are not canonical.
    let order_1 = encode([[1; 1].as_slice(), &[0; 31]].concat());
    for x in [order_1, encode([0; 32]), encode([2; 32]), format!("{own}="), own[1..].to_owned()] {
        assert_eq!(judge(json!({ "keys": [public(&x)] })), invalid, "{x}");
    }
    let twice = judge(json!({ "keys": [public(&own), public(&own)] }));
    assert_eq!(twice, Err(KeyRingError::RepeatedKey { id: key_id("s1") }));
    for shape in [json!({}), json!([[]]), json!([[public(&own)]]), json!({ "keys": {} })] {
        assert!(judge(shape.clone()).is_err_and(is_shape), "{shape}");
    }
    let nameless = json!({ "kty": "OKP", "crv": "Ed25519", "x": own });
    assert!(judge(json!({ "keys": [nameless] })).is_err_and(is_shape));
}

#[test]
fn a_generated_ring_comes_back_from_its_file() {
    let ring = KeyRing::generate().unwrap();
    let text = ring.to_json();
    let again = KeyRing::from_json(&text).unwrap();
    assert_eq!(again.to_json(), text);
    let cookies =
        [&ring, &again].map(|ring| Session::FIXED.cookie_of(&ring.cookie_keys(CookieName::default())));
    assert_eq!(cookies[0], cookies[1]);
    let statement = ring.statement_signer().sign(&claims()).unwrap().into_string();
    assert!(again.statement_keys().verify(&statement, ISSUER, at(NOW)).is_ok());
    let other = KeyRing::generate().unwrap();
    assert!(other.statement_keys().verify(&statement, ISSUER, at(NOW)).is_err());
    assert_ne!(other.to_json(), text);
}

#[test]
fn a_file_comes_back_member_by_member() {
    let again: Value = serde_json::from_str(&read(&file()).unwrap().to_json()).unwrap();
    assert_eq!(again, file());
}

proptest! {
    /// R8, F25: servers that are one step apart know what the others have signed.
    #[test]
    fn a_rotation_in_three_steps_loses_no_cookie(session in sessions()) {
        let before = with("/cookie", json!({ "signing": "c1", "keys": [oct("c1", C1)] }));
        let added = with("/cookie", json!({ "signing": "c1", "keys": [oct("c2", C2), oct("c1", C1)] }));
        let named = with("/cookie", json!({ "signing": "c2", "keys": [oct("c2", C2), oct("c1", C1)] }));
        let removed = with("/cookie", json!({ "signing": "c2", "keys": [oct("c2", C2)] }));
        let rings = [before, added, named, removed]
            .map(|file| read(&file).unwrap().cookie_keys(CookieName::default()));
        let verdict = |signer: usize, verifier: usize| {
            let cookie = session.cookie_of(&rings[signer]);
            let verdict = rings[verifier].verify(cookie.as_bytes(), at(session.issued_at));
            verdict.map_or_else(|refusal| refusal.code(), |_| "ok")
        };
        // Neighbouring steps run side by side on different servers.
        for (step, next) in [(0, 1), (1, 2), (2, 3)] {
            prop_assert_eq!([verdict(step, step), verdict(next, step)], ["ok", "ok"]);
            let old = if step == 1 || step == 0 { "ok" } else { verdict(2, 3) };
            prop_assert_eq!(verdict(step, next), old);
        }
        prop_assert_eq!(verdict(0, 3), "unknown_key");
    }

    #[test]
    fn a_secret_of_32_bytes_or_more_is_taken_whole(secret in prop::collection::vec(any::<u8>(), 32..100)) {
        prop_assume!(secret.iter().any(|byte| *byte != secret[0]));
        let longer = read(&with("/cookie", json!({ "signing": "c1", "keys": [oct("c1", &secret)] }))).unwrap();
        let mut other = secret.clone();
        *other.last_mut().unwrap() ^= 1;
        prop_assume!(other.iter().any(|byte| *byte != other[0]));
        let other = read(&with("/cookie", json!({ "signing": "c1", "keys": [oct("c1", &other)] }))).unwrap();
        let [one, other] = [longer, other].map(|ring| ring.cookie_keys(CookieName::default()));
        let cookie = Session::FIXED.cookie_of(&one);
        prop_assert!(one.verify(cookie.as_bytes(), at(NOW)).is_ok());
        prop_assert!(other.verify(cookie.as_bytes(), at(NOW)).is_err());
    }
}

/// R8: added, activated, retired, and refused from then on.
#[test]
fn a_key_is_rotated_in_three_steps_and_none_of_them_ends_a_session() {
    let mut ring = KeyRing::generate().expect("entropy");
    let verifies = |ring: &KeyRing, cookie: &str| {
        ring.cookie_keys(CookieName::default()).verify(cookie.as_bytes(), at(NOW)).is_ok()
    };
    let cookie_of = |ring: &KeyRing| Session::FIXED.cookie_of(&ring.cookie_keys(CookieName::default()));
    let old = cookie_of(&ring);
    let (c1, c2) = (key_id("c1"), ring.free_id(KeyPurpose::Cookie));
    assert_eq!(c2, key_id("c2"));

    ring.add(KeyPurpose::Cookie, c2, at(NOW)).expect("a second key");
    assert_eq!(cookie_of(&ring), old, "it does not sign yet");
    ring.activate(KeyPurpose::Cookie, &c2).expect("it is there");
    let new = cookie_of(&ring);
    assert_eq!(new.split('.').nth(1), Some("c2"));
    assert!(verifies(&ring, &old) && verifies(&ring, &new));

    let again = KeyRing::from_json(&ring.to_json()).expect("what it wrote");
    assert!(verifies(&again, &old) && cookie_of(&again) == new);

    ring.retire(KeyPurpose::Cookie, &c1).expect("it does not sign");
    assert!(!verifies(&ring, &old) && verifies(&ring, &new));
    let listed: Vec<_> = ring.list().map(|key| (key.purpose.as_str(), key.id, key.signs)).collect();
    assert_eq!(listed, [("cookie", c2, true), ("statement", key_id("s1"), true)]);
}

#[test]
fn a_ring_keeps_when_a_key_of_statements_was_added() {
    let mut ring = KeyRing::generate().expect("entropy");
    for purpose in [KeyPurpose::Cookie, KeyPurpose::Statement] {
        ring.add(purpose, ring.free_id(purpose), at(NOW)).expect("a second key");
    }
    let again = KeyRing::from_json(&ring.to_json()).expect("what it wrote");
    let added: Vec<_> = again.list().map(|key| (key.id.to_string(), key.added_at)).collect();
    let expected = [("c1", None), ("c2", None), ("s1", None), ("s2", Some(at(NOW)))];
    assert_eq!(added, expected.map(|(id, added_at)| (id.to_owned(), added_at)));
}

/// R8: a ring always has the key that signs.
#[test]
fn what_would_leave_a_ring_without_its_signing_key_is_refused() {
    let mut ring = KeyRing::generate().expect("entropy");
    let before = ring.to_json();
    for (purpose, id) in [(KeyPurpose::Cookie, key_id("c1")), (KeyPurpose::Statement, key_id("s1"))] {
        assert_eq!(ring.add(purpose, id, at(NOW)), Err(KeyRingError::RepeatedKey { id }));
        assert_eq!(ring.retire(purpose, &id), Err(KeyRingError::StillSigning { id }));
        let other = key_id("other");
        assert_eq!(ring.activate(purpose, &other), Err(KeyRingError::UnknownKey { id: other }));
        assert_eq!(ring.retire(purpose, &other), Err(KeyRingError::UnknownKey { id: other }));
        assert_eq!(ring.activate(purpose, &id), Ok(()), "it does already");
    }
    assert_eq!(ring.to_json(), before);
}

#[test]
fn a_statement_key_is_rotated_as_a_cookie_key_is() {
    let mut ring = KeyRing::generate().expect("entropy");
    let (s1, s2) = (key_id("s1"), ring.free_id(KeyPurpose::Statement));
    let signs = |ring: &KeyRing| ring.statement_signer().key_id();
    ring.add(KeyPurpose::Statement, s2, at(NOW)).expect("a second key");
    assert_eq!((signs(&ring), ring.free_id(KeyPurpose::Statement)), (s1, key_id("s3")));
    ring.activate(KeyPurpose::Statement, &s2).expect("it is there");
    let statement = ring.statement_signer().sign(&claims()).unwrap().into_string();
    ring.retire(KeyPurpose::Statement, &s1).expect("it does not sign");
    assert_eq!((signs(&ring), ring.free_id(KeyPurpose::Statement)), (s2, s1));
    assert_eq!(ring.statement_keys().verify(&statement, ISSUER, at(NOW)).unwrap().key_id(), s2);
    assert!(ring.list().all(|key| key.signs));
}

#[test]
fn a_purpose_is_named_as_its_part_of_the_file_is() {
    for (name, purpose) in [("cookie", KeyPurpose::Cookie), ("statement", KeyPurpose::Statement)] {
        assert_eq!((name.parse(), purpose.as_str()), (Ok(purpose), name));
    }
    assert_eq!("Cookie".parse::<KeyPurpose>(), Err(UnknownKeyPurpose));
}

#[test]
fn a_refusal_has_a_code_and_names_the_key_that_is_at_fault() {
    let id = key_id("k");
    for (refusal, code, key) in [
        (KeyRingError::Shape { line: 1, column: 1 }, "malformed", None),
        (KeyRingError::InvalidKey { id }, "invalid_key", Some(id)),
        (KeyRingError::WeakKey { id, reason: WeakKey::AllBytesEqual }, "weak_key", Some(id)),
        (KeyRingError::RepeatedKey { id }, "repeated_key", Some(id)),
        (KeyRingError::SigningKeyNotListed, "signing_key_not_listed", None),
        (KeyRingError::UnknownKey { id }, "unknown_key", Some(id)),
        (KeyRingError::StillSigning { id }, "still_signing", Some(id)),
        (KeyRingError::Entropy, "entropy", None),
    ] {
        assert_eq!((refusal.code(), refusal.key_id()), (code, key));
    }
}

#[test]
fn the_secret_of_a_written_key_is_as_long_and_as_random_as_any() {
    let judge = |k: &str| KeySecret::from_jwk(k.as_bytes()).map(|_| ());
    assert_eq!(judge(&encode(C1)), Ok(()));
    let refusals = [
        (format!("{}=", encode(C1)), KeySecretError::Malformed, "invalid_key"),
        (encode(&C1[..31]), KeySecretError::Weak(WeakKey::TooShort { length: 31 }), "weak_key"),
        (encode([7; 32]), KeySecretError::Weak(WeakKey::AllBytesEqual), "weak_key"),
    ];
    for (k, refusal, code) in refusals {
        assert_eq!((judge(&k), refusal.code()), (Err(refusal), code));
    }
}

#[test]
fn keys_that_only_verify_become_a_ring_by_the_one_that_signs() {
    let mut keys = CookieKeys::new(CookieName::default());
    for (id, secret) in [key("c1", C1), key("c2", C2)] {
        assert!(!keys.has(id.as_bytes()));
        assert_eq!(keys.add(id, &secret), Ok(()));
        assert_eq!(keys.add(id, &secret), Err(RepeatedKeyId));
        assert!(keys.has(id.as_bytes()));
    }
    assert_eq!((keys.name(), RepeatedKeyId.code()), (&CookieName::default(), "repeated_key"));
    let ring = keys.signing_with(key_id("c2")).expect("it is there");
    let cookie = Session::FIXED.cookie_of(&ring);
    assert_eq!(cookie.split('.').nth(1), Some("c2"));
    let verified = ring.accepted().verify(cookie.as_bytes(), at(Session::FIXED.issued_at)).unwrap();
    assert_eq!(ring.accepted().key_id(&verified), Some(key_id("c2")));
    let none = CookieKeys::new(CookieName::default()).signing_with(key_id("c1"));
    assert_eq!(none.map(|_: CookieKeyRing| ()).err(), Some(KeyRingError::SigningKeyNotListed));
}

#[test]
fn a_key_set_that_is_no_json_is_refused_with_its_place() {
    let refusal = |text: &str| StatementKeySet::from_json(text).map(|_| ()).unwrap_err();
    assert_eq!(refusal(""), KeyRingError::Shape { line: 1, column: 1 });
    assert_eq!(refusal("{\n  \"keys\": 1 }"), KeyRingError::Shape { line: 2, column: 12 });
}

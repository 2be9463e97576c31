//! FORMAT.md §2: the statement.

use std::sync::LazyLock;

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use session_core::{
    JsonObject, MAX_STATEMENT_LENGTH, SessionId, StatementClaims, StatementKeySet, StatementRefusal,
    StatementSigner, UnfitStatement, UnixTime, decode_statement_unverified,
};
use sha2::{Digest, Sha512};

use crate::fixtures::{LAST, at, encode, key_id};

pub(crate) const ISSUER: &str = "https://app.example";
pub(crate) const NOW: u64 = 1_700_000_000;

pub(crate) static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_bytes(b"a seed that no other ring holds."));

pub(crate) static RING: LazyLock<(StatementSigner, StatementKeySet)> = LazyLock::new(|| {
    let (x, d) = (encode(KEY.verifying_key().as_bytes()), encode(KEY.as_bytes()));
    let ring = json!({
        "cookie": { "signing": "c1", "keys": [
            { "kty": "oct", "kid": "c1", "alg": "HS256", "k": encode("a secret that no other ring has.") },
        ]},
        "statement": { "signing": "s1", "keys": [
            { "kty": "OKP", "crv": "Ed25519", "kid": "s1", "alg": "EdDSA", "x": x, "d": d },
        ]},
    });
    let ring = session_core::KeyRing::from_json(&ring.to_string()).expect("a key ring");
    (ring.statement_signer(), ring.statement_keys())
});

pub(crate) fn claims() -> StatementClaims {
    StatementClaims {
        issuer: ISSUER.into(),
        subject: "user-1".into(),
        session_id: SessionId::from_bytes([3; 16]),
        issued_at: at(NOW),
        expires_at: at(NOW + 300),
        authenticated_at: at(NOW - 10),
        idle_expires_at: at(NOW + 1_800),
        absolute_expires_at: at(NOW + 43_200),
        claims: r#"{"roles":["admin"]}"#.parse().expect("an object"),
    }
}

fn payload() -> Value {
    serde_json::to_value(claims()).expect("JSON")
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "kid": "s1", "typ": "session-statement+jwt" })
}

/// A statement with a good signature, whatever is in it.
fn signed(header: &str, payload: &str) -> String {
    let text = format!("{}.{}", encode(header), encode(payload));
    let signature = KEY.sign(text.as_bytes());
    format!("{text}.{}", encode(signature.to_bytes()))
}

fn signed_values(header: &Value, payload: &Value) -> String {
    signed(&header.to_string(), &payload.to_string())
}

fn code(statement: &str, now: u64) -> &'static str {
    RING.1.verify(statement, ISSUER, at(now)).map_or_else(|refusal| refusal.code(), |_| "ok")
}

fn with(mut object: Value, member: &str, value: impl Into<Value>) -> Value {
    object[member] = value.into();
    object
}

fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().and_then(|members| members.remove(member)).expect("a member");
    object
}

/// Any JSON that a claim of the application may hold.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Finite ones of every size; JSON has no others.
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

prop_compose! {
    fn any_claims()(
        subject: String,
        id: [u8; 16],
        (issued_at, lifetime) in (0..LAST - 300, 1..=300u64),
        times: [u64; 3],
        claims in prop::collection::btree_map("[a-z]{1,8}", json_value(), 0..4),
    ) -> StatementClaims {
        let [authenticated_at, idle_expires_at, absolute_expires_at] = times.map(at);
        StatementClaims {
            issuer: ISSUER.into(),
            subject,
            session_id: SessionId::from_bytes(id),
            issued_at: at(issued_at),
            expires_at: at(issued_at + lifetime),
            authenticated_at,
            idle_expires_at,
            absolute_expires_at,
            claims: JsonObject::try_from(&Map::from_iter(claims)).expect("shallow"),
        }
    }
}

proptest! {
    #[test]
    fn a_signed_statement_verifies_and_gives_back_its_claims(claims in any_claims()) {
        match RING.0.sign(&claims) {
            Ok(signed) => {
                prop_assert_eq!((signed.issued_at(), signed.expires_at()), (claims.issued_at, claims.expires_at));
                let statement = signed.into_string();
                prop_assert!(statement.len() <= MAX_STATEMENT_LENGTH);
                let verified = RING.1.verify(&statement, ISSUER, claims.issued_at).unwrap();
                prop_assert_eq!(verified.claims(), &claims);
                prop_assert_eq!(verified.key_id(), key_id("s1"));
                prop_assert_eq!(RING.0.sign(verified.claims()).unwrap().into_string(), statement);
            }
            Err(unfit) => {
                prop_assert_eq!(unfit, UnfitStatement::TooLong);
                prop_assert!(serde_json::to_string(&claims).unwrap().len() * 4 / 3 > 3_700);
            }
        }
    }

    #[test]
    fn a_changed_inserted_or_removed_character_is_refused(
        claims in any_claims(), place: prop::sample::Index, kind in 0..3usize, new in "[ -~]|é",
    ) {
        let Ok(statement) = RING.0.sign(&claims).map(session_core::SignedStatement::into_string) else { return Ok(()) };
        let place = place.index(statement.len());
        let mut changed = statement.clone();
        match kind {
            0 => changed.replace_range(place..=place, &new),
            1 => changed.insert_str(place, &new),
            _ => { changed.remove(place); }
        }
        prop_assume!(changed != statement);
        prop_assert_ne!(code(&changed, claims.issued_at.as_secs()), "ok");
    }

    #[test]
    fn a_part_of_another_statement_is_refused(one in any_claims(), other in any_claims(), part in 1..3usize) {
        let (Ok(one_text), Ok(other_text)) = (RING.0.sign(&one).map(session_core::SignedStatement::into_string), RING.0.sign(&other).map(session_core::SignedStatement::into_string)) else { return Ok(()) };
        prop_assume!(one != other);
        let mut parts: Vec<&str> = one_text.split('.').collect();
        parts[part] = other_text.split('.').nth(part).unwrap();
        prop_assert_eq!(code(&parts.join("."), one.issued_at.as_secs()), "bad_signature");
    }

    #[test]
    fn the_first_reason_of_the_list_is_given(
        malformed: bool, unknown_key: bool, bad_signature: bool, wrong_issuer: bool,
        not_yet_valid: bool, expired: bool,
    ) {
        let typ = if malformed { "JWT" } else { "session-statement+jwt" };
        let header = json!({ "alg": "EdDSA", "kid": if unknown_key { "s2" } else { "s1" }, "typ": typ });
        let payload = with(payload(), "iss", if wrong_issuer { "https://other.example" } else { ISSUER });
        let mut statement = signed_values(&header, &payload);
        if bad_signature {
            let (rest, _) = statement.rsplit_once('.').unwrap();
            statement = format!("{rest}.{}", encode([0; 64]));
        }
        let now = if not_yet_valid { NOW - 61 } else if expired { NOW + 300 } else { NOW };
        let reasons = [
            (malformed, "malformed"),
            (unknown_key, "unknown_key"),
            (bad_signature, "bad_signature"),
            (wrong_issuer, "wrong_issuer"),
            (not_yet_valid, "not_yet_valid"),
            (expired, "expired"),
        ];
        let first = reasons.iter().find(|(applies, _)| *applies).map_or("ok", |(_, reason)| reason);
        prop_assert_eq!(code(&statement, now), first);
    }

    #[test]
    fn an_issuer_is_compared_exactly(other in "\\PC{0,24}|https://app.example[/ .:]?|HTTPS://app.example") {
        let statement = RING.0.sign(&claims()).unwrap().into_string();
        let verdict = RING.1.verify(&statement, &other, at(NOW)).map(|_| ());
        let expected = if other == ISSUER { Ok(()) } else { Err(StatementRefusal::WrongIssuer) };
        prop_assert_eq!(verdict, expected);
    }

    #[test]
    fn both_time_limits_fall_on_their_exact_second(issued_at in 61..LAST - 300, lifetime in 1..=300u64) {
        let expires_at = issued_at + lifetime;
        let claims = StatementClaims { issued_at: at(issued_at), expires_at: at(expires_at), ..claims() };
        let statement = RING.0.sign(&claims).unwrap().into_string();
        let judge = |now| RING.1.verify(&statement, ISSUER, now).map(|_| ());
        prop_assert_eq!(judge(at(issued_at - 60)), Ok(()));
        prop_assert_eq!(judge(at(expires_at - 1)), Ok(()));
        let early = at(issued_at - 61);
        let too_early = StatementRefusal::NotYetValid { issued_at: at(issued_at), now: early };
        prop_assert_eq!(judge(early), Err(too_early));
        for now in [at(expires_at), UnixTime::MAX] {
            prop_assert_eq!(judge(now), Err(StatementRefusal::Expired { expires_at: at(expires_at), now }));
        }
    }

    #[test]
    fn a_lifetime_is_1_to_300_seconds_in_both_directions(issued_at in 400..LAST - 400, lifetime in -400..400i64) {
        let expires_at = issued_at.saturating_add_signed(lifetime);
        let lawful = (1..=300).contains(&lifetime);
        let claims = StatementClaims { issued_at: at(issued_at), expires_at: at(expires_at), ..claims() };
        let refused = RING.0.sign(&claims).err();
        prop_assert_eq!(refused, (!lawful).then_some(UnfitStatement::Lifetime));
        let statement = signed_values(&header(), &serde_json::to_value(&claims).unwrap());
        prop_assert_eq!(code(&statement, issued_at), if lawful { "ok" } else { "malformed" });
    }
}

#[test]
fn the_text_is_the_one_that_the_format_gives() {
    let statement = RING.0.sign(&claims()).unwrap().into_string();
    let parts: Vec<&str> = statement.split('.').collect();
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[0], encode(r#"{"alg":"EdDSA","kid":"s1","typ":"session-statement+jwt"}"#));
    assert_eq!(
        payload(),
        json!({
            "iss": ISSUER, "sub": "user-1", "sid": encode([3; 16]), "iat": NOW, "exp": NOW + 300,
            "auth_time": NOW - 10, "idle_expires_at": NOW + 1_800, "absolute_expires_at": NOW + 43_200,
            "claims": { "roles": ["admin"] },
        })
    );
    let text = statement.rsplit_once('.').expect("a signature").0;
    assert_eq!(parts[2], encode(KEY.sign(text.as_bytes()).to_bytes()));
}

#[test]
fn lifetimes_at_the_limits_get_their_verdict() {
    for (lifetime, verdict) in [(0, "malformed"), (1, "ok"), (300, "ok"), (301, "malformed")] {
        let statement = signed_values(&header(), &with(payload(), "exp", NOW + lifetime));
        assert_eq!(code(&statement, NOW), verdict, "{lifetime} s");
    }
}

/// R11: a sender names neither an algorithm nor a key of its own.
#[test]
fn a_header_with_a_wrong_missing_or_other_member_is_malformed() {
    let good = signed_values(&header(), &payload());
    assert_eq!(code(&good, NOW), "ok");
    let wrong = [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("Ed25519")),
        ("alg", json!("eddsa")),
        ("alg", json!({ "EdDSA": null })),
        ("alg", json!(["EdDSA"])),
        ("alg", json!(null)),
        ("typ", json!("JWT")),
        ("typ", json!("session-revocations+jwt")),
        ("typ", json!("Session-Statement+JWT")),
        ("typ", json!("application/session-statement+jwt")),
        ("typ", json!(null)),
        ("kid", json!("")),
        ("kid", json!("s 1")),
        ("kid", json!("s".repeat(33))),
        ("kid", json!(1)),
        ("crit", json!([])),
        ("jwk", json!({})),
        ("jku", json!("https://app.example/keys")),
        ("x5c", json!([])),
        ("b64", json!(true)),
        ("cty", json!("JWT")),
        ("", json!(0)),
    ];
    for (member, value) in wrong {
        let statement = signed_values(&with(header(), member, value.clone()), &payload());
        assert_eq!(code(&statement, NOW), "malformed", "{member} {value}");
    }
    for member in ["alg", "typ", "kid"] {
        let statement = signed_values(&without(header(), member), &payload());
        assert_eq!(code(&statement, NOW), "malformed", "no {member}");
    }
}

#[test]
fn a_missing_claim_or_one_of_another_type_is_malformed() {
    let texts = ["iss", "sub", "sid"];
    let times = ["iat", "exp", "auth_time", "idle_expires_at", "absolute_expires_at"];
    for claim in texts.into_iter().chain(times).chain(["claims"]) {
        let statement = signed_values(&header(), &without(payload(), claim));
        assert_eq!(code(&statement, NOW), "malformed", "no {claim}");
        for value in [json!(null), json!([]), json!(true)] {
            let statement = signed_values(&header(), &with(payload(), claim, value));
            assert_eq!(code(&statement, NOW), "malformed", "{claim}");
        }
    }
    for time in times {
        for value in [json!("1700000000"), json!(-1), json!(1.7e9), json!(LAST + 1), json!({})] {
            let statement = signed_values(&header(), &with(payload(), time, value.clone()));
            assert_eq!(code(&statement, NOW), "malformed", "{time} {value}");
        }
    }
    for sid in ["", "AwMDAwMDAwMDAwMDAwMDAx", "AwMDAwMDAwMDAwMDAwMDAw=="] {
        let statement = signed_values(&header(), &with(payload(), "sid", sid));
        assert_eq!(code(&statement, NOW), "malformed", "{sid}");
    }
}

#[test]
fn a_repeated_member_is_malformed() {
    let (header, payload) = (header().to_string(), payload().to_string());
    for (text, member) in [
        (&header, "\"alg\":\"EdDSA\""),
        (&header, "\"kid\":\"s1\""),
        (&header, "\"typ\":\"session-statement+jwt\""),
        (&payload, "\"sub\":\"user-1\""),
        (&payload, "\"iss\":\"https://app.example\""),
        (&payload, "\"exp\":1700000300"),
        (&payload, "\"claims\":{\"roles\":[\"admin\"]}"),
    ] {
        let twice = text.replacen(member, &format!("{member},{member}"), 1);
        assert_ne!(&twice, text, "{member}");
        let statement = if text == &header { signed(&twice, &payload) } else { signed(&header, &twice) };
        assert_eq!(code(&statement, NOW), "malformed", "{member}");
    }
}

#[test]
fn an_array_in_place_of_an_object_is_malformed() {
    let listed = json!(["EdDSA", "s1", "session-statement+jwt"]);
    assert_eq!(code(&signed_values(&listed, &payload()), NOW), "malformed");
    let order =
        ["iss", "sub", "sid", "iat", "exp", "auth_time", "idle_expires_at", "absolute_expires_at", "claims"];
    let listed = Value::from_iter(order.map(|claim| payload()[claim].take()));
    assert_eq!(code(&signed_values(&header(), &listed), NOW), "malformed");
}

#[test]
fn a_claim_of_another_name_changes_nothing() {
    let statement = signed_values(&header(), &with(payload(), "jti", "x"));
    assert_eq!(code(&statement, NOW), "ok");
}

/// R11: one encoding, with nothing before it and nothing behind.
#[test]
fn a_text_of_other_parts_is_malformed() {
    let good = RING.0.sign(&claims()).unwrap().into_string();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    for text in [
        String::new(),
        ".".into(),
        "..".into(),
        header.into(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!(".{payload}.{signature}"),
        format!("{header}..{signature}"),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{signature}"),
        format!("{good}="),
        format!("{good} "),
        format!("{good}\n"),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}.{}", &signature[1..]),
        format!("{header}.{payload}.{signature}A"),
        format!("{header}.{payload}.+{}", &signature[1..]),
    ] {
        assert_eq!(code(&text, NOW), "malformed", "{text}");
    }
}

/// R11: `s` and `s` plus the order of the group satisfy the same equation; RFC 8032 §5.1.7 takes one.
#[test]
fn a_malleable_signature_is_refused() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let good = RING.0.sign(&claims()).unwrap().into_string();
    let (text, _) = good.rsplit_once('.').unwrap();
    let mut bytes = KEY.sign(text.as_bytes()).to_bytes();
    let mut carry = 0;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert_ne!(Signature::from_bytes(&bytes), KEY.sign(text.as_bytes()));
    assert_eq!(code(&format!("{text}.{}", encode(bytes)), NOW), "bad_signature");
}

/// With `R` the neutral point, `S = k·s` satisfies the equation for the holder of `s`; lenient
/// verifiers differ on it, so that one server would accept what another refuses.
#[test]
fn a_signature_with_a_nonce_of_small_order_is_refused() {
    let good = RING.0.sign(&claims()).expect("a statement").into_string();
    let (text, _) = good.rsplit_once('.').expect("a signature");
    let mut signature = [0; 64];
    signature[0] = 1;
    let secret = KEY.to_scalar();
    let hash =
        Sha512::new().chain_update(&signature[..32]).chain_update(KEY.verifying_key()).chain_update(text);
    let two_to_the_32nd = scalar(&secret, 1 << 32);
    let words = hash.finalize();
    let k = words.rchunks(4).fold(secret - secret, |k, word| {
        let word = u32::from_le_bytes(word.try_into().expect("four bytes"));
        k * two_to_the_32nd + scalar(&secret, word.into())
    });
    signature[32..].copy_from_slice((k * secret).as_bytes());
    let lenient = KEY.verifying_key().verify(text.as_bytes(), &Signature::from_bytes(&signature));
    assert!(lenient.is_ok(), "the equation holds");
    assert_eq!(code(&format!("{text}.{}", encode(signature)), NOW), "bad_signature");
}

/// A scalar of the type of `like`, which its crate does not name for us.
fn scalar<S: From<u64>>(_like: &S, value: u64) -> S {
    value.into()
}

#[test]
fn a_statement_is_read_without_being_verified_only_when_asked_for() {
    let other = signed_values(&with(header(), "kid", "s9"), &with(payload(), "iss", "https://other.example"));
    let (text, _) = other.rsplit_once('.').expect("a signature");
    let forged = format!("{text}.{}", encode([0; 64]));
    let claims = StatementClaims { issuer: "https://other.example".into(), ..claims() };
    let decoded = decode_statement_unverified(&forged).unwrap();
    assert_eq!((decoded.key_id(), decoded.claims()), (key_id("s9"), &claims));
    let malformed = Err(StatementRefusal::Malformed);
    assert_eq!(
        decode_statement_unverified(&signed_values(&with(header(), "crit", json!([])), &payload())),
        malformed
    );
    assert_eq!(decode_statement_unverified(text), malformed);
}

/// R12: refused before anybody is sent it.
#[test]
fn a_statement_too_long_for_a_cookie_is_neither_made_nor_read() {
    let padded = |length: usize| StatementClaims { subject: "s".repeat(length), ..claims() };
    let fits =
        (1..4_000).rev().find_map(|length| RING.0.sign(&padded(length)).ok().map(|text| (length, text)));
    let (length, longest) = fits.expect("a statement that fits");
    assert!((MAX_STATEMENT_LENGTH - 3..=MAX_STATEMENT_LENGTH).contains(&longest.as_str().len()));
    assert_eq!(code(longest.as_str(), NOW), "ok");
    assert_eq!(RING.0.sign(&padded(length + 1)), Err(UnfitStatement::TooLong));
    let too_long = signed_values(&header(), &serde_json::to_value(padded(length + 1)).unwrap());
    assert_eq!(code(&too_long, NOW), "malformed");
}

#[test]
fn a_statement_is_read_up_to_its_4000th_byte() {
    // With a space in its header, since base64url has no text of every length.
    let header = header().to_string().replacen('{', "{ ", 1);
    let judge = |length: usize| {
        let padding = length - with(payload(), "jti", "").to_string().len();
        let statement = signed(&header, &with(payload(), "jti", "x".repeat(padding)).to_string());
        (statement.len(), code(&statement, NOW))
    };
    assert_eq!(judge(2_877), (4_000, "ok"));
    assert_eq!(judge(2_878), (4_002, "malformed"));
}

/// R6, R32. A secret under another label: what is made for a browser to read opens no session.
#[test]
fn a_statement_is_never_taken_for_a_cookie() {
    let statement = RING.0.sign(&claims()).unwrap().into_string();
    let verdict = crate::fixtures::ring().verify(statement.as_bytes(), at(NOW)).map(|_| ());
    assert!(matches!(verdict.map_err(|refusal| refusal.code()), Err("malformed" | "too_long")));
}

#[test]
fn claims_are_kept_to_the_letter_and_read_as_members_when_asked_for() {
    const CLAIMS: &str = r#"{"n": 1.0e1, "a":[ ] }"#;
    let claims: JsonObject = CLAIMS.parse().expect("an object");
    assert_eq!(claims.as_str(), CLAIMS);
    let members = claims.to_map().expect("no number is too large");
    assert_eq!(Value::Object(members.clone()), json!({ "n": 10.0, "a": [] }));
    assert_eq!(JsonObject::try_from(&members).expect("shallow").as_str(), r#"{"a":[],"n":10.0}"#);
    assert_eq!(r#"{"n":1e999}"#.parse::<JsonObject>().expect("an object").to_map(), None);
    assert_eq!(JsonObject::default().as_str(), "{}");
    for text in ["", "[]", "1", "{} {}", "{\"a\"}", " "] {
        assert!(text.parse::<JsonObject>().is_err(), "{text}");
    }
}

#[test]
fn claims_are_as_deep_as_a_reader_of_the_statement_goes() {
    let nested = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1));
    let claims_of = |levels: usize| nested(levels).parse::<JsonObject>();
    assert!(claims_of(127).is_err());
    let claims = StatementClaims { claims: claims_of(126).expect("deep enough"), ..claims() };
    let statement = RING.0.sign(&claims).expect("it can be written");
    assert_eq!(code(statement.as_str(), NOW), "ok");
    let deeper = payload().to_string().replacen(r#"{"roles":["admin"]}"#, &nested(127), 1);
    assert_eq!(code(&signed(&header().to_string(), &deeper), NOW), "malformed");
}

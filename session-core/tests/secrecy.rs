//! What is secret is written nowhere but in a cookie and in the key ring file, and what must be
//! unguessable is drawn at random (R1, R19).

use std::collections::HashSet;
use std::error::Error;
use std::fmt::Debug;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use serde_json::json;
use session_core::{
    CookieKeyRing, CookieName, DeviceId, JsonObject, KeyId, KeyRing, KeySecret, SecretHash, SessionId,
    SessionSecret, StartKey, StatementClaims, StatementKeySet, UnixTime,
};

// Canaries: texts that are found nowhere else, in full or in part.
const SESSION_SECRET: &[u8; 32] = b"SY&B7RDLHZ8R2#GRAP4TM2LEJ6JJAAPP";
const COOKIE_KEY: &[u8; 32] = b"LLUWN#PMN2VBZ4LKSEXVAXEVYV8WM88M";
const STATEMENT_SEED: &[u8; 32] = b"DSBY3B4Z2A6CMNHR7Y%Y&S7GZUC5FPX%";

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const END: UnixTime = UnixTime::from_secs(1_700_000_300);

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fails when any six bytes of a secret can be read in `text`, however they are written.
#[track_caller]
fn assert_tells_nothing(text: &str) {
    let tag = cookie().rsplit_once('.').expect("a tag").1.to_owned();
    let hash = String::from(SessionSecret::from_bytes(*SESSION_SECRET).hash());
    for part in tag.as_bytes().windows(8).chain(hash.as_bytes().windows(8)) {
        assert!(!text.contains(str::from_utf8(part).expect("ASCII")), "{text}");
    }
    for secret in [SESSION_SECRET, COOKIE_KEY, STATEMENT_SEED] {
        let whole = encode(secret);
        for part in whole.as_bytes().windows(6) {
            assert!(!text.contains(str::from_utf8(part).expect("ASCII")), "{text}");
        }
        for part in secret.windows(6) {
            let raw = str::from_utf8(part).expect("ASCII");
            let (list, digits) = (format!("{part:?}"), hex(part));
            let list = list.trim_matches(['[', ']']);
            // What `{:#?}` makes of a list, too.
            let lines = list.replace(' ', "\n");
            let squeezed: String = text.split_whitespace().collect::<Vec<_>>().join("\n");
            assert!(!text.contains(raw) && !text.contains(list) && !squeezed.contains(&lines), "{text}");
            assert!(!text.to_lowercase().contains(&digits), "{text}");
        }
    }
}

#[track_caller]
fn assert_debug_tells_nothing(value: &impl Debug) {
    assert_tells_nothing(&format!("{value:?}"));
    assert_tells_nothing(&format!("{value:#?}"));
}

#[track_caller]
fn assert_error_tells_nothing(error: &(impl Error + 'static)) {
    assert_debug_tells_nothing(error);
    let mut error: Option<&dyn Error> = Some(error);
    while let Some(cause) = error {
        assert_tells_nothing(&cause.to_string());
        error = cause.source();
    }
}

fn file() -> String {
    let x = encode(SigningKey::from_bytes(STATEMENT_SEED).verifying_key().as_bytes());
    json!({
        "cookie": { "signing": "c1", "keys": [
            { "kty": "oct", "kid": "c1", "alg": "HS256", "k": encode(COOKIE_KEY) },
        ]},
        "statement": { "signing": "s1", "keys": [
            { "kty": "OKP", "crv": "Ed25519", "kid": "s1", "alg": "EdDSA", "x": x, "d": encode(STATEMENT_SEED) },
        ]},
    })
    .to_string()
}

fn ring() -> KeyRing {
    KeyRing::from_json(&file()).expect("a key ring")
}

fn cookie_keys() -> CookieKeyRing {
    ring().cookie_keys(CookieName::default())
}

fn cookie() -> String {
    let secret = SessionSecret::from_bytes(*SESSION_SECRET);
    let cookie = cookie_keys().sign(SessionId::from_bytes([1; 16]), &secret, NOW, END).expect("a cookie");
    cookie.expose().to_owned()
}

#[test]
#[should_panic(expected = "LLUWN#PMN2VB")]
fn the_search_finds_a_secret_in_plain() {
    assert_tells_nothing(&format!("{:?}", str::from_utf8(COOKIE_KEY)));
}

#[test]
#[should_panic(expected = "83, 89, 38")]
fn the_search_finds_a_secret_in_a_list_of_bytes() {
    assert_debug_tells_nothing(SESSION_SECRET);
}

/// R19: of no type that holds one.
#[test]
fn no_debug_text_tells_a_secret() {
    let ring = ring();
    assert_debug_tells_nothing(&ring);
    assert_debug_tells_nothing(&cookie_keys());
    assert_debug_tells_nothing(&ring.statement_signer());
    assert_debug_tells_nothing(&ring.statement_keys());
    assert_debug_tells_nothing(&KeySecret::new(COOKIE_KEY).expect("a secret"));

    let secret = SessionSecret::from_bytes(*SESSION_SECRET);
    assert_debug_tells_nothing(&secret);
    assert_debug_tells_nothing(&secret.hash());
    let value = cookie_keys().sign(SessionId::from_bytes([1; 16]), &secret, NOW, END);
    assert_debug_tells_nothing(&value);
    assert_debug_tells_nothing(&cookie_keys().verify(cookie().as_bytes(), NOW).expect("authentic"));
    let header = format!("__Host-session={}", cookie());
    assert_debug_tells_nothing(&cookie_keys().verify_header([header.as_bytes()], NOW).expect("authentic"));
}

/// R4, R39: neither the secret, nor where a tag differs from the right one.
#[test]
fn a_debug_text_says_what_it_is_of() {
    let (ring, id) = (ring(), SessionId::from_bytes([1; 16]));
    let secret = SessionSecret::from_bytes(*SESSION_SECRET);
    let value = cookie_keys().sign(id, &secret, NOW, END).expect("a cookie");
    let devices = ring.device_keys(&CookieName::default());
    let device = devices.sign(DeviceId::from_bytes([1; 16]), "alice", NOW);
    let start = StartKey::new(COOKIE_KEY, "a-key").expect("a key");
    let claims: JsonObject = r#"{"a": 1}"#.parse().expect("an object");
    let texts: [(&dyn Debug, &str); 12] = [
        (&ring, "KeyRing(..)"),
        (&ring.statement_signer(), "StatementSigner { key_id: KeyId(s1), .. }"),
        (&KeySecret::new(COOKIE_KEY).expect("a secret"), "KeySecret(..)"),
        (&secret, "SessionSecret(..)"),
        (&secret.hash(), "SecretHash(..)"),
        (&value, "CookieValue(..)"),
        (&devices, "DeviceKeys(..)"),
        (&device, "DeviceCookie(..)"),
        (&start, "StartKey(..)"),
        (&claims, r#"{"a": 1}"#),
        (&id, "SessionId(AQEBAQEBAQEBAQEBAQEBAQ)"),
        (&KeyId::new("c1"), "Ok(KeyId(c1))"),
    ];
    for (value, text) in texts {
        assert_eq!(format!("{value:?}"), text);
    }
    // Of its keys it names what they are called.
    assert!(format!("{:?}", cookie_keys()).contains("[KeyId(c1)]"), "{:?}", cookie_keys());
}

#[test]
fn no_refusal_of_a_cookie_tells_a_secret() {
    let good = cookie();
    let other_key = good.replace("v1.c1", "v1.c2");
    let other_tag = good.replace("v1.c1.A", "v1.c1.B");
    let long = good.repeat(4);
    let cases = [
        ("", NOW),
        (&other_key, NOW),
        (&other_tag, NOW),
        (&long, NOW),
        (&good, END),
        (&good, UnixTime::EPOCH),
    ];
    let mut codes = HashSet::new();
    for (text, now) in cases {
        let refusal = cookie_keys().verify(text.as_bytes(), now).expect_err("a fault");
        assert_error_tells_nothing(&refusal);
        codes.insert(refusal.code());
        let line = format!("__Host-session={text}");
        assert_error_tells_nothing(
            &cookie_keys().verify_header([line.as_bytes()], now).expect_err("a fault"),
        );
    }
    assert_eq!(codes.len(), cases.len());
    let secret = SessionSecret::from_bytes(*SESSION_SECRET);
    let never = cookie_keys().sign(SessionId::from_bytes([1; 16]), &secret, END, NOW);
    assert_error_tells_nothing(&never.expect_err("ends before it starts"));
}

/// R39: nor what a parser would have quoted.
#[test]
fn no_refusal_of_a_key_ring_tells_a_secret() {
    let file = file();
    let (k, d) = (encode(COOKIE_KEY), encode(STATEMENT_SEED));
    let changes = [
        (k.as_str(), format!("{k}=")),
        (&k, encode(&COOKIE_KEY[..31])),
        (&d, encode(b"DSBY3B4Z2A6CMNHR7Y%Y&S7GZUC5FPXz")),
        (&d, format!("{d}A")),
        // Members in the place of others: a parser's own message would quote them.
        ("\"c1\",\"kty\"", format!("\"{k}\",\"kty\"")),
        ("\"HS256\"", format!("\"{k}\"")),
        ("\"OKP\"", format!("\"{d}\"")),
        ("\"crv\"", format!("\"{d}\"")),
        ("\"k\"", format!("\"{k}\"")),
        ("\"signing\":\"s1\"", format!("\"signing\":\"{d}\"")),
        ("{\"cookie\"", format!("{k}{{\"cookie\"")),
    ];
    for (from, to) in changes {
        let changed = file.replace(from, &to);
        assert_ne!(changed, file, "{from}");
        let refusal = KeyRing::from_json(&changed).expect_err(from);
        assert_error_tells_nothing(&refusal);
        let refusal = StatementKeySet::from_json(&changed).expect_err("not a key set");
        assert_error_tells_nothing(&refusal);
    }
}

/// R39: somebody may have put the secret in its place.
#[test]
fn no_refused_name_or_key_is_repeated_in_the_error() {
    let secret = encode(SESSION_SECRET);
    assert_error_tells_nothing(&KeyId::new(&secret).expect_err("too long"));
    assert_error_tells_nothing(&CookieName::new(&secret).expect_err("no prefix"));
    assert_error_tells_nothing(&secret.parse::<SessionId>().expect_err("too long"));
    assert_error_tells_nothing(&SecretHash::try_from(format!("{secret}=")).expect_err("not canonical"));
    assert_error_tells_nothing(&KeySecret::new(&COOKIE_KEY[..31]).expect_err("too short"));
}

/// R39: what everybody may read is made beside the secrets, and of none of them.
#[test]
fn neither_a_statement_nor_the_published_keys_tell_a_secret() {
    let claims = StatementClaims {
        issuer: "https://app.example".into(),
        subject: "user-1".into(),
        session_id: SessionId::from_bytes([1; 16]),
        issued_at: NOW,
        expires_at: END,
        authenticated_at: NOW,
        idle_expires_at: END,
        absolute_expires_at: END,
        claims: JsonObject::default(),
    };
    let statement = ring().statement_signer().sign(&claims).expect("a statement").into_string();
    for part in statement.split('.') {
        let part = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        assert_tells_nothing(&String::from_utf8_lossy(&part));
    }
    assert_tells_nothing(&statement);
    assert_tells_nothing(&ring().statement_keys().to_json());
}

/// How many of `drawn` have each bit set.
fn counts_by_bit(drawn: &[Vec<u8>]) -> Vec<usize> {
    let bits = drawn[0].len() * 8;
    let is_set = |bytes: &[u8], bit: usize| bytes[bit / 8] >> (bit % 8) & 1 == 1;
    (0..bits).map(|bit| drawn.iter().filter(|bytes| is_set(bytes, bit)).count()).collect()
}

/// A fair bit is set 50,000 ± 158 times of 100,000. Eight standard deviations off, on any of 384
/// bits, is chance less often than once in 10¹² runs.
#[track_caller]
fn assert_random(drawn: &[Vec<u8>]) {
    assert_eq!(drawn.len(), 100_000);
    assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), drawn.len(), "drawn twice");
    for (bit, count) in counts_by_bit(drawn).into_iter().enumerate() {
        assert!(count.abs_diff(50_000) < 1_265, "bit {bit} is set {count} times");
    }
}

/// R1: 128 bits of the system, with no time, counter or version among them.
#[test]
fn session_ids_are_random_in_every_bit_and_never_repeat() {
    let draw = |_| SessionId::generate().expect("entropy").as_bytes().to_vec();
    assert_random(&(0..100_000).map(draw).collect::<Vec<_>>());
}

/// R1: 256 bits of the system.
#[test]
fn secrets_are_random_in_every_bit_and_never_repeat() {
    let ring = cookie_keys();
    let draw = |_| {
        let secret = SessionSecret::generate().expect("entropy");
        let cookie = ring.sign(SessionId::from_bytes([1; 16]), &secret, NOW, END).expect("a cookie");
        let text = cookie.expose().split('.').nth(3).expect("the secret").to_owned();
        URL_SAFE_NO_PAD.decode(text).expect("base64url")
    };
    assert_random(&(0..100_000).map(draw).collect::<Vec<_>>());
}

/// R5: no ring begins with a key that another has.
#[test]
fn generated_keys_never_repeat() {
    let mut seen = HashSet::new();
    for _ in 0..200 {
        let file: serde_json::Value =
            serde_json::from_str(&KeyRing::generate().expect("entropy").to_json()).expect("JSON");
        for pointer in ["/cookie/keys/0/k", "/statement/keys/0/d"] {
            let key = file.pointer(pointer).and_then(serde_json::Value::as_str).expect("a key");
            assert!(seen.insert(key.to_owned()), "drawn twice");
        }
    }
}

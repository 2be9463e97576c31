//! Statements, key sets and key ring files of any bytes: nothing panics, what is accepted keeps
//! every rule of FORMAT.md §2 and §4, and it comes back the same when it is written and read again (R11, R19).
//!
//! The input is judged as each of them, and, when it has two lines, as header and payload of a
//! statement whose signature is right: without that, the signature would shield both.

#![no_main]

use std::fmt;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use libfuzzer_sys::fuzz_target;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use session_core::{
    CookieName, KeyRing, StatementKeySet, StatementSigner, UnixTime, decode_statement_unverified,
};
use session_fuzz::input;

const ISSUER: &str = "https://app.example";

static VECTOR_KEYS: LazyLock<StatementKeySet> = LazyLock::new(|| {
    let file = include_str!("../../vectors/statement-v1.json");
    let file: Value = serde_json::from_str(file).expect("JSON");
    StatementKeySet::from_json(&file["jwks"].to_string()).expect("a key set")
});

static OWN_KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_bytes(b"a seed that no other ring holds."));

static OWN_KEYS: LazyLock<(StatementSigner, StatementKeySet)> = LazyLock::new(|| {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let k = encode(b"a secret that no other ring has.");
    let (x, d) = (encode(OWN_KEY.verifying_key().as_bytes()), encode(OWN_KEY.as_bytes()));
    let ring = json!({
        "cookie": { "signing": "c1", "keys": [{ "kty": "oct", "kid": "c1", "alg": "HS256", "k": k }] },
        "statement": { "signing": "s1", "keys": [
            { "kty": "OKP", "crv": "Ed25519", "kid": "s1", "alg": "EdDSA", "x": x, "d": d },
        ]},
    });
    let ring = KeyRing::from_json(&ring.to_string()).expect("a key ring");
    (ring.statement_signer(), ring.statement_keys())
});

fuzz_target!(|data: &[u8]| {
    let (now, text) = input(data);
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    if let Ok(statement) = VECTOR_KEYS.verify(text, ISSUER, now) {
        assert_eq!(statement.claims().issuer, ISSUER);
    }
    if let Some((header, payload)) = text.split_once('\n') {
        judge_signed(header, payload, now);
    }
    judge_key_set(text);
    judge_key_ring(text);
});

fn judge_signed(header: &str, payload: &str, now: UnixTime) {
    let mut text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = OWN_KEY.sign(text.as_bytes()).to_bytes();
    text = format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature));

    let (signer, keys) = &*OWN_KEYS;
    judge_feed(&text, header, payload, now);
    let verdict = keys.verify(&text, ISSUER, now);
    let code = verdict.as_ref().map_or_else(|refusal| refusal.code(), |_| "ok");
    assert_eq!(code, expected(&text, header, payload, now.as_secs()));
    assert_eq!(decode_statement_unverified(&text).is_ok(), code != "malformed");
    if let Ok(statement) = verdict {
        let again = signer.sign(statement.claims()).expect("lawful claims").into_string();
        let again = keys.verify(&again, ISSUER, now).expect("what was signed verifies");
        assert_eq!(again.claims(), statement.claims());
    }
}

fn judge_feed(text: &str, header: &str, payload: &str, now: UnixTime) {
    let (signer, keys) = &*OWN_KEYS;
    let verdict = keys.verify_revocations(text, ISSUER, now);
    let code = verdict.as_ref().map_or_else(|refusal| refusal.code(), |_| "ok");
    assert_eq!(code, expected_of_feed(header, payload, now.as_secs()));
    if let Ok(feed) = verdict {
        let again = signer.sign_revocations(feed.feed()).expect("a lawful feed");
        assert_eq!(keys.verify_revocations(&again, ISSUER, now), Ok(feed));
    }
}

/// FORMAT.md §3 once more.
fn expected_of_feed(header: &str, payload: &str, now: u64) -> &'static str {
    let (Some(kid), Some(payload)) = (key_of(header, "session-revocations+jwt"), Members::of(payload)) else {
        return "malformed";
    };
    let (iss, revoked) = (payload.single("iss"), payload.single("revoked"));
    let ids: Option<Vec<Vec<u8>>> = revoked.as_array().and_then(|ids| {
        let id = |id: &Value| {
            id.as_str().filter(|id| is_id(id)).map(|id| URL_SAFE_NO_PAD.decode(id).expect("an ID"))
        };
        ids.iter().map(id).collect()
    });
    let ascends = ids.is_some_and(|ids| ids.is_sorted_by(|one, next| one < next));
    match ["iat", "exp"].map(|name| payload.time(name)) {
        [Some(iat), Some(exp)] if iss.is_string() && ascends && exp > iat && exp - iat <= 15 => {
            judge(&kid, &iss, iat, exp, now)
        }
        _ => "malformed",
    }
}

/// The key ID of an exact header.
fn key_of(header: &str, expected_typ: &str) -> Option<String> {
    let header = Members::of(header)?;
    let [alg, kid, typ] = ["alg", "kid", "typ"].map(|name| header.single(name));
    let kid = kid.as_str()?;
    let is_key_id = (1..=32).contains(&kid.len())
        && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (header.0.len() == 3 && alg == "EdDSA" && typ == expected_typ && is_key_id).then(|| kid.to_owned())
}

fn is_id(text: &str) -> bool {
    text.len() == 22 && URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 16)
}

fn judge(kid: &str, iss: &Value, iat: u64, exp: u64, now: u64) -> &'static str {
    if kid != "s1" {
        return "unknown_key";
    }
    if iss != ISSUER {
        return "wrong_issuer";
    }
    if iat > now + 60 {
        return "not_yet_valid";
    }
    if now >= exp { "expired" } else { "ok" }
}

/// FORMAT.md §2 once more, member by member instead of by types.
fn expected(text: &str, header: &str, payload: &str, now: u64) -> &'static str {
    let (Some(kid), Some(payload)) = (key_of(header, "session-statement+jwt"), Members::of(payload)) else {
        return "malformed";
    };
    let [iss, sub, sid, claims] = ["iss", "sub", "sid", "claims"].map(|name| payload.single(name));
    let claims_are_exact =
        iss.is_string() && sub.is_string() && sid.as_str().is_some_and(is_id) && claims.is_object();
    let times =
        ["iat", "exp", "auth_time", "idle_expires_at", "absolute_expires_at"].map(|name| payload.time(name));
    let [Some(iat), Some(exp), Some(_), Some(_), Some(_)] = times else {
        return "malformed";
    };
    if text.len() > 4000 || !claims_are_exact || exp <= iat || exp - iat > 300 {
        return "malformed";
    }
    judge(&kid, &iss, iat, exp, now)
}

/// The members of one JSON object, each as often as it is written.
struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    fn of(json: &str) -> Option<Self> {
        // The members alone would be skimmed: as values, all that is in them is read.
        serde_json::from_str::<Value>(json).ok()?;
        serde_json::from_str(json).ok()
    }

    /// The value of the member that must be there once; `null` otherwise.
    fn single(&self, name: &str) -> Value {
        let mut values = self.0.iter().filter(|(member, _)| member == name);
        let (Some((_, value)), None) = (values.next(), values.next()) else {
            return Value::Null;
        };
        serde_json::from_str(value.get()).unwrap_or(Value::Null)
    }

    fn time(&self, name: &str) -> Option<u64> {
        self.single(name).as_u64().filter(|&secs| secs <= 99_999_999_999)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(member) = map.next_entry()? {
            self.0.push(member);
        }
        Ok(self)
    }
}

fn judge_key_set(text: &str) {
    if let Ok(keys) = StatementKeySet::from_json(text) {
        assert!(text.trim_start().starts_with('{'));
        let json = keys.to_json();
        let again = StatementKeySet::from_json(&json).expect("what was written is read");
        assert_eq!(again.to_json(), json);
    }
}

fn judge_key_ring(text: &str) {
    if let Ok(ring) = KeyRing::from_json(text) {
        let file: Value = serde_json::from_str(text).expect("a key ring is JSON");
        let again: Value = serde_json::from_str(&ring.to_json()).expect("JSON");
        assert_eq!(in_order(again), in_order(file));
        let _ = ring.cookie_keys(CookieName::default());
        let _ = (ring.statement_signer(), ring.statement_keys());
    }
}

/// The order of keys means nothing.
fn in_order(mut ring: Value) -> Value {
    for part in ["cookie", "statement"] {
        let keys = ring[part]["keys"].as_array_mut().expect("keys");
        keys.sort_by_key(|key| key["kid"].to_string());
    }
    ring
}

//! Texts that are a JWS of ours, or nearly.

use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

use crate::encode;
use crate::json::{json_value, object};
use crate::random::Random;

pub(crate) const ISSUER: &str = "https://app.example";
const IDS: [&str; 2] = ["s1", "s2"];
pub(crate) const SEEDS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

/// The JWK Set of both keys.
pub(crate) fn key_set() -> Value {
    let jwk = |(kid, seed)| json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "alg": "EdDSA", "x": encode(public_key(seed)) });
    let keys: Vec<_> = IDS.into_iter().zip(&SEEDS).map(jwk).collect();
    json!({ "keys": keys })
}

pub(crate) fn public_key(seed: &[u8; 32]) -> [u8; 32] {
    SigningKey::from_bytes(seed).verifying_key().to_bytes()
}

/// Under one of the keys, with a header of the type `typ`; and then damaged now and then.
pub(crate) fn signed(random: &mut Random, typ: &str, payload: String) -> String {
    let key = random.below(SEEDS.len());
    let header = header(random, typ, IDS[key]);
    let mut payload = payload.into_bytes();
    if random.once_in(64) {
        // No UTF-8.
        let at = random.below(payload.len());
        payload[at] = 0xff;
    }
    let mut text = format!("{}.{}", encode(header), encode(payload));
    let seed = if random.once_in(24) { random.bytes() } else { SEEDS[key] };
    let mut signature = SigningKey::from_bytes(&seed).sign(text.as_bytes()).to_bytes();
    match random.below(48) {
        0 => malleate(&mut signature),
        1 => signature[random.below(64)] ^= 1,
        _ => {}
    }
    text = format!("{text}.{}", encode(signature));
    if random.once_in(8) {
        return random
            .damage(&text, &[".", "=", "A", "B", "-", "_", "+", " ", "ü", "\0", "\u{fffd}", "..", "A.A"]);
    }
    text
}

/// As the server signs, with nothing odd about it.
pub(crate) fn plainly_signed(typ: &str, payload: &Value) -> String {
    let header = json!({ "alg": "EdDSA", "kid": IDS[0], "typ": typ });
    let text = format!("{}.{}", encode(header.to_string()), encode(payload.to_string()));
    let signature = SigningKey::from_bytes(&SEEDS[0]).sign(text.as_bytes());
    format!("{text}.{}", encode(signature.to_bytes()))
}

/// Adds the order of the group to `s`, which a lenient verifier takes (RFC 8032 §8.4).
fn malleate(signature: &mut [u8; 64]) {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, more) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
}

fn header(random: &mut Random, typ: &str, kid: &str) -> String {
    let mut members = vec![
        "\"alg\":\"EdDSA\"".to_owned(),
        format!("\"typ\":\"{typ}\""),
        match random.below(24) {
            0 => "\"kid\":\"s9\"".to_owned(),
            1 => format!("\"kid\":\"\\u0073{}\"", &kid[1..]),
            2 => format!("\"kid\":{}", json_value(random, 0)),
            _ => format!("\"kid\":\"{kid}\""),
        },
    ];
    let turn = random.below(3);
    members.rotate_left(turn);
    if random.once_in(24) {
        let other = [
            "\"crit\":[]",
            "\"jwk\":{}",
            "\"alg\":\"none\"",
            "\"alg\":\"HS256\"",
            "\"typ\":\"JWT\"",
            "\"b64\":false",
            "\"kid\":\"s1\"",
            "\"kid\":\"\"",
        ];
        members.push(random.pick(&other).to_owned());
        if random.once_in(2) {
            members.swap_remove(random.below(3));
        }
    }
    object(random, &members)
}

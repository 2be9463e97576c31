use serde_json::json;
use session_core::StatementKeySet;

use crate::json::{JSON_PIECES, json_value};
use crate::jws::{ISSUER, SEEDS, public_key};
use crate::random::Random;
use crate::{case, encode, refused};

pub(crate) fn lines(random: &mut Random, count: usize) -> String {
    let mut lines = format!("{}\n", json!({ "issuer": ISSUER }));
    for _ in 0..count {
        let text = set(random);
        let native = match StatementKeySet::from_json(&text) {
            Ok(_) => json!({ "ok": true }).to_string(),
            Err(_) => refused("invalid_jwks"),
        };
        lines.push_str(&case(0, &text, 0, &native));
    }
    lines
}

fn set(random: &mut Random) -> String {
    let keys: Vec<String> = (0..random.below(5)).map(|_| key(random)).collect();
    let more = if random.once_in(3) { format!(",\"more\":{}", json_value(random, 0)) } else { String::new() };
    let set = format!("{{\"keys\":[{}]{more}}}", keys.join(","));
    if random.once_in(3) { random.damage(&set, &JSON_PIECES) } else { set }
}

fn key(random: &mut Random) -> String {
    if random.once_in(8) {
        return json_value(random, 0);
    }
    let seed = random.bytes::<32>();
    let x = match random.below(12) {
        // The neutral element, of small order.
        0 => encode([&[1][..], &[0; 31]].concat()),
        1 => encode(random.bytes::<32>()),
        2 => encode(random.bytes::<31>()),
        3 => format!("{}=", encode(seed)),
        4 => encode(public_key(&SEEDS[0])),
        _ => encode(public_key(&seed)),
    };
    let kid = random.number() % 12;
    let (kty, crv) =
        (random.pick(&["OKP", "OKP", "OKP", "EC", "oct"]), random.pick(&["Ed25519", "Ed25519", "X25519"]));
    let mut members = vec![
        format!("\"kty\":\"{kty}\""),
        format!("\"crv\":\"{crv}\""),
        format!("\"kid\":\"s{kid}\""),
        format!("\"x\":\"{x}\""),
    ];
    let optional = [
        "\"alg\":\"EdDSA\"",
        "\"alg\":\"HS256\"",
        "\"use\":\"sig\"",
        "\"use\":\"enc\"",
        "\"use\":null",
        "\"kid\":\"k\"",
        "\"kid\":\"k k\"",
        "\"x\":7",
        "\"d\":\"AAAA\"",
        "\"kty\":\"OKP\"",
        "\"key_ops\":[\"verify\"]",
    ];
    for _ in 0..random.below(3) {
        members.push(random.pick(&optional).to_owned());
    }
    if random.once_in(8) {
        members.swap_remove(random.below(4));
    }
    format!("{{{}}}", members.join(","))
}

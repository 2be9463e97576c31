use ed25519_dalek::{Signer, SigningKey};
use serde::Serialize;
use serde_json::json;
use session_core::{AuthenticStatement, JsonObject, StatementKeySet, UnixTime};

use crate::json::{JSON_PIECES, NUMBERS, json_value, object};
use crate::random::Random;
use crate::{case, encode, refused};

pub(crate) const ISSUER: &str = "https://app.example";
pub(crate) const SEEDS: [[u8; 32]; 2] = [[1; 32], [2; 32]];
/// As JavaScript has it; the claims are the text that stands in the statement.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Native<'s> {
    ok: bool,
    subject: &'s str,
    session_id: String,
    issued_at: UnixTime,
    expires_at: UnixTime,
    authenticated_at: UnixTime,
    idle_expires_at: UnixTime,
    absolute_expires_at: UnixTime,
    claims: &'s JsonObject,
    key_id: &'s str,
}

pub(crate) fn lines(random: &mut Random, count: usize) -> String {
    let jwk = |(kid, seed)| json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "alg": "EdDSA", "x": encode(public_key(seed)) });
    let jwks: Vec<_> = ["s1", "s2"].into_iter().zip(&SEEDS).map(jwk).collect();
    let jwks = json!({ "keys": jwks });
    let keys = StatementKeySet::from_json(&jwks.to_string()).expect("a key set");
    let mut lines = format!("{}\n", json!({ "jwks": jwks, "issuer": ISSUER }));
    for _ in 0..count {
        let issued_at = random.number() % 99_999_999_000;
        let lifetime = [1, 300, 300, 299][random.below(4)];
        let text = statement(random, issued_at, lifetime);
        let now = match random.below(12) {
            0 => issued_at.saturating_sub(61),
            1 => issued_at.saturating_sub(60),
            2 => issued_at + lifetime - 1,
            3 => issued_at + lifetime,
            _ => issued_at,
        };
        let native = match keys.verify(&text, ISSUER, UnixTime::from_secs(now)) {
            Ok(statement) => accepted(&statement),
            Err(refusal) => refused(refusal.code()),
        };
        lines.push_str(&case(0, &text, now, &native));
    }
    lines
}

pub(crate) fn public_key(seed: &[u8; 32]) -> [u8; 32] {
    SigningKey::from_bytes(seed).verifying_key().to_bytes()
}

fn accepted(statement: &AuthenticStatement) -> String {
    let (claims, key_id) = (statement.claims(), statement.key_id());
    let native = Native {
        ok: true,
        subject: &claims.subject,
        session_id: claims.session_id.to_string(),
        issued_at: claims.issued_at,
        expires_at: claims.expires_at,
        authenticated_at: claims.authenticated_at,
        idle_expires_at: claims.idle_expires_at,
        absolute_expires_at: claims.absolute_expires_at,
        claims: &claims.claims,
        key_id: key_id.as_str(),
    };
    serde_json::to_string(&native).expect("plain data")
}

fn statement(random: &mut Random, issued_at: u64, lifetime: u64) -> String {
    let key = random.below(SEEDS.len());
    let header = header(random, ["s1", "s2"][key]);
    let mut payload = payload(random, issued_at, lifetime).into_bytes();
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

fn header(random: &mut Random, kid: &str) -> String {
    let mut members = vec![
        "\"alg\":\"EdDSA\"".to_owned(),
        "\"typ\":\"session-statement+jwt\"".to_owned(),
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

fn payload(random: &mut Random, issued_at: u64, lifetime: u64) -> String {
    let lifetime = if random.once_in(16) { [0, 301, 100_000][random.below(3)] } else { lifetime };
    let issuer = random.pick(&[
        ISSUER,
        ISSUER,
        ISSUER,
        ISSUER,
        ISSUER,
        "https:\\/\\/app.example",
        "https://other.example",
    ]);
    let mut members = vec![
        format!("\"iss\":\"{issuer}\""),
        format!("\"sub\":\"{}\"", "u".repeat(if random.once_in(24) { 2480 + random.below(80) } else { 6 })),
        format!("\"sid\":\"{}\"", encode(random.bytes::<16>())),
        format!("\"iat\":{issued_at}"),
        format!("\"exp\":{}", issued_at + lifetime),
        format!("\"auth_time\":{}", random.number() % 99_999_999_999),
        format!("\"idle_expires_at\":{}", random.number() % 99_999_999_999),
        format!("\"absolute_expires_at\":{}", random.number() % 99_999_999_999),
        format!("\"claims\":{}", claims(random)),
    ];
    if random.once_in(6) {
        let which = random.below(members.len());
        oddity(random, &mut members, which);
    }
    let turn = random.below(members.len());
    members.rotate_left(turn);
    let text = object(random, &members);
    if random.once_in(6) { random.damage(&text, &JSON_PIECES) } else { text }
}

fn oddity(random: &mut Random, members: &mut Vec<String>, which: usize) {
    let (name, value) = members[which].split_once(':').expect("a member");
    let (name, value) = (name.to_owned(), value.to_owned());
    let odd = match random.below(6) {
        0 => return drop(members.remove(which)),
        1 => return members.push(format!("{name}:{value}")),
        2 => return members.push(format!("\"more\":{}", json_value(random, 0))),
        3 => random.pick(&NUMBERS).to_owned(),
        4 => format!("\"{}\"", value.trim_matches('"').replacen(['A', '1'], "\\u0041", 1)),
        _ => json_value(random, 0),
    };
    members[which] = format!("{name}:{odd}");
}

fn claims(random: &mut Random) -> String {
    match random.below(24) {
        0 => {
            // Round the depth that is read.
            let deep = 122 + random.below(10);
            format!("{{\"deep\":{}{}}}", "[".repeat(deep), "]".repeat(deep))
        }
        1 => format!("{{\"a\":1,\"a\":{}}}", json_value(random, 1)),
        2 => format!("{{\"__proto__\":{}}}", json_value(random, 1)),
        3 => json_value(random, 0),
        4..10 => "{}".to_owned(),
        _ => format!("{{\"name\":\"Ünïcode 🔑\",\"roles\":[\"admin\"],\"more\":{}}}", json_value(random, 1)),
    }
}

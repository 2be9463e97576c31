use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use session_core::{CookieKeyRing, CookieName, KeyId, KeySecret, UnixTime};
use sha2::Sha256;

use crate::random::Random;
use crate::{case, encode, refused};

const NAMES: [&str; 2] = ["__Host-session", "__Host-other"];
const KEYS: [(&str, [u8; 32]); 2] =
    [("c1", *b"the secret of the key named c1 ."), ("c2", *b"another one of the key named c2.")];
const LAST: u64 = 99_999_999_999;
const PIECES: [&str; 22] = [
    ".", "-", "_", "=", "+", "/", "0", "9", "A", "a", "B", "v", "c", " ", "\t", ";", "\"", "%", "\0", "ü",
    "🔑", "\u{fffd}",
];

pub(crate) fn lines(random: &mut Random, count: usize) -> String {
    let rings = NAMES.map(ring);
    let jwks = KEYS.map(|(kid, k)| json!({ "kty": "oct", "kid": kid, "alg": "HS256", "k": encode(k) }));
    let keys = json!({ "keyRing": { "signing": "c1", "keys": jwks }, "cookieNames": NAMES });
    let mut lines = format!("{keys}\n");
    for _ in 0..count {
        let name = random.below(NAMES.len());
        let (text, now) = text_and_time(random, NAMES[name]);
        let native =
            match rings[name].accepted().verify_header_or_value(text.as_bytes(), UnixTime::from_secs(now)) {
                Ok(cookie) => json!({
                    "ok": true,
                    "sessionId": cookie.session_id().to_string(),
                    "issuedAt": cookie.issued_at().as_secs(),
                    "expiresAt": cookie.expires_at().as_secs(),
                    "keyId": rings[name].accepted().key_id(&cookie).expect("a key of the ring").as_str(),
                })
                .to_string(),
                Err(refusal) => refused(refusal.code()),
            };
        lines.push_str(&case(name, &text, now, &native));
    }
    lines
}

fn ring(name: &str) -> CookieKeyRing {
    let keys = KEYS.map(|(id, secret)| {
        (KeyId::new(id).expect("a key ID"), KeySecret::new(&secret).expect("a strong secret"))
    });
    let name = CookieName::new(name).expect("a cookie name");
    CookieKeyRing::new(name, &keys, KeyId::new("c1").expect("a key ID")).expect("a ring")
}

/// The tag of `text` by FORMAT.md §1, whatever is in it.
fn tag(secret: &[u8], name: &str, text: &str) -> String {
    let mut key = [0; 32];
    let info = format!("session-cookie/v1:{name}");
    Hkdf::<Sha256>::new(None, secret).expand(info.as_bytes(), &mut key).expect("32 bytes");
    let mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length");
    encode(mac.chain_update(text).finalize().into_bytes())
}

/// A bare value or a header, and when to judge it: mostly where verdicts change.
fn text_and_time(random: &mut Random, name: &str) -> (String, u64) {
    let issued_at = random.number() % (LAST - 1);
    let expires_at = match random.below(4) {
        0 => LAST,
        1 => issued_at + 1,
        _ => issued_at + 1 + random.number() % (LAST - issued_at),
    };
    let now = match random.below(12) {
        0 => issued_at.saturating_sub(61),
        1 => issued_at.saturating_sub(60),
        2 => expires_at - 1,
        3 => expires_at,
        4 => random.number() % LAST,
        _ => issued_at,
    };
    let value = value(random, name, issued_at, expires_at);
    let text = if random.once_in(2) { value } else { header(random, name, &value, issued_at, expires_at) };
    (text, now)
}

fn value(random: &mut Random, name: &str, issued_at: u64, expires_at: u64) -> String {
    let mut fields = ["v1", "", "", "", "", ""].map(str::to_owned);
    let (kid, secret) = KEYS[random.below(KEYS.len())];
    fields[1] = if random.once_in(16) { "c9".to_owned() } else { kid.to_owned() };
    fields[2] = encode(random.bytes::<16>());
    fields[3] = encode(random.bytes::<32>());
    fields[4] = issued_at.to_string();
    fields[5] = expires_at.to_string();
    // Before the tag is made: it is right, and only the grammar can refuse.
    if random.once_in(4) {
        let which = random.below(fields.len());
        fields[which] = odd(random, &fields[which]);
    }
    if random.once_in(32) {
        fields.swap(4, 5);
    }
    let text = fields.join(".");
    let tag = match random.below(24) {
        0 => tag(&KEYS[0].1, "__Host-elsewhere", &text),
        1 => tag(&random.bytes::<32>(), name, &text),
        2 => String::new(),
        _ => tag(&secret, name, &text),
    };
    let value = format!("{text}.{tag}");
    if random.once_in(5) { random.damage(&value, &PIECES) } else { value }
}

/// Nearly what it was, or far too much.
fn odd(random: &mut Random, field: &str) -> String {
    match random.below(12) {
        0 => String::new(),
        1 => format!("0{field}"),
        2 => format!("+{field}"),
        3 => format!("{field}="),
        4 => field.to_uppercase(),
        5 => field.replace(['-', '_'], "+"),
        6 => format!("{field}.{field}"),
        7 => "k".repeat(32 + random.below(2)),
        8 => "9".repeat(10 + random.below(12)),
        // Round the longest text that is looked at.
        9 => "A".repeat(300 + random.below(120)),
        _ => random.damage(field, &PIECES),
    }
}

/// Several cookies of the name, planted ones among them, between cookies of other names.
fn header(random: &mut Random, name: &str, value: &str, issued_at: u64, expires_at: u64) -> String {
    let mut pairs = Vec::new();
    if !random.once_in(8) {
        pairs.push(format!("{name}={value}"));
    }
    for _ in 0..random.below(6) {
        pairs.push(match random.below(10) {
            0 => format!("{name}={value}"),
            1 | 2 => format!("{name}={}", self::value(random, name, issued_at, expires_at)),
            3 => format!("{name}=planted"),
            4 => format!("{}={value}", name.to_lowercase()),
            5 => format!("{name} ={value}"),
            6 => format!("{name}=\"{value}\""),
            7 => name.to_owned(),
            _ => random.pick(&["theme=dark", "=", "ü=é", "a=b=c", "", "x=\u{fffd}"]).to_owned(),
        });
    }
    let turn = random.below(pairs.len().max(1)).min(pairs.len());
    pairs.rotate_left(turn);
    let separator = random.pick(&["; ", "; ", ";", " ;\t", ";;", ", "]);
    pairs.join(separator)
}

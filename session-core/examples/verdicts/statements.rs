use serde::Serialize;
use serde_json::json;
use session_core::{
    AuthenticStatement, JsonObject, StatementKeySet, StatementRefusal, UnixTime, decode_statement_unverified,
};

use crate::json::{JSON_PIECES, NUMBERS, json_value, object};
use crate::jws::{self, ISSUER};
use crate::random::Random;
use crate::{case, encode, refused};

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
    let jwks = jws::key_set();
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
            Err(StatementRefusal::WrongIssuer) => of_wrong_issuer(&text),
            Err(refusal) => refused(refusal.code()),
        };
        lines.push_str(&case(0, &text, now, &native));
    }
    lines
}

/// With its name beside the one that was expected.
fn of_wrong_issuer(statement: &str) -> String {
    let code = StatementRefusal::WrongIssuer.code();
    let statement = decode_statement_unverified(statement).expect("it was read to be judged");
    let found = &statement.claims().issuer;
    json!({ "ok": false, "reason": code, "expected": ISSUER, "found": found }).to_string()
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

/// A statement with the claims of `payload`, or nearly.
fn statement(random: &mut Random, issued_at: u64, lifetime: u64) -> String {
    let payload = payload(random, issued_at, lifetime);
    jws::signed(random, "session-statement+jwt", payload)
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

//! Revocation feeds one after the other, and what is held of a statement after each.

use serde_json::{Value, json};
use session_core::{KnownRevocations, SessionId, StatementKeySet, UnixTime};

use crate::json::{JSON_PIECES, NUMBERS, json_value, object};
use crate::jws::{ISSUER, key_set, plainly_signed, signed};
use crate::random::Random;
use crate::{case, refused};

/// So few that some are revoked.
const SESSIONS: usize = 40;

pub(crate) fn lines(random: &mut Random, count: usize) -> String {
    let sessions: Vec<_> = (0..SESSIONS).map(|_| SessionId::from_bytes(random.bytes())).collect();
    let jwks = key_set();
    let keys = StatementKeySet::from_json(&jwks.to_string()).expect("a key set");
    let mut known = KnownRevocations::default();
    let mut lines = format!("{}\n", json!({ "jwks": jwks, "issuer": ISSUER }));
    let mut now = 1_700_000_000;
    for _ in 0..count {
        now += random.number() % 4;
        let feed = feed(random, &sessions, now);
        let statement = statement(sessions[random.below(SESSIONS)], now);
        let verdict = match keys.verify_revocations(&feed, ISSUER, UnixTime::from_secs(now)) {
            Ok(authentic) => {
                let (issued_at, expires_at) = (authentic.feed().issued_at, authentic.feed().expires_at);
                known.learn(authentic);
                json!({ "ok": true, "issuedAt": issued_at, "expiresAt": expires_at }).to_string()
            }
            Err(refusal) => refused(refusal.code()),
        };
        let after = standing(&keys, &known, &statement, UnixTime::from_secs(now));
        let native = format!("{},\"after\":{after}}}", &verdict[..verdict.len() - 1]);
        lines.push_str(&case(0, &format!("{feed} {statement}"), now, &native));
    }
    lines
}

/// One statement, the feed that was good when it was made, and the next, which revokes it.
pub(crate) fn scene() -> String {
    let (now, session) = (1_700_000_000, SessionId::from_bytes([7; 16]));
    let feed = |issued_at: u64, revoked: &[SessionId]| {
        let payload = json!({ "iss": ISSUER, "iat": issued_at, "exp": issued_at + 15, "revoked": revoked });
        plainly_signed("session-revocations+jwt", &payload)
    };
    let scene = json!({
        "issuer": ISSUER, "jwks": key_set(), "now": now, "statement": statement(session, now),
        "feed": feed(now, &[]), "next": feed(now + 5, &[session]),
    });
    scene.to_string()
}

/// The reason, or up to when revocations are known and whether that is current.
fn standing(keys: &StatementKeySet, known: &KnownRevocations, statement: &str, now: UnixTime) -> Value {
    let statement = keys.verify(statement, ISSUER, now).expect("a good statement");
    match known.check(&statement, now) {
        Ok(check) => json!([check.checked_at, check.current]),
        Err(refusal) => json!(refusal.code()),
    }
}

fn statement(session: SessionId, now: u64) -> String {
    let payload = json!({
        "iss": ISSUER, "sub": "u", "sid": session, "iat": now, "exp": now + 300, "auth_time": now,
        "idle_expires_at": now, "absolute_expires_at": now, "claims": {},
    });
    plainly_signed("session-statement+jwt", &payload)
}

fn feed(random: &mut Random, sessions: &[SessionId], now: u64) -> String {
    let issued_at = match random.below(10) {
        0 => now + 60 + random.number() % 2,
        1 => now - random.number() % 20,
        _ => now / 5 * 5,
    };
    let lifetime = if random.once_in(10) { [0, 1, 14, 16][random.below(4)] } else { 15 };
    let issuer = if random.once_in(16) { "https://other.example" } else { ISSUER };
    let mut members = vec![
        format!("\"iss\":\"{issuer}\""),
        format!("\"iat\":{issued_at}"),
        format!("\"exp\":{}", issued_at + lifetime),
        format!("\"revoked\":{}", revoked(random, sessions)),
    ];
    if random.once_in(8) {
        let which = random.below(members.len());
        let name = members[which].split(':').next().unwrap_or_default().to_owned();
        let value = if random.once_in(2) { json_value(random, 0) } else { random.pick(&NUMBERS).to_owned() };
        let member = format!("{name}:{value}");
        if random.once_in(2) { members.push(member) } else { members[which] = member }
    }
    let text = object(random, &members);
    let text = if random.once_in(12) { random.damage(&text, &JSON_PIECES) } else { text };
    signed(random, "session-revocations+jwt", text)
}

/// In order, or not quite.
fn revoked(random: &mut Random, sessions: &[SessionId]) -> Value {
    let mut ids: Vec<_> = sessions.iter().filter(|_| random.once_in(8)).collect();
    ids.sort_unstable();
    if random.once_in(16) {
        ids.reverse();
    }
    if random.once_in(16) {
        ids.extend(ids.last().copied());
    }
    json!(ids)
}

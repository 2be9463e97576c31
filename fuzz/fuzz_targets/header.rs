//! `verify_header` agrees with a naive reader that goes through the bytes one at a time (R13, R14).
//!
//! The bytes 1 to 5 stand for cookies that no fuzzer could guess, and a newline starts the next
//! header line.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use session_core::{CookieKeyRing, CookieName, SessionId, SessionSecret, UnixTime, cookie_values};
use session_fuzz::{cookie_ring, input};

static RING: LazyLock<CookieKeyRing> = LazyLock::new(|| cookie_ring("c1"));

/// Two sessions, one of them with two cookies; one cookie of a year-long session and one of a
/// second; and one whose tag is wrong.
static COOKIES: LazyLock<[String; 5]> = LazyLock::new(|| {
    let sign = |ring: &CookieKeyRing, id, secret, issued_at, expires_at| {
        let [issued_at, expires_at] = [issued_at, expires_at].map(UnixTime::from_secs);
        let secret = SessionSecret::from_bytes([secret; 32]);
        let cookie = ring.sign(SessionId::from_bytes([id; 16]), &secret, issued_at, expires_at);
        cookie.expect("lawful times").expose().to_owned()
    };
    let forged = sign(&RING, 4, 4, 0, 99_999_999_999).replace("v1.c1", "v1.c2");
    [
        sign(&RING, 1, 1, 0, 99_999_999_999),
        sign(&RING, 2, 2, 1_700_000_000, 1_731_536_000),
        sign(&cookie_ring("c2"), 1, 1, 5, 99_999_999_999),
        sign(&RING, 3, 3, 1_700_000_000, 1_700_000_001),
        forged,
    ]
});

fuzz_target!(|data: &[u8]| {
    let (now, text) = input(data);
    let mut header = Vec::new();
    for &byte in text {
        match byte {
            1..=5 => header.extend_from_slice(COOKIES[usize::from(byte) - 1].as_bytes()),
            _ => header.push(byte),
        }
    }
    let lines: Vec<&[u8]> = header.split(|&byte| byte == b'\n').collect();

    let values: Vec<Vec<u8>> = lines.iter().flat_map(|line| naive_values(line)).collect();
    let read: Vec<&[u8]> = cookie_values(lines.iter().copied(), CookieName::DEFAULT).collect();
    assert_eq!(read, values);

    let verdict = RING.verify_header(lines, now);
    let verdict =
        verdict.map_or_else(|refusal| refusal.code().to_owned(), |good| good.session_id().to_string());
    assert_eq!(verdict, naive_verdict(&values, now));
});

/// The values of `__Host-session` in one line.
fn naive_values(line: &[u8]) -> Vec<Vec<u8>> {
    let mut values = Vec::new();
    let mut at = 0;
    while at <= line.len() {
        let mut end = at;
        while end < line.len() && line[end] != b';' {
            end += 1;
        }
        let (mut from, mut to) = (at, end);
        while from < to && (line[from] == 0x20 || line[from] == 0x09) {
            from += 1;
        }
        while from < to && (line[to - 1] == 0x20 || line[to - 1] == 0x09) {
            to -= 1;
        }
        let mut equals = from;
        while equals < to && line[equals] != b'=' {
            equals += 1;
        }
        if equals < to && line[from..equals] == *b"__Host-session" {
            values.push(line[equals + 1..to].to_vec());
        }
        at = end + 1;
    }
    values
}

/// The session ID, or the code of the refusal.
fn naive_verdict(values: &[Vec<u8>], now: UnixTime) -> String {
    let looked_at = &values[..values.len().min(4)];
    let mut good: Vec<String> = looked_at
        .iter()
        .filter_map(|value| RING.verify(value, now).ok())
        .map(|cookie| cookie.session_id().to_string())
        .collect();
    good.sort();
    good.dedup();
    match (good.len(), looked_at.first()) {
        (1, _) => good.remove(0),
        (2.., _) => "ambiguous".into(),
        (0, None) => "absent".into(),
        (0, Some(first)) => RING.verify(first, now).expect_err("none is good").code().into(),
    }
}

//! FORMAT.md §6: the device cookie.

use std::sync::LazyLock;

use proptest::prelude::*;
use session_core::{
    CookieName, CookieRefusal, DEVICE_COOKIE_NAME, DEVICE_LIFETIME, DeviceId, DeviceKeys, KeyPurpose,
    KeyRing, set_device_cookie,
};

use crate::fixtures::{LAST, at, key_id};

const NOW: u64 = 1_700_000_000;
const YEAR: u64 = 365 * 24 * 60 * 60;

static RING: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::generate().expect("entropy"));
static KEYS: LazyLock<DeviceKeys> = LazyLock::new(|| RING.device_keys(&CookieName::default()));

fn device(byte: u8) -> DeviceId {
    DeviceId::from_bytes([byte; 16])
}

/// What a browser sends of a device on which this name has signed in.
fn sent(byte: u8, name: &str) -> String {
    format!("{DEVICE_COOKIE_NAME}={}", KEYS.sign(device(byte), name, at(NOW)).expose())
}

fn found(lines: &[String], name: &str) -> Option<DeviceId> {
    KEYS.find(lines.iter().map(String::as_bytes), name, at(NOW))
}

proptest! {
    #[test]
    fn a_device_is_known_by_the_name_that_signed_in_and_by_no_other(id: [u8; 16], name: String, other: String) {
        let device = DeviceId::from_bytes(id);
        let cookie = KEYS.sign(device, &name, at(NOW));
        prop_assert_eq!(KEYS.verify(cookie.expose().as_bytes(), &name, at(NOW)), Ok(device));
        prop_assume!(other != name);
        let verdict = KEYS.verify(cookie.expose().as_bytes(), &other, at(NOW));
        prop_assert_eq!(verdict, Err(CookieRefusal::BadTag));
    }

    #[test]
    fn a_device_is_known_for_a_year_to_the_second(issued_at in 61..LAST - YEAR) {
        let cookie = KEYS.sign(device(1), "alice", at(issued_at));
        let judge = |now| KEYS.verify(cookie.expose().as_bytes(), "alice", at(now)).map(|_| ());
        let (expires_at, issued) = (issued_at + YEAR, at(issued_at));
        prop_assert_eq!(judge(issued_at - 60), Ok(()));
        let early = Err(CookieRefusal::NotYetValid { issued_at: issued, now: at(issued_at - 61) });
        prop_assert_eq!(judge(issued_at - 61), early);
        prop_assert_eq!(judge(expires_at - 1), Ok(()));
        let expired = Err(CookieRefusal::Expired { expires_at: at(expires_at), now: at(expires_at) });
        prop_assert_eq!(judge(expires_at), expired);
    }
}

#[test]
fn a_device_is_found_beside_others_if_it_is_among_the_first_four() {
    let lines = [sent(1, "bob"), format!("a=1; {}; b=2", sent(2, "alice"))];
    assert_eq!(found(&lines, "alice"), Some(device(2)));
    assert_eq!(found(&lines, "bob"), Some(device(1)));
    assert_eq!(found(&lines, "carol"), None);
    assert_eq!(found(&[], "alice"), None);
    let behind = |others: usize| [vec![sent(1, "bob"); others], vec![sent(2, "alice")]].concat();
    assert_eq!(found(&behind(3), "alice"), Some(device(2)));
    assert_eq!(found(&behind(4), "alice"), None);
}

#[test]
fn every_key_of_the_ring_knows_a_device_until_it_is_retired() {
    let mut ring = RING.clone();
    let cookie = KEYS.sign(device(1), "alice", at(NOW));
    let knows = |ring: &KeyRing| {
        ring.device_keys(&CookieName::default()).verify(cookie.expose().as_bytes(), "alice", at(NOW))
    };
    ring.add(KeyPurpose::Cookie, key_id("c2"), at(NOW)).expect("a second key");
    ring.activate(KeyPurpose::Cookie, &key_id("c2")).expect("it is there");
    assert_eq!(knows(&ring), Ok(device(1)));
    ring.retire(KeyPurpose::Cookie, &key_id("c1")).expect("it does not sign");
    assert_eq!(knows(&ring), Err(CookieRefusal::UnknownKey));
}

#[test]
fn a_text_is_too_long_from_its_513th_byte() {
    let judge = |length: usize| KEYS.verify(&vec![b'v'; length], "alice", at(NOW));
    assert_eq!(judge(512), Err(CookieRefusal::Malformed));
    assert_eq!(judge(513), Err(CookieRefusal::TooLong));
}

#[test]
fn the_device_cookie_is_read_by_no_script_and_crosses_no_site_for_a_year() {
    let cookie = KEYS.sign(device(1), "alice", at(NOW));
    let line = set_device_cookie(&cookie);
    let pair = format!("__Host-session-device={}", cookie.expose());
    let expected = [&pair, "Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=31536000"];
    assert_eq!(line.split("; ").collect::<Vec<_>>(), expected);
    assert_eq!(DEVICE_LIFETIME.as_secs(), YEAR);
}

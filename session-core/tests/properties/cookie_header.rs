//! FORMAT.md §1: reading the `Cookie` header.

use proptest::prelude::*;
use session_core::{CookieKeyRing, CookieName, HeaderRefusal, cookie_values};

use crate::fixtures::{Session, at, key, key_id, ring};

const NOW: u64 = Session::FIXED.issued_at;

/// The session ID, or the code of the refusal.
fn read(lines: &[Vec<u8>]) -> String {
    let verdict = ring().verify_header(lines.iter().map(Vec::as_slice), at(NOW));
    verdict.map_or_else(|refusal| refusal.code().to_owned(), |cookie| cookie.session_id().to_string())
}

fn numbered(number: u8) -> Session {
    Session { id: [number; 16], secret: [number; 32], ..Session::FIXED }
}

fn good(number: u8) -> (String, String) {
    let session = numbered(number);
    (format!("__Host-session={}", session.cookie()), session.id().to_string())
}

/// A cookie pair that is not the session's, however hostile.
fn neighbour() -> impl Strategy<Value = Vec<u8>> {
    let hostile = prop::sample::select(vec![
        "a=\"",
        "\"",
        "a=\"b",
        "=",
        "",
        " ",
        "=v",
        "\u{e9}=\u{20ac}",
        "__Host-session",
        "__Host-session =x",
        "__host-session=x",
        "__Host-sessio=x",
        "__Host-session2=x",
        "$Version=1",
        "%5F_Host-session=x",
        "x__Host-session=x",
        "\u{a0}__Host-session=x",
        "\"__Host-session=x\"",
        "a=__Host-session=x",
        "\0",
    ]);
    let any_bytes = prop::collection::vec(any::<u8>().prop_filter("one pair", |&byte| byte != b';'), 0..20);
    prop_oneof![hostile.prop_map(|text| text.as_bytes().to_vec()), any_bytes]
}

fn separator() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![";", "; ", " ;", "\t;\t ", ";;", "; ; "])
}

/// Pairs as one line, or as several, with any lawful space between them.
fn lines(pairs: &[Vec<u8>], separators: &[&str], new_line: &[bool]) -> Vec<Vec<u8>> {
    let mut lines = vec![Vec::new()];
    for (number, pair) in pairs.iter().enumerate() {
        if new_line[number % new_line.len()] {
            lines.push(Vec::new());
        } else if number > 0 {
            lines
                .last_mut()
                .expect("a line")
                .extend_from_slice(separators[number % separators.len()].as_bytes());
        }
        lines.last_mut().expect("a line").extend_from_slice(pair);
    }
    lines
}

fn layout() -> impl Strategy<Value = (Vec<&'static str>, Vec<bool>)> {
    (prop::collection::vec(separator(), 1..6), prop::collection::vec(any::<bool>(), 1..6))
}

/// Values for the session's name that are not good.
fn bad_value() -> impl Strategy<Value = Vec<u8>> {
    let good = || Session::FIXED.cookie();
    prop_oneof![
        Just(Vec::new()),
        Just(format!("\"{}\"", good()).into_bytes()),
        Just(good().replace('.', "%2E").into_bytes()),
        Just(good().replace("v1.c1", "v1.c9").into_bytes()),
        Just(good().replace("v1.c1", "v1.c2").into_bytes()),
        Just(Session { issued_at: 1, expires_at: 2, ..Session::FIXED }.cookie().into_bytes()),
        prop::collection::vec(any::<u8>().prop_filter("one pair", |&byte| byte != b';'), 0..600),
    ]
}

fn named(value: &[u8]) -> Vec<u8> {
    [b"__Host-session=", value].concat()
}

proptest! {
    /// R13: in one line or several, beside whatever bytes.
    #[test]
    fn the_session_is_found_among_any_neighbours(
        mut pairs in prop::collection::vec(neighbour(), 0..8),
        place in any::<prop::sample::Index>(),
        (separators, new_line) in layout(),
    ) {
        let (pair, id) = good(1);
        pairs.retain(|pair| !pair.trim_ascii().starts_with(b"__Host-session="));
        let absent = read(&lines(&pairs, &separators, &new_line));
        prop_assert_eq!(absent, "absent");
        pairs.insert(place.index(pairs.len() + 1), pair.into_bytes());
        prop_assert_eq!(read(&lines(&pairs, &separators, &new_line)), id);
    }

    /// R14: exactly one is good, wherever it stands.
    #[test]
    fn up_to_three_planted_cookies_do_not_hide_the_good_one(
        planted in prop::collection::vec(bad_value(), 0..=3),
        place in any::<prop::sample::Index>(),
        (separators, new_line) in layout(),
    ) {
        let (pair, id) = good(1);
        let mut pairs: Vec<Vec<u8>> = planted.iter().map(|value| named(value)).collect();
        pairs.insert(place.index(pairs.len() + 1), pair.into_bytes());
        prop_assert_eq!(read(&lines(&pairs, &separators, &new_line)), id);
    }

    /// R14: four are verified, and no more.
    #[test]
    fn a_fifth_cookie_is_not_looked_at(
        planted in prop::collection::vec(bad_value(), 4),
        (separators, new_line) in layout(),
    ) {
        let mut pairs: Vec<Vec<u8>> = planted.iter().map(|value| named(value)).collect();
        let first = read(&lines(&pairs[..1], &separators, &new_line));
        pairs.push(good(1).0.into_bytes());
        prop_assert_eq!(read(&lines(&pairs, &separators, &new_line)), first);
    }

    /// R14: nobody goes by the order in which they come.
    #[test]
    fn two_good_cookies_of_two_sessions_are_ambiguous_in_any_order(
        mut pairs in prop::collection::vec(bad_value().prop_map(|value| named(&value)), 0..=2),
        places: [prop::sample::Index; 2],
        (separators, new_line) in layout(),
    ) {
        for (number, place) in [1, 2].into_iter().zip(places) {
            pairs.insert(place.index(pairs.len() + 1), good(number).0.into_bytes());
        }
        prop_assert_eq!(read(&lines(&pairs, &separators, &new_line)), "ambiguous");
    }

    #[test]
    fn the_same_cookie_several_times_is_one_session(times in 1..8usize, (separators, new_line) in layout()) {
        let (pair, id) = good(1);
        let pairs = vec![pair.into_bytes(); times];
        prop_assert_eq!(read(&lines(&pairs, &separators, &new_line)), id);
    }

    /// R13: the case of a letter counts too.
    #[test]
    fn a_name_that_differs_in_one_character_is_another_cookie(
        place in 0..14usize, byte in any::<u8>().prop_filter("one pair", |&byte| byte != b';'),
    ) {
        let mut pair = good(1).0.into_bytes();
        prop_assume!(pair[place] != byte);
        pair[place] = byte;
        prop_assert_eq!(read(&[pair]), "absent");
    }

    #[test]
    fn the_values_come_in_the_order_of_the_lines(
        values in prop::collection::vec("[a-z\"% ]{0,6}[a-z\"%]", 0..7), (separators, new_line) in layout(),
    ) {
        let pairs: Vec<Vec<u8>> = values.iter().map(|value| named(value.as_bytes())).collect();
        let lines = lines(&pairs, &separators, &new_line);
        let read: Vec<&[u8]> =
            cookie_values(lines.iter().map(Vec::as_slice), CookieName::DEFAULT).collect();
        prop_assert_eq!(read, values.iter().map(String::as_bytes).collect::<Vec<_>>());
    }
}

/// R13: no other white space, of ASCII or of Unicode.
#[test]
fn only_space_and_tab_are_trimmed() {
    let (pair, id) = good(1);
    for byte in (0..=u8::MAX).filter(|&byte| byte != b';') {
        let around = |before: &[u8], after: &[u8]| read(&[[before, pair.as_bytes(), after].concat()]);
        let verdicts = [around(&[byte; 2], b""), around(b"", &[byte; 2])];
        let trimmed = byte == b' ' || byte == b'\t';
        let expected = if trimmed { [id.as_str(), &id] } else { ["absent", "malformed"] };
        assert_eq!(verdicts, expected, "byte {byte}");
    }
}

#[test]
fn a_fifth_good_cookie_makes_nothing_ambiguous() {
    let (first, id) = good(1);
    let line = format!("{first}; __Host-session=; __Host-session=; __Host-session=; {}", good(2).0);
    assert_eq!(read(&[line.into_bytes()]), id);
}

/// R8, R14: while keys are rotated a browser may have both.
#[test]
fn one_session_signed_by_two_keys_is_one_session() {
    let other = CookieKeyRing::new(CookieName::default(), &[key("c2", crate::fixtures::C2)], key_id("c2"));
    let again = format!("__Host-session={}", numbered(1).cookie_of(&other.unwrap()));
    let (first, id) = good(1);
    assert_eq!(read(&[first.into_bytes(), again.into_bytes()]), id);
}

#[test]
fn the_reason_is_that_of_the_first_candidate() {
    let expired = Session { issued_at: 1, expires_at: 2, ..Session::FIXED }.cookie();
    let lines = ["__Host-session=x".to_owned(), format!("__Host-session={expired}")];
    let [one, other] = lines.map(String::into_bytes);
    assert_eq!(read(&[one.clone(), other.clone()]), "malformed");
    assert_eq!(read(&[other, one]), "expired");
}

#[test]
fn a_request_without_a_header_has_no_session() {
    let none = ring().verify_header([], at(NOW)).map(|_| ());
    assert_eq!(none, Err(HeaderRefusal::Absent));
}

/// For callers that may have the one or the other at hand.
#[test]
fn a_text_is_judged_as_a_header_or_as_a_bare_value_whichever_it_is() {
    let judge = |text: &str| {
        let verdict = ring().accepted().verify_header_or_value(text.as_bytes(), at(NOW));
        verdict.map_or_else(|refusal| refusal.code().to_owned(), |cookie| cookie.session_id().to_string())
    };
    let (pair, id) = good(1);
    let value = numbered(1).cookie();
    assert_eq!(judge(&value), id);
    assert_eq!(judge(&pair), id);
    assert_eq!(judge(&format!("theme=dark; {pair}")), id);
    let forged = value.replace("v1.c1", "v1.c2");
    assert_eq!([judge(&forged), judge(&format!("__Host-session={forged}"))], ["bad_tag"; 2]);
    assert_eq!(judge("theme=dark; lang=en"), "absent");
    assert_eq!([judge(""), judge("v2.c1"), judge(&format!("{value}="))], ["malformed"; 3]);
    let long = "v".repeat(513);
    assert_eq!(judge(&long), "too_long");
    assert_eq!(judge(&format!("theme={long}")), "absent");
    assert_eq!(judge(&format!("theme={long}; {pair}")), id);
}

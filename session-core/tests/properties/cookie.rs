//! FORMAT.md §1: the session cookie.

use proptest::prelude::*;
use session_core::{
    CookieKeyRing, CookieName, CookieRefusal, EndsBeforeItStarts, KeyRingError, MAX_COOKIE_LENGTH,
    SessionSecret, UnverifiedCookieFields, decode_cookie_unverified,
};

use crate::fixtures::{
    C1, C2, LAST, Session, at, encode, key, key_id, ring, ring_for, sessions, tag, tagged,
};

fn code(text: impl AsRef<[u8]>, now: u64) -> &'static str {
    ring().verify(text.as_ref(), at(now)).map_or_else(|refusal| refusal.code(), |_| "ok")
}

proptest! {
    #[test]
    fn a_signed_cookie_verifies_and_gives_back_its_fields(
        session in sessions(), signing in "[A-Za-z0-9_-]{1,32}", later in any::<u64>(),
    ) {
        let ring = CookieKeyRing::new(CookieName::default(), &[key(&signing, C1)], key_id(&signing)).unwrap();
        let now = session.issued_at + later % (session.expires_at - session.issued_at);
        let cookie = ring.verify(session.cookie_of(&ring).as_bytes(), at(now)).unwrap();
        prop_assert_eq!(ring.accepted().key_id(&cookie), Some(key_id(&signing)));
        prop_assert_eq!(cookie.session_id(), session.id());
        prop_assert!(SessionSecret::from_bytes(session.secret).hash().matches(cookie.secret()));
        prop_assert_eq!(cookie.issued_at(), at(session.issued_at));
        prop_assert_eq!(cookie.expires_at(), at(session.expires_at));
    }

    /// R5, R7: a whole tag of HMAC-SHA256, over the version, the key ID and all fields, between dots that no
    /// field can have.
    #[test]
    fn the_text_is_the_one_that_the_format_gives(session in sessions()) {
        let Session { id, secret, issued_at, expires_at } = &session;
        let text = format!("v1.c1.{}.{}.{issued_at}.{expires_at}", encode(id), encode(secret));
        prop_assert_eq!(session.cookie(), tagged(&text));
    }

    /// R11: no second text is accepted for the same cookie.
    #[test]
    fn what_is_accepted_is_signed_to_the_same_text_again(session in sessions()) {
        let text = session.cookie();
        let cookie = ring().verify(text.as_bytes(), at(session.issued_at)).unwrap();
        let (issued_at, expires_at) = (cookie.issued_at(), cookie.expires_at());
        let again = ring().sign(cookie.session_id(), cookie.secret(), issued_at, expires_at).unwrap();
        prop_assert_eq!(again.expose(), text);
    }

    #[test]
    fn the_fields_can_be_read_of_a_cookie_that_does_not_verify(session in sessions(), tag: [u8; 32]) {
        let Session { issued_at, expires_at, .. } = session;
        let text = session.cookie();
        let signed = text.rsplit_once('.').expect("a tag").0.replace("v1.c1.", "v1.c9.");
        let fields = decode_cookie_unverified(format!("{signed}.{}", encode(tag)).as_bytes());
        let (issued_at, expires_at) = (at(issued_at), at(expires_at));
        let expected =
            UnverifiedCookieFields { key_id: key_id("c9"), session_id: session.id(), issued_at, expires_at };
        prop_assert_eq!(fields, Ok(expected));
    }

    #[test]
    fn the_fields_of_a_text_outside_the_grammar_cannot_be_read(session in sessions(), more in 1..600usize) {
        let text = format!("{}{}", session.cookie(), ".".repeat(more));
        let refusal = if text.len() > 512 { CookieRefusal::TooLong } else { CookieRefusal::Malformed };
        prop_assert_eq!(decode_cookie_unverified(text.as_bytes()), Err(refusal));
    }

    /// R5: nothing of a cookie is outside its tag.
    #[test]
    fn a_changed_byte_is_refused(session in sessions(), place in any::<usize>(), byte in any::<u8>()) {
        let mut text = session.cookie().into_bytes();
        let place = place % text.len();
        prop_assume!(text[place] != byte);
        text[place] = byte;
        prop_assert_ne!(code(text, session.issued_at), "ok");
    }

    #[test]
    fn an_inserted_byte_is_refused(session in sessions(), place in any::<usize>(), byte in any::<u8>()) {
        let mut text = session.cookie().into_bytes();
        text.insert(place % (text.len() + 1), byte);
        prop_assert_ne!(code(text, session.issued_at), "ok");
    }

    /// R5: a tag that is cut short is none.
    #[test]
    fn a_removed_byte_is_refused(session in sessions(), place in any::<usize>()) {
        let mut text = session.cookie().into_bytes();
        text.remove(place % text.len());
        prop_assert_ne!(code(text, session.issued_at), "ok");
    }

    /// R7: the same letters cannot be read as other fields.
    #[test]
    fn moving_a_dot_is_refused(session in sessions(), dot in 0..6usize, to in any::<usize>()) {
        let text = session.cookie();
        let from = text.match_indices('.').nth(dot).expect("six dots").0;
        let mut moved = text.clone();
        moved.remove(from);
        moved.insert(to % (moved.len() + 1), '.');
        prop_assume!(moved != text);
        prop_assert_ne!(code(moved, session.issued_at), "ok");
    }

    /// R7: the tag binds all fields to each other.
    #[test]
    fn a_field_of_another_session_is_refused(one in sessions(), other in sessions(), field in 2..7usize) {
        let (one_text, other_text) = (one.cookie(), other.cookie());
        let mut fields: Vec<&str> = one_text.split('.').collect();
        let foreign = other_text.split('.').nth(field).expect("seven fields");
        prop_assume!(fields[field] != foreign);
        fields[field] = foreign;
        prop_assert_ne!(code(fields.join("."), one.issued_at), "ok");
    }

    /// R6, R7: the name of the cookie is part of what its key is derived from.
    #[test]
    fn a_cookie_never_verifies_under_another_name(
        session in sessions(), name in "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,57}",
    ) {
        prop_assume!(name != "session");
        let other = ring_for(CookieName::new(&format!("__Host-{name}")).unwrap());
        let verdict = other.verify(session.cookie().as_bytes(), at(session.issued_at));
        prop_assert_eq!(verdict.map(|_| ()), Err(CookieRefusal::BadTag));
    }

    /// R6: what was made for one purpose is worth nothing for another.
    #[test]
    fn a_tag_of_another_purpose_never_verifies(session in sessions(), purpose in "[a-z/:0-9_-]{0,24}") {
        prop_assume!(purpose != "session-cookie/v1:");
        let text = session.cookie();
        let signed = text.rsplit_once('.').expect("a tag").0;
        let foreign = tag(C1, &format!("{purpose}__Host-session"), signed);
        prop_assert_eq!(code(format!("{signed}.{foreign}"), session.issued_at), "bad_tag");
    }

    /// R8: the key that signs is named, and every listed one verifies.
    #[test]
    fn every_listed_key_verifies_and_the_order_means_nothing(session in sessions(), signing in 0..2usize) {
        let id = ["c1", "c2"][signing];
        let rings = [[key("c1", C1), key("c2", C2)], [key("c2", C2), key("c1", C1)]]
            .map(|keys| CookieKeyRing::new(CookieName::default(), &keys, key_id(id)).unwrap());
        let texts = rings.each_ref().map(|ring| session.cookie_of(ring));
        prop_assert_eq!(&texts[0], &texts[1]);
        prop_assert_eq!(texts[0].split('.').nth(1), Some(id));
        prop_assert_eq!(code(&texts[0], session.issued_at), "ok");
    }

    /// R8: what a retired key has signed is refused.
    #[test]
    fn a_key_that_left_the_ring_is_unknown(session in sessions()) {
        let rest = CookieKeyRing::new(CookieName::default(), &[key("c2", C1)], key_id("c2")).unwrap();
        let verdict = rest.verify(session.cookie().as_bytes(), at(session.issued_at));
        prop_assert_eq!(verdict.map(|_| ()), Err(CookieRefusal::UnknownKey));
    }

    /// R3, R4: length, syntax, key, tag and time in this order, and of a wrong tag nothing but that.
    #[test]
    fn the_first_reason_of_the_list_is_given(
        session in sessions(),
        too_long: bool, malformed: bool, unknown_key: bool, bad_tag: bool, not_yet_valid: bool, expired: bool,
    ) {
        let Session { id, secret, issued_at, expires_at } = session;
        let key_id = if unknown_key { "c3" } else { "c1" };
        let zero = if malformed { "0" } else { "" };
        let signed = format!("v1.{key_id}.{}.{}.{zero}{issued_at}.{expires_at}", encode(id), encode(secret));
        let mut text = tagged(&signed);
        if bad_tag {
            text = format!("{signed}.{}", encode([0; 32]));
        }
        if too_long {
            text.push_str(&"A".repeat(MAX_COOKIE_LENGTH));
        }
        let too_early = issued_at.checked_sub(61).filter(|_| not_yet_valid);
        let now = too_early.unwrap_or(if expired { expires_at } else { issued_at });
        let reasons = [
            (too_long, "too_long"),
            (malformed, "malformed"),
            (unknown_key, "unknown_key"),
            (bad_tag, "bad_tag"),
            (too_early.is_some(), "not_yet_valid"),
            (now == expires_at, "expired"),
        ];
        let first = reasons.iter().find(|(applies, _)| *applies).map_or("ok", |(_, reason)| reason);
        prop_assert_eq!(code(text, now), first);
    }

    /// R9, R10: the absolute deadline stands in the cookie, and no time that a number can hold passes it.
    #[test]
    fn both_time_limits_fall_on_their_exact_second(session in sessions()) {
        let Session { issued_at, expires_at, .. } = session;
        let judge = |now| ring().verify(session.cookie().as_bytes(), now).map(|_| ());
        prop_assert_eq!(judge(at(expires_at - 1)), Ok(()));
        for now in [expires_at, LAST, u64::MAX].map(at) {
            prop_assert_eq!(judge(now), Err(CookieRefusal::Expired { expires_at: at(expires_at), now }));
        }
        if let (Some(earliest), Some(too_early)) = (issued_at.checked_sub(60), issued_at.checked_sub(61)) {
            prop_assert_eq!(judge(at(earliest)), Ok(()));
            let now = at(too_early);
            prop_assert_eq!(judge(now), Err(CookieRefusal::NotYetValid { issued_at: at(issued_at), now }));
        }
    }

    #[test]
    fn a_session_that_ends_before_it_starts_is_not_signed(end in 0..=LAST, more in 0..=LAST) {
        let (issued_at, expires_at) = (at(end.saturating_add(more)), at(end));
        let Session { secret, .. } = Session::FIXED;
        let cookie = ring().sign(Session::FIXED.id(), &SessionSecret::from_bytes(secret), issued_at, expires_at);
        prop_assert_eq!(cookie.map(|_| ()), Err(EndsBeforeItStarts { issued_at, expires_at }));
    }
}

/// R5: bit by bit, those of the tag too.
#[test]
fn every_flipped_bit_of_a_cookie_is_refused() {
    let text = Session::FIXED.cookie().into_bytes();
    for bit in 0..text.len() * 8 {
        let mut flipped = text.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(code(flipped, Session::FIXED.issued_at), "ok", "bit {bit}");
    }
}

/// R11: no padding, no other alphabet, no further field, and none by which a sender names an algorithm.
#[test]
fn a_text_outside_the_grammar_is_malformed_even_with_a_good_tag() {
    let Session { id, secret, issued_at, .. } = Session::FIXED;
    let (id, secret, start, end) = (encode(id), encode(secret), issued_at, Session::FIXED.expires_at);
    let last_bits = |text: &str, last: char| format!("{}{last}", &text[..text.len() - 1]);
    let cases = [
        format!("v2.c1.{id}.{secret}.{start}.{end}"),
        format!("V1.c1.{id}.{secret}.{start}.{end}"),
        format!(".c1.{id}.{secret}.{start}.{end}"),
        format!(" v1.c1.{id}.{secret}.{start}.{end}"),
        format!("v1..{id}.{secret}.{start}.{end}"),
        format!("v1.{}.{id}.{secret}.{start}.{end}", "c".repeat(33)),
        format!("v1.c/1.{id}.{secret}.{start}.{end}"),
        format!("v1.c1é.{id}.{secret}.{start}.{end}"),
        format!("v1.c1.{id}==.{secret}.{start}.{end}"),
        format!("v1.c1.{}.{secret}.{start}.{end}", &id[1..]),
        format!("v1.c1.{id}A.{secret}.{start}.{end}"),
        format!("v1.c1.{id}AA.{secret}.{start}.{end}"),
        format!("v1.c1..{secret}.{start}.{end}"),
        format!("v1.c1.{}.{secret}.{start}.{end}", last_bits(&id, 'x')),
        format!("v1.c1.+{}.{secret}.{start}.{end}", &id[1..]),
        format!("v1.c1.{id}.{secret}=.{start}.{end}"),
        format!("v1.c1.{id}.{}.{start}.{end}", last_bits(&secret, 'l')),
        format!("v1.c1.{id}./{}.{start}.{end}", &secret[1..]),
        format!("v1.c1.{id}.{}.{start}.{end}", &secret[1..]),
        format!("v1.c1.{id}..{start}.{end}"),
        format!("v1.c1.{id}.{secret}.0{start}.{end}"),
        format!("v1.c1.{id}.{secret}.+{start}.{end}"),
        format!("v1.c1.{id}.{secret}.-{start}.{end}"),
        format!("v1.c1.{id}.{secret}. {start}.{end}"),
        format!("v1.c1.{id}.{secret}.{start}e0.{end}"),
        format!("v1.c1.{id}.{secret}.0x10.{end}"),
        // The character after the nine.
        format!("v1.c1.{id}.{secret}.1:.{end}"),
        format!("v1.c1.{id}.{secret}.00.{end}"),
        format!("v1.c1.{id}.{secret}..{end}"),
        format!("v1.c1.{id}.{secret}.{start}."),
        format!("v1.c1.{id}.{secret}.{start}.100000000000"),
        format!("v1.c1.{id}.{secret}.{start}.0{end}"),
        format!("v1.c1.{id}.{secret}.{start}.{start}"),
        format!("v1.c1.{id}.{secret}.{end}.{start}"),
        format!("v1.c1.{id}.{secret}.{start}.{end}.x"),
        format!("v1.c1.{id}.{secret}.{start}.{end}."),
        format!("v1.c1.HS256.{id}.{secret}.{start}.{end}"),
        format!("v1.c1.{id}.{secret}.{end}"),
    ];
    for signed in cases {
        assert_eq!(code(tagged(&signed), start), "malformed", "{signed}");
    }
    let good = tagged(&format!("v1.c1.{id}.{secret}.{start}.{end}"));
    assert_eq!(code(&good, start), "ok");
    for wrong in [format!("{good}="), format!("{good}."), format!("{good} "), format!("\"{good}\"")] {
        assert_eq!(code(&wrong, start), "malformed", "{wrong}");
    }
}

/// R11. Four last characters decode to the same tag, and only one of them is canonical.
#[test]
fn the_unused_bits_of_a_tag_must_be_zero() {
    let text = Session::FIXED.cookie();
    let (rest, last) = text.split_at(text.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = alphabet.find(last).expect("base64url");
    for bits in 1..4 {
        let other = &alphabet[value + bits..=value + bits];
        assert_eq!(code(format!("{rest}{other}"), Session::FIXED.issued_at), "malformed");
    }
}

#[test]
fn the_time_zero_is_written_as_one_digit() {
    let session = Session { issued_at: 0, expires_at: LAST, ..Session::FIXED };
    assert!(session.cookie().contains(".0.99999999999."));
    assert_eq!(code(session.cookie(), 0), "ok");
}

/// R3: length comes first, so nothing is read of a giant.
#[test]
fn a_text_is_too_long_from_its_513th_byte() {
    assert_eq!(code([b'v'; 512], 0), "malformed");
    assert_eq!(code([b'v'; 513], 0), "too_long");
    assert_eq!(code([], 0), "malformed");
}

/// R8: a role names exactly one key that is there.
#[test]
fn a_ring_refuses_repeated_keys_and_a_signing_key_that_is_not_listed() {
    let ring =
        |keys: &[_], signing| CookieKeyRing::new(CookieName::default(), keys, key_id(signing)).map(|_| ());
    let repeated = Err(KeyRingError::RepeatedKey { id: key_id("c1") });
    assert_eq!(ring(&[key("c1", C1), key("c1", C2)], "c1"), repeated);
    assert_eq!(ring(&[key("c1", C1)], "c2"), Err(KeyRingError::SigningKeyNotListed));
    assert_eq!(ring(&[], "c1"), Err(KeyRingError::SigningKeyNotListed));
}

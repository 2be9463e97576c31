//! FORMAT.md §3: the revocation feed, as it is written.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Verifier};
use proptest::prelude::*;
use serde_json::{Value, json};
use session_core::{
    AuthenticFeed, AuthenticStatement, CLOCK_SKEW, FEED_LIFETIME, KnownRevocations, MAX_STATEMENT_LIFETIME,
    REVOCATION_INTEREST, RevocationCheck, RevocationFeed, SessionId, StatementClaims, StatementRefusal,
    UnfitFeed,
};

use crate::fixtures::{LAST, at};
use crate::statement::{ISSUER, KEY, NOW, RING, claims};

fn feed(ids: &[[u8; 16]], as_of: u64) -> RevocationFeed {
    RevocationFeed::new(ISSUER.into(), ids.iter().copied().map(SessionId::from_bytes), at(as_of))
}

/// The same, as a reader has it who asks at once.
fn authentic(ids: &[[u8; 16]], as_of: u64) -> AuthenticFeed {
    let signed = RING.0.sign_revocations(&feed(ids, as_of)).expect("a lawful feed");
    RING.1.verify_revocations(&signed, ISSUER, at(as_of)).expect("an authentic feed")
}

fn statement_about(id: [u8; 16]) -> AuthenticStatement {
    let claims = StatementClaims { session_id: SessionId::from_bytes(id), ..claims() };
    let statement = RING.0.sign(&claims).expect("a statement");
    RING.1.verify(statement.as_str(), ISSUER, at(NOW)).expect("authentic")
}

/// Which of three statements are refused after these feeds, in this order.
fn refused_after(feeds: &[(&[[u8; 16]], u64)]) -> [bool; 3] {
    let mut known = KnownRevocations::default();
    for &(ids, as_of) in feeds {
        known.learn(authentic(ids, as_of));
    }
    [1, 2, 3].map(|byte| known.check(&statement_about([byte; 16]), at(NOW)) == Err(StatementRefusal::Revoked))
}

/// Header and payload of a feed, read without the code under test.
fn opened(feed: &str) -> [Value; 2] {
    let (signed, signature) = feed.rsplit_once('.').expect("a signature");
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
    let signature = Signature::from_slice(&decode(signature)).expect("64 bytes");
    KEY.verifying_key().verify(signed.as_bytes(), &signature).expect("a good signature");
    let (header, payload) = signed.split_once('.').expect("two parts");
    [header, payload].map(|part| serde_json::from_slice(&decode(part)).expect("JSON"))
}

proptest! {
    #[test]
    fn a_feed_says_who_was_revoked_and_nothing_else(ids: Vec<[u8; 16]>, as_of in 0..LAST - 15) {
        let [header, payload] = opened(&RING.0.sign_revocations(&feed(&ids, as_of)).unwrap());
        prop_assert_eq!(header, json!({ "alg": "EdDSA", "kid": "s1", "typ": "session-revocations+jwt" }));
        let mut ids = ids;
        ids.sort_unstable();
        ids.dedup();
        let revoked: Vec<_> = ids.into_iter().map(|id| SessionId::from_bytes(id).to_string()).collect();
        let iat = as_of / 5 * 5;
        let expected = json!({ "iss": ISSUER, "iat": iat, "exp": iat + 15, "revoked": revoked });
        prop_assert_eq!(payload, expected);
    }

    #[test]
    fn the_same_revocations_in_the_same_step_are_the_same_bytes(
        ids in prop::collection::vec(any::<[u8; 16]>(), 0..20), as_of in 0..LAST / 5 - 3, shift in 0..5u64,
    ) {
        let as_of = as_of * 5;
        let mut turned: Vec<_> = ids.iter().rev().chain(&ids).copied().collect();
        turned.rotate_left(usize::from(!ids.is_empty()));
        let sign = |feed: &RevocationFeed| RING.0.sign_revocations(feed).unwrap();
        prop_assert_eq!(sign(&feed(&ids, as_of)), sign(&feed(&turned, as_of + shift)));
        prop_assert_ne!(sign(&feed(&ids, as_of)), sign(&feed(&ids, as_of + 5)));
    }
}

#[test]
fn no_feed_is_signed_that_a_reader_would_refuse() {
    let good = feed(&[[1; 16], [2; 16]], NOW);
    let refused = |feed: &RevocationFeed| RING.0.sign_revocations(feed) == Err(UnfitFeed);
    assert!(!refused(&good));
    let lasting = |secs| good.issued_at.saturating_add(Duration::from_secs(secs));
    assert!(refused(&RevocationFeed { expires_at: lasting(0), ..good.clone() }));
    assert!(refused(&RevocationFeed { expires_at: lasting(16), ..good.clone() }));
    assert!(refused(&RevocationFeed { issued_at: lasting(16), ..good.clone() }));
    let [one, two] = [1, 2].map(|byte| SessionId::from_bytes([byte; 16]));
    assert!(refused(&RevocationFeed { revoked: vec![two, one], ..good.clone() }));
    assert!(refused(&RevocationFeed { revoked: vec![one, one], ..good }));
}

#[test]
fn of_two_feeds_the_newer_counts_and_of_two_of_one_time_both() {
    let (one, two, three) = ([1; 16], [2; 16], [3; 16]);
    assert_eq!(refused_after(&[]), [false; 3]);
    assert_eq!(refused_after(&[(&[one], NOW), (&[two], NOW + 5)]), [false, true, false]);
    assert_eq!(refused_after(&[(&[two], NOW + 5), (&[one], NOW)]), [false, true, false]);
    assert_eq!(refused_after(&[(&[three, one], NOW), (&[two, one], NOW)]), [true; 3]);
}

#[test]
fn a_statement_is_current_while_the_feed_is_and_a_revocation_outlives_it() {
    let mut known = KnownRevocations::default();
    let [revoked, other] = [1, 2].map(|byte| statement_about([byte; 16]));
    let unchecked = RevocationCheck { checked_at: None, current: false };
    assert_eq!(known.check(&other, at(NOW)), Ok(unchecked));
    known.learn(authentic(&[[1; 16]], NOW));
    let checked = |current| Ok(RevocationCheck { checked_at: Some(at(NOW)), current });
    assert_eq!(known.check(&other, at(NOW + 14)), checked(true));
    assert_eq!(known.check(&other, at(NOW + 15)), checked(false));
    for now in [NOW, NOW + 15] {
        assert_eq!(known.check(&revoked, at(now)), Err(StatementRefusal::Revoked));
    }
}

#[test]
fn a_revocation_is_of_interest_until_no_statement_is_believed() {
    assert_eq!(REVOCATION_INTEREST, MAX_STATEMENT_LIFETIME + CLOCK_SKEW);
    assert_eq!(FEED_LIFETIME, Duration::from_secs(15));
}

//! FORMAT.md §3: the revocation feed, as it is written.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Verifier};
use proptest::prelude::*;
use serde_json::{Value, json};
use session_core::{
    CLOCK_SKEW, FEED_LIFETIME, MAX_STATEMENT_LIFETIME, REVOCATION_INTEREST, RevocationFeed, SessionId,
    UnfitFeed,
};

use crate::fixtures::{LAST, at};
use crate::statement::{ISSUER, KEY, NOW, RING};

fn feed(ids: &[[u8; 16]], as_of: u64) -> RevocationFeed {
    RevocationFeed::new(ISSUER.into(), ids.iter().copied().map(SessionId::from_bytes), at(as_of))
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
fn a_revocation_is_of_interest_until_no_statement_is_believed() {
    assert_eq!(REVOCATION_INTEREST, MAX_STATEMENT_LIFETIME + CLOCK_SKEW);
    assert_eq!(FEED_LIFETIME, Duration::from_secs(15));
}

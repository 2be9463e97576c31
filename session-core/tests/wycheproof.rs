//! Project Wycheproof's cases for the three primitives, called as this crate calls them (R5, R6).

use ed25519_dalek::{Signature, VerifyingKey};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wycheproof::{eddsa, hkdf as hkdf_cases, mac};

/// How many cases were accepted and refused, each as it had to be.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    valid: usize,
    invalid: usize,
}

impl Tally {
    fn count(&mut self, accepted: bool, must_fail: bool, case: usize) {
        assert_ne!(accepted, must_fail, "case {case}");
        *(if accepted { &mut self.valid } else { &mut self.invalid }) += 1;
    }
}

/// R5: the function is the one that the standard has.
#[test]
fn hmac_sha256_agrees_with_every_case() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).expect("the set");
    let mut tally = Tally::default();
    for group in &set.test_groups {
        for case in &group.tests {
            let mac = Hmac::<Sha256>::new_from_slice(&case.key).expect("a key of any length");
            let mac = mac.chain_update(&case.msg);
            // The set has tags of 16 bytes too; the core itself only ever takes all 32.
            let accepted =
                case.tag.len() * 8 == group.tag_size && mac.verify_truncated_left(&case.tag).is_ok();
            tally.count(accepted, case.result.must_fail(), case.tc_id);
        }
    }
    assert_eq!(tally, Tally { valid: 66, invalid: 108 });
}

/// R6: so is the one that derives keys.
#[test]
fn hkdf_sha256_agrees_with_every_case() {
    let set = hkdf_cases::TestSet::load(hkdf_cases::TestName::HkdfSha256).expect("the set");
    let mut tally = Tally::default();
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        let salt = (!case.salt.is_empty()).then_some(&case.salt[..]);
        let mut okm = vec![0; case.size];
        let expanded = Hkdf::<Sha256>::new(salt, &case.ikm).expand(&case.info, &mut okm).is_ok();
        tally.count(expanded && okm == case.okm[..], case.result.must_fail(), case.tc_id);
    }
    assert_eq!(tally, Tally { valid: 83, invalid: 3 });
}

#[test]
fn strict_ed25519_agrees_with_every_case() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("the set");
    let mut tally = Tally::default();
    for group in &set.test_groups {
        let key = <[u8; 32]>::try_from(&group.key.pk[..]).expect("32 bytes");
        let key = VerifyingKey::from_bytes(&key).expect("a point");
        for case in &group.tests {
            let signature = Signature::from_slice(&case.sig);
            let accepted = signature.is_ok_and(|signature| key.verify_strict(&case.msg, &signature).is_ok());
            tally.count(accepted, case.result.must_fail(), case.tc_id);
        }
    }
    assert_eq!(tally, Tally { valid: 88, invalid: 63 });
}

//! The grammar of key IDs, cookie names and session IDs, and the hash of a secret.

use proptest::prelude::*;
use session_core::{
    CookieName, DEVICE_COOKIE_NAME, KeyId, STATEMENT_COOKIE_NAME, SecretHash, SessionId, SessionSecret,
};
use sha2::{Digest, Sha256};

use crate::fixtures::encode;

pub(crate) const TOKEN: &str =
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Texts near the grammar, so that both verdicts come up.
fn nearly(pattern: &'static str) -> impl Strategy<Value = String> {
    (pattern, prop::option::of((any::<prop::sample::Index>(), any::<char>()))).prop_map(
        |(mut text, change)| {
            if let Some((place, character)) = change {
                let place = place.index(text.len() + 1);
                text.insert(place, character);
            }
            text
        },
    )
}

proptest! {
    #[test]
    fn a_key_id_is_1_to_32_characters_of_its_alphabet(text in nearly("[A-Za-z0-9_-]{0,34}")) {
        let lawful = (1..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let id = KeyId::new(&text);
        prop_assert_eq!(id.is_ok(), lawful);
        if let Ok(id) = id {
            prop_assert_eq!(id.as_str(), &text);
            prop_assert_eq!(serde_json::to_value(id).unwrap(), text);
        }
    }

    /// R15: no cookie can be called otherwise.
    #[test]
    fn a_cookie_name_is_the_prefix_and_a_token(rest in nearly("[!-~]{0,4}|[a-z]{50,60}")) {
        let text = format!("__Host-{rest}");
        let lawful = !rest.is_empty() && text.len() <= 64 && rest.chars().all(|c| TOKEN.contains(c));
        let name = CookieName::new(&text);
        prop_assert_eq!(name.is_ok(), lawful);
        if let Ok(name) = name {
            prop_assert_eq!(name.as_str(), text);
        }
    }

    /// R11: one text for each ID.
    #[test]
    fn a_session_id_is_read_from_its_one_text(bytes: [u8; 16], last: char) {
        let id = SessionId::from_bytes(bytes);
        let text = id.to_string();
        prop_assert_eq!(&text, &encode(bytes));
        prop_assert_eq!(text.len(), SessionId::TEXT_LENGTH);
        prop_assert_eq!(text.parse(), Ok(id));
        prop_assert_eq!(serde_json::from_value::<SessionId>(text.clone().into()).unwrap(), id);
        let other = format!("{}{last}", &text[..21]);
        let same_text = |read: SessionId| read.to_string() == other;
        prop_assert!(other.parse().map_or(true, same_text));
    }

    /// R45: what becomes part of a key has a fixed length and a fixed alphabet.
    #[test]
    fn any_other_text_is_no_session_id(text in nearly("[A-Za-z0-9_-]{20,24}")) {
        let canonical = text.len() == 22
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
            && text.ends_with(['A', 'Q', 'g', 'w']);
        prop_assert_eq!(text.parse::<SessionId>().is_ok(), canonical);
    }

    /// R44: the store has the hash of a secret, which is no secret.
    #[test]
    fn a_secret_is_kept_as_a_hash_that_matches_it_alone(bytes: [u8; 32], other: [u8; 32]) {
        let secret = SessionSecret::from_bytes(bytes);
        let text = encode(Sha256::new().chain_update(b"session-secret/v1:").chain_update(bytes).finalize());
        prop_assert_eq!(String::from(secret.hash()), text.clone());
        let read = SecretHash::try_from(text).unwrap();
        prop_assert!(read.matches(&secret));
        prop_assert_eq!(read.matches(&SessionSecret::from_bytes(other)), bytes == other);
    }

    /// R4: all of a secret is compared.
    #[test]
    fn one_other_bit_of_a_secret_does_not_match(bytes: [u8; 32], bit in 0..256usize) {
        let mut other = bytes;
        other[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!SessionSecret::from_bytes(bytes).hash().matches(&SessionSecret::from_bytes(other)));
    }
}

/// R15: letter by letter, since browsers heed the prefix by its letters.
#[test]
fn a_cookie_name_without_the_exact_prefix_is_refused() {
    for name in ["session", "__host-session", "__Secure-session", "__Host-", "", " __Host-session", "_Host-s"]
    {
        assert!(CookieName::new(name).is_err(), "{name}");
    }
    assert_eq!(CookieName::default().as_str(), "__Host-session");
    assert_eq!(CookieName::new("__Host-session"), Ok(CookieName::default()));
}

#[test]
fn the_names_of_the_statement_cookie_and_of_the_device_cookie_are_taken() {
    assert_eq!(STATEMENT_COOKIE_NAME, "__Host-session-statement");
    assert_eq!(DEVICE_COOKIE_NAME, "__Host-session-device");
    for name in [STATEMENT_COOKIE_NAME, DEVICE_COOKIE_NAME] {
        assert!(CookieName::new(name).is_err(), "{name}");
    }
    assert!(CookieName::new("__Host-session-statements").is_ok());
}

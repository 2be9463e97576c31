//! A text is a start key exactly if it is 1 to 255 visible ASCII characters, and what follows from it is what FORMAT.md
//! §7 says. The input is a credential, a newline and the text; the number before them makes the nonce.

#![no_main]

use hmac::Mac;
use libfuzzer_sys::fuzz_target;
use session_core::{SessionId, SessionSecret, StartKey, StartNonce};
use session_fuzz::{input, mac};

fuzz_target!(|data: &[u8]| {
    let (number, rest) = input(data);
    let Ok(rest) = std::str::from_utf8(rest) else { return };
    let Some((credential, text)) = rest.split_once('\n') else { return };
    let lawful = (1..=255).contains(&text.len()) && text.chars().all(|letter| ('!'..='~').contains(&letter));
    let key = StartKey::new(credential.as_bytes(), text);
    assert_eq!(key.is_ok(), lawful);
    let Ok(key) = key else { return };

    let mac = mac(credential.as_bytes(), b"session-start/v1:");
    let made = |purpose: &[u8]| -> [u8; 32] {
        mac.clone().chain_update(purpose).chain_update(text).finalize().into_bytes().into()
    };
    let marker: [u8; 16] = made(b"marker:")[..16].try_into().expect("16 bytes");
    assert_eq!(key.marker_id(), SessionId::from_bytes(marker));
    let nonce: Vec<u8> = number.as_secs().to_be_bytes().repeat(4);
    let secret = made(&[b"secret:", &nonce[..]].concat());
    let nonce = StartNonce::from_bytes(nonce.try_into().expect("32 bytes"));
    assert!(key.secret(&nonce).hash().matches(&SessionSecret::from_bytes(secret)));
});

//! express-session: `s:` and the session ID, a dot, and its HMAC-SHA256 in base64, percent-encoded as a whole.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The longest ID: applications can have their own.
const MAX_ID_LENGTH: usize = 255;

/// What an application of Express signs its cookies with: the present secret, and those before it.
#[derive(Clone)]
pub struct ExpressSecrets(Vec<Zeroizing<String>>);

impl ExpressSecrets {
    /// These secrets, each of which verifies.
    ///
    /// # Errors
    /// When there is none, or one is empty: then anybody could sign.
    pub fn new(secrets: impl IntoIterator<Item = Zeroizing<String>>) -> Result<Self, InvalidExpressSecrets> {
        let secrets: Vec<_> = secrets.into_iter().collect();
        if secrets.is_empty() || secrets.iter().any(|secret| secret.is_empty()) {
            return Err(InvalidExpressSecrets);
        }
        Ok(Self(secrets))
    }

    /// The session ID in an authentic cookie.
    pub(super) fn verify(&self, cookie: &[u8]) -> Option<String> {
        let cookie: Vec<u8> = percent_decode(cookie).collect();
        let signed = str::from_utf8(&cookie).ok()?.strip_prefix("s:")?;
        let (id, tag) = signed.rsplit_once('.')?;
        let tag = STANDARD_NO_PAD.decode(tag).ok()?;
        let has_form =
            (1..=MAX_ID_LENGTH).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        // Every secret is tried, in constant time each.
        let is_authentic =
            self.0.iter().fold(false, |is_authentic, secret| is_authentic | matches(secret, id, &tag));
        (has_form && is_authentic).then(|| id.to_owned())
    }
}

fn matches(secret: &str, id: &str, tag: &[u8]) -> bool {
    Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .is_ok_and(|mac| mac.chain_update(id).verify_slice(tag).is_ok())
}

impl fmt::Debug for ExpressSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExpressSecrets(..)")
    }
}

/// There is nothing to verify cookies with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("secrets of express-session are none, or one of them is empty")]
pub struct InvalidExpressSecrets;

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets<const N: usize>(secrets: [&str; N]) -> ExpressSecrets {
        ExpressSecrets::new(secrets.map(|secret| Zeroizing::new(secret.to_owned()))).unwrap()
    }

    /// Made by cookie-signature 1.2.2 with the secret `hello`.
    const SIGNED: &str = "s%3AABC.uHtBc9pXJeH721mkvtuPo3XlzSmX5QbTghMlCLI3Ft4";

    #[test]
    fn what_express_signed_is_authentic_under_each_of_its_secrets() {
        for secrets in [secrets(["hello"]), secrets(["newer", "hello"])] {
            assert_eq!(secrets.verify(SIGNED.as_bytes()).as_deref(), Some("ABC"));
            assert_eq!(
                secrets.verify(percent_decode(SIGNED.as_bytes()).collect::<Vec<_>>().as_slice()).as_deref(),
                Some("ABC")
            );
        }
        assert_eq!(secrets(["other"]).verify(SIGNED.as_bytes()), None);
    }

    #[test]
    fn a_cookie_with_any_byte_changed_is_refused() {
        let secrets = secrets(["hello"]);
        let good: Vec<u8> = percent_decode(SIGNED.as_bytes()).collect();
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                assert_eq!(secrets.verify(&bad), None, "{}", String::from_utf8_lossy(&bad));
            }
        }
        for bad in ["", "s:", "s:.", "ABC", "s:ABC", "s:ABC.", "s%3A", "j:{}"] {
            assert_eq!(secrets.verify(bad.as_bytes()), None, "{bad}");
        }
    }

    /// An ID becomes a part of a key.
    #[test]
    fn an_authentic_cookie_has_an_id_of_the_usual_form() {
        let secrets = secrets(["hello", "hello"]);
        let verified = |id: &str| {
            let mac = Hmac::<Sha256>::new_from_slice(b"hello").unwrap().chain_update(id);
            let tag = STANDARD_NO_PAD.encode(mac.finalize().into_bytes());
            secrets.verify(format!("s:{id}.{tag}").as_bytes())
        };
        let longest = "a".repeat(MAX_ID_LENGTH);
        for good in ["A", "a.b:c", &longest] {
            assert_eq!(verified(good).as_deref(), Some(good));
        }
        for bad in ["", "a b", "a\n", "ä", &format!("{longest}a")] {
            assert_eq!(verified(bad), None, "{bad}");
        }
    }

    #[test]
    fn nobody_who_debugs_it_is_told_a_secret() {
        assert_eq!(format!("{:?}", secrets(["canary"])), "ExpressSecrets(..)");
    }

    #[test]
    fn without_a_secret_nobody_signs() {
        assert_eq!(ExpressSecrets::new([]).err(), Some(InvalidExpressSecrets));
        assert_eq!(ExpressSecrets::new([Zeroizing::new(String::new())]).err(), Some(InvalidExpressSecrets));
    }
}

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Result, secret_file};

const KIND: &str = "webhook secret file";

/// What every secret begins with, as the specification says.
const PREFIX: &str = "whsec_";

/// How long a secret is, in bytes, as the specification says.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// What deliveries are signed with: each secret signs, so that a receiver may know the old one or the new one.
pub(super) struct Secrets(Vec<Zeroizing<Vec<u8>>>);

impl Secrets {
    /// The secrets of a file, one a line.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = secret_file::read(KIND, path).map_err(|unread| unread.told(KIND, path))?;
        let lines = text.lines().map(str::trim).enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let secret = |(number, line)| {
            let wrong = || {
                let expected = "expected `whsec_` and 24 to 64 bytes in base64";
                format!("{KIND} `{}`, line {}: {expected}", path.display(), number + 1)
            };
            parse(line).ok_or_else(wrong)
        };
        let secrets = lines.map(secret).collect::<Result<Vec<_>, _>>()?;
        if secrets.is_empty() {
            return Err(format!("{KIND} `{}` has no secret", path.display()).into());
        }
        Ok(Self(secrets))
    }

    /// A signature by each secret.
    pub(super) fn sign(&self, id: &str, sent_at: u64, body: &str) -> String {
        let signed = format!("{id}.{sent_at}.{body}");
        let signatures = self.0.iter().filter_map(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
            mac.update(signed.as_bytes());
            Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

fn parse(line: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = STANDARD.decode(line.strip_prefix(PREFIX)?).ok().map(Zeroizing::new)?;
    LENGTHS.contains(&bytes.len()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the libraries of Standard Webhooks are tested with.
    #[test]
    fn a_delivery_is_signed_as_the_specification_says() {
        let secret = parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = Secrets(vec![secret]).sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_signs() {
        let secrets = [[1; 24], [2; 24]].map(|bytes| Zeroizing::new(bytes.to_vec()));
        let signatures = Secrets(secrets.to_vec()).sign("a", 1, "{}");
        let (first, second) = signatures.split_once(' ').unwrap();
        assert!(first.starts_with("v1,") && second.starts_with("v1,") && first != second);
    }

    #[test]
    fn what_is_short_or_no_base64_is_no_secret() {
        for line in [
            "",
            "whsec_",
            "whsec_AAAA",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        ] {
            assert!(parse(line).is_none(), "{line}");
        }
    }
}

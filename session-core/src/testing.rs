//! What a server would make, from a seed: for the tests of applications, which have no server.

use alloc::vec::Vec;

use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use sha2::Sha256;

use crate::key::{KeyId, KeySecret, WeakKey};
use crate::key_ring::{KeyRing, Part, StatementKey};
use crate::revocations::RevocationFeed;
use crate::secret::SessionSecret;
use crate::session_id::SessionId;
use crate::statement::StatementClaims;

/// Separates what follows from a seed from everything that a server ever derives.
const LABEL: &[u8] = b"session-testing/v1:";

/// A key ring of which everybody knows that it is for tests, by the names of its keys. Whoever knows the seed can
/// make its cookies.
pub struct TestKeys {
    seed: Vec<u8>,
    ring: KeyRing,
}

impl TestKeys {
    /// The same keys for the same seed, `test-c1` and `test-s1`.
    ///
    /// # Errors
    /// Never, unless the derivation makes one byte 32 times.
    pub fn new(seed: &[u8]) -> Result<Self, WeakKey> {
        let cookie = (KeyId::short("test-c1"), KeySecret::new(&derive(seed, b"cookie-key", 0))?);
        let key = SigningKey::from_bytes(&derive(seed, b"statement-key", 0));
        let statement = (KeyId::short("test-s1"), StatementKey { key, added_at: None });
        let (cookie, statement) = (Part::new(cookie), Part::new(statement));
        Ok(Self { seed: seed.to_vec(), ring: KeyRing { cookie, statement } })
    }

    /// The keys, as a server has them.
    #[must_use]
    pub const fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// The session of this number.
    #[must_use]
    pub fn session(&self, number: u64) -> (SessionId, SessionSecret) {
        let mut id = [0; 16];
        for (byte, derived) in id.iter_mut().zip(derive(&self.seed, b"session-id", number)) {
            *byte = derived;
        }
        (SessionId::from_bytes(id), SessionSecret::from_bytes(derive(&self.seed, b"secret", number)))
    }
}

impl StatementClaims {
    /// Reads the payload of a statement (FORMAT.md §2).
    #[must_use]
    pub fn from_json(payload: &str) -> Option<Self> {
        Self::read(payload)
    }
}

impl RevocationFeed {
    /// Reads the payload of a feed (FORMAT.md §3), and puts it in order: its time into its step, and the sessions into
    /// theirs.
    #[must_use]
    pub fn from_json(payload: &str) -> Option<Self> {
        let Self { issuer, issued_at, revoked, .. } = Self::read(payload)?;
        Some(Self::new(issuer, revoked, issued_at))
    }
}

fn derive(seed: &[u8], purpose: &[u8], number: u64) -> [u8; 32] {
    let mut derived = [0; 32];
    let info = [LABEL, purpose, &number.to_be_bytes()];
    // It fails for more than 255 blocks, and this is one.
    let expanded = Hkdf::<Sha256>::new(None, seed).expand_multi_info(&info, &mut derived);
    debug_assert!(expanded.is_ok());
    derived
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::cookie_name::CookieName;
    use crate::time::UnixTime;

    const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

    #[test]
    fn the_same_seed_makes_the_same_keys_and_sessions() {
        let text = |seed: &[u8]| TestKeys::new(seed).unwrap().ring().to_json();
        assert_eq!(text(b"seed"), text(b"seed"));
        assert_ne!(text(b"seed"), text(b"other"));
        let ids = |seed: &[u8]| [1, 2].map(|number| TestKeys::new(seed).unwrap().session(number).0);
        assert_eq!(ids(b"seed"), ids(b"seed"));
        let [one, two] = ids(b"seed");
        assert_ne!(one, two);
        assert!(!ids(b"other").contains(&one));
    }

    #[test]
    fn its_keys_are_those_of_a_server_and_are_called_test_keys() {
        let keys = TestKeys::new(b"").unwrap();
        let ring = KeyRing::from_json(&keys.ring().to_json()).unwrap();
        assert!(ring.list().all(|key| key.signs && key.id.as_str().starts_with("test-")));
        let (id, secret) = keys.session(1);
        let end = NOW.saturating_add(Duration::from_secs(60));
        let cookie = ring.cookie_keys(CookieName::default()).sign(id, &secret, NOW, end).unwrap();
        let made = keys.ring().cookie_keys(CookieName::default());
        assert_eq!(made.verify(cookie.expose().as_bytes(), NOW).unwrap().session_id(), id);
    }

    #[test]
    fn a_payload_is_read_as_a_reader_of_feeds_reads_it_and_then_put_in_order() {
        let ids = ["AgAAAAAAAAAAAAAAAAAAAA", "AQAAAAAAAAAAAAAAAAAAAA"];
        let payload = alloc::format!(
            r#"{{"iss":"https://app.example","iat":1800000004,"exp":1800000019,"revoked":["{}","{}"]}}"#,
            ids[0],
            ids[1]
        );
        let feed = RevocationFeed::from_json(&payload).unwrap();
        assert_eq!(feed.issued_at, NOW);
        let revoked: Vec<_> = feed.revoked.iter().map(alloc::string::ToString::to_string).collect();
        assert_eq!(revoked, [ids[1], ids[0]]);
        assert!(RevocationFeed::from_json("{}").is_none());
        assert!(StatementClaims::from_json("{}").is_none());
    }

    #[test]
    fn a_payload_is_read_as_a_reader_of_statements_reads_it() {
        let payload = alloc::format!(
            r#"{{"iss":"https://app.example","sub":"alice","sid":"AQAAAAAAAAAAAAAAAAAAAA","iat":{0},"exp":{1},
                "auth_time":{0},"idle_expires_at":{1},"absolute_expires_at":{1},"claims":{{"a":1}}}}"#,
            NOW.as_secs(),
            NOW.as_secs() + 300
        );
        let claims = StatementClaims::from_json(&payload).unwrap();
        assert_eq!(
            (claims.subject.as_str(), claims.issued_at, claims.claims.as_str()),
            ("alice", NOW, r#"{"a":1}"#)
        );
    }
}

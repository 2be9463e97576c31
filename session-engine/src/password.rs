use std::fmt;
use std::str::FromStr;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as PhcHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use crate::precis;

/// ASVS 11.4.2 and RFC 9106 §3.1.
const SALT_LENGTH: usize = 16;

/// A password that somebody entered. Elided in `Debug`, erased when dropped.
pub struct Password(Zeroizing<String>);

impl Password {
    /// The fewest characters of a new password (ASVS 6.2.1).
    pub const MIN_CHARACTERS: usize = 8;

    /// The most bytes: far above the 64 characters that ASVS 6.2.9 wants allowed, and small enough
    /// to cost nothing. A longer one is refused, never shortened.
    pub const MAX_LENGTH: usize = 1024;

    /// The password as entered: nothing is trimmed, folded or cut (ASVS 6.2.8). Only that one
    /// character may be typed in two ways, or as another kind of space, makes no difference (RFC 8265,
    /// `OpaqueString`).
    #[must_use]
    pub fn new(text: String) -> Self {
        let text = Zeroizing::new(text);
        if text.is_ascii() {
            return Self(text);
        }
        match precis::password(&text) {
            Some(spelled) => Self(Zeroizing::new(spelled.into_owned())),
            None => Self(text),
        }
    }

    /// Whether it is good enough to be set for `user`: long enough, and not among the first that
    /// an attacker would try, whatever the characters (NIST SP 800-63B §3.1.1.2, ASVS 6.2.4).
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_strength(&self, user: &str) -> Result<(), WeakPassword> {
        if self.0.chars().count() < Self::MIN_CHARACTERS {
            return Err(WeakPassword::TooShort);
        }
        if self.0.len() > Self::MAX_LENGTH {
            return Err(WeakPassword::TooLong);
        }
        if precis::password(&self.0).is_none() {
            return Err(WeakPassword::Untypable);
        }
        if zxcvbn::zxcvbn(&self.0, &[user]).score() < zxcvbn::Score::Two {
            return Err(WeakPassword::Guessable);
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Why a password is not accepted as a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeakPassword {
    /// Under [`Password::MIN_CHARACTERS`].
    #[error("password is too short, expected at least 8 characters")]
    TooShort,
    /// Over [`Password::MAX_LENGTH`].
    #[error("password is too long, expected at most 1,024 bytes")]
    TooLong,
    /// With control characters, or others that cannot be told apart from none.
    #[error("password has control characters, or others that no keyboard types")]
    Untypable,
    /// Under a million guesses away.
    #[error("password is easy to guess, expected a less common one")]
    Guessable,
}

/// How much work a password's hash is, for us and for whoever has stolen it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordCost {
    /// 19 MiB, 2 passes: OWASP's first recommendation for Argon2id.
    #[default]
    Mib19,
    /// 46 MiB, 1 pass: OWASP's other one.
    Mib46,
    /// 64 MiB, 3 passes, 4 lanes: RFC 9106's second recommendation.
    Mib64,
}

impl PasswordCost {
    const fn parameters(self) -> (u32, u32, u32) {
        match self {
            Self::Mib19 => (19 * 1024, 2, 1),
            Self::Mib46 => (46 * 1024, 1, 1),
            Self::Mib64 => (64 * 1024, 3, 4),
        }
    }

    fn argon2(self) -> Result<Params, HashingFailed> {
        let (memory_kib, passes, lanes) = self.parameters();
        Params::new(memory_kib, passes, lanes, Some(Params::DEFAULT_OUTPUT_LEN)).map_err(|_| HashingFailed)
    }

    const fn work(self) -> u64 {
        let (memory_kib, passes, _) = self.parameters();
        memory_kib as u64 * passes as u64
    }
}

/// A password's Argon2id hash, as a PHC string with its salt and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(PhcHash);

impl PasswordHash {
    /// Hashes with a fresh salt of 16 bytes. Takes tens of milliseconds.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(
        password: &Password,
        cost: PasswordCost,
        memory: &mut HashingMemory,
    ) -> Result<Self, HashingFailed> {
        let params = cost.argon2()?;
        let mut salt = [0; SALT_LENGTH];
        getrandom::fill(&mut salt).map_err(|_| HashingFailed)?;
        let hash = memory.hash(password, &salt, &params).ok_or(HashingFailed)?;
        Ok(Self(PhcHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(|_| HashingFailed)?,
            salt: Some(Salt::new(&salt).map_err(|_| HashingFailed)?),
            hash: Some(hash),
        }))
    }

    /// Whether this is the hash of `password`, by its own parameters. As slow as [`new`](Self::new).
    #[must_use]
    pub fn verify(&self, password: &Password, memory: &mut HashingMemory) -> bool {
        let PhcHash { salt: Some(salt), hash: Some(expected), .. } = &self.0 else { return false };
        let Ok(params) = Params::try_from(&self.0) else { return false };
        // `Output` compares in constant time.
        memory.hash(password, salt, &params).is_some_and(|hash| hash == *expected)
    }

    /// Whether it was made with less work than `cost` and should be made again.
    #[must_use]
    pub fn is_weaker_than(&self, cost: PasswordCost) -> bool {
        let work = |params: Params| u64::from(params.m_cost()) * u64::from(params.t_cost());
        Params::try_from(&self.0).map_or(true, |params| work(params) < cost.work())
    }
}

impl FromStr for PasswordHash {
    type Err = InvalidPasswordHash;

    fn from_str(text: &str) -> Result<Self, InvalidPasswordHash> {
        let hash = PhcHash::new(text).map_err(|_| InvalidPasswordHash)?;
        let complete = hash.salt.is_some() && hash.hash.is_some() && Params::try_from(&hash).is_ok();
        let argon2id = hash.algorithm == Algorithm::Argon2id.ident();
        let current = hash.version == Some(Version::V0x13.into());
        if complete && argon2id && current { Ok(Self(hash)) } else { Err(InvalidPasswordHash) }
    }
}

impl fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// The memory in which passwords are hashed. Whoever hashes many keeps it: to ask for tens of MiB
/// and give them back each time is slow, and leaves the heap in pieces that add up.
#[derive(Default)]
pub struct HashingMemory(Vec<Block>);

impl HashingMemory {
    fn hash(&mut self, password: &Password, salt: &[u8], params: &Params) -> Option<Output> {
        if password.0.len() > Password::MAX_LENGTH {
            return None;
        }
        let blocks = params.block_count();
        if self.0.len() < blocks {
            self.0.resize(blocks, Block::default());
        }
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let mut output = [0; Output::MAX_LENGTH];
        let output = output.get_mut(..params.output_len()?)?;
        let memory = self.0.get_mut(..blocks)?;
        argon2.hash_password_into_with_memory(password.0.as_bytes(), salt, output, memory).ok()?;
        Output::new(output).ok()
    }
}

impl fmt::Debug for HashingMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashingMemory(..)")
    }
}

/// A text that is not a password's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("password hash is not an Argon2id PHC string")]
pub struct InvalidPasswordHash;

/// The system gave no randomness, or the password is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("password could not be hashed: no randomness, or it is longer than 1,024 bytes")]
pub struct HashingFailed;

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.into())
    }

    /// R40: by OWASP's parameters unless others are set, and with nothing of the password trimmed.
    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let hash = PasswordHash::new(
            &password("Jörg's 🔑 horse"),
            PasswordCost::Mib19,
            &mut HashingMemory::default(),
        )
        .unwrap();
        assert!(hash.to_string().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(hash.verify(&password("Jörg's 🔑 horse"), &mut HashingMemory::default()));
        assert!(!hash.verify(&password("Jörg's 🔑 horse "), &mut HashingMemory::default()));
        assert_eq!(hash.to_string().parse(), Ok(hash));
    }

    /// R40: a salt of 16 bytes and a tag of 32, by each set of parameters that there is.
    #[test]
    fn a_hash_has_the_parameters_that_were_chosen() {
        for (cost, parameters) in [
            (PasswordCost::Mib19, "m=19456,t=2,p=1"),
            (PasswordCost::Mib46, "m=47104,t=1,p=1"),
            (PasswordCost::Mib64, "m=65536,t=3,p=4"),
        ] {
            let hash = PasswordHash::new(&password("correct horse"), cost, &mut HashingMemory::default());
            let text = hash.unwrap().to_string();
            let fields: Vec<_> = text.split('$').collect();
            let ["", "argon2id", "v=19", found, salt, tag] = fields[..] else { panic!("{text}") };
            // In base64 without padding.
            assert_eq!((found, salt.len(), tag.len()), (parameters, 22, 43));
        }
    }

    /// R40: the last of 1,024 bytes counts.
    #[test]
    fn a_long_password_is_neither_cut_nor_hashed_past_its_limit() {
        let long = "x".repeat(Password::MAX_LENGTH);
        let hash =
            PasswordHash::new(&password(&long), PasswordCost::Mib19, &mut HashingMemory::default()).unwrap();
        assert!(hash.verify(&password(&long), &mut HashingMemory::default()));
        assert!(!hash.verify(&password(&long[1..]), &mut HashingMemory::default()));
        assert!(!hash.verify(&password(&format!("{long}y")), &mut HashingMemory::default()));
    }

    /// R40: what an attacker tries first, and one with the user's name in it.
    #[test]
    fn common_and_short_passwords_are_refused() {
        assert_eq!(password("Aw7!x").check_strength("alice"), Err(WeakPassword::TooShort));
        assert_eq!(password(&"x".repeat(1025)).check_strength("alice"), Err(WeakPassword::TooLong));
        for common in ["password", "12345678", "qwertyuiop", "football1", "iloveyou", "alicealice"] {
            assert_eq!(password(common).check_strength("alice"), Err(WeakPassword::Guessable), "{common}");
        }
        assert_eq!(password("correct horse battery staple").check_strength("alice"), Ok(()));
    }

    /// R40: which is how a login finds what is to be hashed again.
    #[test]
    fn less_work_is_weaker() {
        let weak: PasswordHash = "$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0$\
            MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"
            .replace(char::is_whitespace, "")
            .parse()
            .unwrap();
        assert!(weak.is_weaker_than(PasswordCost::Mib19));
        let hash =
            PasswordHash::new(&password("correct horse"), PasswordCost::Mib19, &mut HashingMemory::default())
                .unwrap();
        assert!(!hash.is_weaker_than(PasswordCost::Mib19));
        assert!(hash.is_weaker_than(PasswordCost::Mib64));
    }

    /// R40: as a PHC string, and nothing in its place.
    #[test]
    fn only_argon2id_is_a_password_hash() {
        let other =
            "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";
        assert!(other.parse::<PasswordHash>().is_err());
        assert!("hunter2".parse::<PasswordHash>().is_err());
    }
}

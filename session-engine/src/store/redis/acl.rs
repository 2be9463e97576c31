//! What a user of Redis has to be allowed for sessions to be kept there, and nothing else (R46).

use sha2::{Digest, Sha256};

use super::{OpenError, RedisSettings};

/// The keys of `keys.rs`, each with all that may follow.
const KEYS: [&str; 6] =
    ["session:*", "subject-sessions:*", "subject-epoch:*", "revocations", "attempts:*", "fence:*"];

/// Scripts run as the user, so what they ask for is among these.
const COMMANDS: [&str; 27] = [
    "hello",
    "select",
    "info",
    "get",
    "getex",
    "set",
    "del",
    "exists",
    "getrange",
    "expiretime",
    "expire",
    "expireat",
    "ttl",
    "zadd",
    "zrem",
    "zrange",
    "zcount",
    "zremrangebyscore",
    "time",
    "evalsha",
    "script|load",
    // For the near cache.
    "client|tracking",
    // Of a cluster.
    "asking",
    "cluster|info",
    "cluster|myid",
    "cluster|slots",
    // For what a replica has to have.
    "wait",
];

/// What events need besides.
const KEYS_OF_EVENTS: [&str; 2] = ["events", "events-*"];
const COMMANDS_OF_EVENTS: [&str; 8] =
    ["xadd", "xrange", "xrevrange", "zscore", "hset", "hget", "hmget", "hdel"];

impl RedisSettings {
    /// The keys and commands of a Redis user with no more than a store needs, as rules for `ACL SETUSER`.
    ///
    /// # Errors
    /// When the prefix cannot be one.
    pub fn acl_rules(&self) -> Result<String, OpenError> {
        self.rules(&KEYS, &COMMANDS)
    }

    /// The same where events are kept in the store.
    ///
    /// # Errors
    /// When the prefix cannot be one.
    pub fn acl_rules_with_events(&self) -> Result<String, OpenError> {
        self.rules(&[&KEYS[..], &KEYS_OF_EVENTS].concat(), &[&COMMANDS[..], &COMMANDS_OF_EVENTS].concat())
    }

    /// What is to be read and removed besides where sessions of another library are taken over, whose keys are of this
    /// pattern. No other commands are needed for it.
    ///
    /// # Errors
    /// When the prefix cannot be one.
    #[cfg(feature = "legacy")]
    pub fn acl_rules_of_legacy(&self, key_pattern: &str) -> Result<String, OpenError> {
        Ok(format!("~{key_pattern} {}", self.rules(&["legacy-barred:*"], &[])?))
    }

    fn rules(&self, keys: &[&str], commands: &[&str]) -> Result<String, OpenError> {
        self.check_prefix()?;
        let keys = keys.iter().map(|key| format!("~{}{key}", literally(&self.prefix)));
        let commands = commands.iter().map(|command| format!("+{command}"));
        Ok(keys.chain(commands).collect::<Vec<_>>().join(" "))
    }

    /// How such a user proves to be one, as a rule that has the SHA-256 of the password beside the URL; none
    /// without a password.
    ///
    /// # Errors
    /// When the password cannot be read.
    pub fn acl_password(&self) -> Result<Option<String>, OpenError> {
        let rule = |password: &str| {
            let digits =
                Sha256::digest(password).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            format!("#{digits}")
        };
        Ok(self.read_password()?.map(|password| rule(&password)))
    }
}

/// A prefix as a pattern that stands for itself alone.
fn literally(prefix: &str) -> String {
    let mut pattern = String::new();
    for character in prefix.chars() {
        if ['*', '?', '[', ']', '\\'].contains(&character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

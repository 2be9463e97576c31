use std::path::PathBuf;

use clap::Args;
use session_engine::LegacyLibrary;
use session_engine::store::redis::RedisSettings;

use crate::Result;
use crate::output::say;
use crate::settings::legacy::Library;
use crate::settings::values::Switch;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A TOML file with settings, as for `serve`
    #[arg(long, env = "SESSION_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// What every key in Redis begins with, as the servers have it [default: nothing]
    #[arg(
        long,
        env = "SESSION_REDIS_PREFIX",
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    redis_prefix: String,
    /// A file with the user's password, of which the line has the SHA-256 alone
    #[arg(long, env = "SESSION_REDIS_PASSWORD_FILE", value_name = "FILE")]
    redis_password_file: Option<PathBuf>,
    /// Also what events need, as the servers have it
    #[arg(
        long,
        env = "SESSION_EVENTS",
        value_enum,
        default_value_t = Switch::Off,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "on"
    )]
    events: Switch,
    /// Also what sessions of another library need that are taken over, as the servers have it
    #[arg(long, env = "SESSION_LEGACY_SESSIONS", value_name = "LIBRARY", value_enum)]
    legacy_sessions: Option<Library>,
    /// What its keys begin with, as the servers have it [default: that of the library]
    #[arg(long, env = "SESSION_LEGACY_PREFIX", value_name = "TEXT", requires = "legacy_sessions")]
    legacy_prefix: Option<String>,
    /// Name of the user in Redis
    #[arg(long, value_name = "NAME", default_value = "sessions")]
    user: String,
}

/// A line of Redis' ACL file.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let Arguments { user, redis_prefix, redis_password_file, events, .. } = arguments;
    let Arguments { legacy_sessions, legacy_prefix, .. } = arguments;
    if user.is_empty() || user.contains(|character: char| character.is_whitespace() || character == '\0') {
        return Err("name of the user in redis is empty or has white space".into());
    }
    let mut redis = RedisSettings::new("").prefix(redis_prefix);
    if let Some(path) = redis_password_file {
        redis = redis.password_file(path);
    }
    let password = redis.acl_password()?.unwrap_or_else(|| ">PASSWORD".into());
    let mut rules = if events.is_on() { redis.acl_rules_with_events()? } else { redis.acl_rules()? };
    if let Some(library) = legacy_sessions.map(LegacyLibrary::from) {
        let prefix = legacy_prefix.as_deref().unwrap_or(library.key_prefix());
        rules = format!("{} {rules}", redis.acl_rules_of_legacy(&library.key_pattern(prefix))?);
    }
    say!("user {user} on {password} {rules}")
}

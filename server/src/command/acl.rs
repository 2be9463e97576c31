use std::path::PathBuf;

use clap::Args;
use session_engine::store::redis::RedisSettings;

use crate::Result;
use crate::output::say;

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
    /// Name of the user in Redis
    #[arg(long, value_name = "NAME", default_value = "sessions")]
    user: String,
}

/// A line of Redis' ACL file.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let Arguments { user, redis_prefix, redis_password_file, .. } = arguments;
    if user.is_empty() || user.contains(|character: char| character.is_whitespace() || character == '\0') {
        return Err("name of the user in redis is empty or has white space".into());
    }
    let mut redis = RedisSettings::new("").prefix(redis_prefix);
    if let Some(path) = redis_password_file {
        redis = redis.password_file(path);
    }
    let password = redis.acl_password()?.unwrap_or_else(|| ">PASSWORD".into());
    say!("user {user} on {password} {}", redis.acl_rules()?)
}

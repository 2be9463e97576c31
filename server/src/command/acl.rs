use std::path::PathBuf;

use clap::Args;
use session_engine::store::redis::RedisSettings;
use sha2::{Digest, Sha256};

use crate::output::say;
use crate::{Result, secret_file};

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
    const KIND: &str = "password file of redis";
    let Arguments { user, redis_prefix, redis_password_file, .. } = arguments;
    if user.is_empty() || user.contains(|character: char| character.is_whitespace() || character == '\0') {
        return Err("name of the user in redis is empty or has white space".into());
    }
    let password = match redis_password_file {
        None => ">PASSWORD".to_owned(),
        Some(path) => {
            let text = secret_file::read(KIND, path).map_err(|unread| unread.told(KIND, path))?;
            let line = text.lines().next().filter(|line| !line.is_empty());
            let line = line.ok_or_else(|| format!("{KIND} `{}` has no first line", path.display()))?;
            let hash = Sha256::digest(line).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            format!("#{hash}")
        }
    };
    let rules = RedisSettings::new("").prefix(redis_prefix).acl_rules();
    say!("user {user} on {password} {rules}")
}

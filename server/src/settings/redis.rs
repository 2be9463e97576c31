use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use session_engine::store::{self, redis::RedisSettings};

use crate::{Result, secret_file};

/// What a store in Redis needs beside its URL. Files are read again for each connection.
#[derive(Args, Debug)]
#[command(next_help_heading = "Redis")]
pub(crate) struct Redis {
    /// A file with the password of Redis, if it is not in the URL
    #[arg(long = "redis-password-file", env = "SESSION_REDIS_PASSWORD_FILE", value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// For `rediss`: a file with the certificates (PEM) that vouch for Redis [default: the system's]
    #[arg(long = "redis-ca", env = "SESSION_REDIS_CA", value_name = "FILE")]
    certificate_authority: Option<PathBuf>,

    /// For `rediss`: a file with a client certificate (PEM) for Redis
    #[arg(
        long = "redis-certificate",
        env = "SESSION_REDIS_CERTIFICATE",
        value_name = "FILE",
        requires = "certificate_key"
    )]
    certificate: Option<PathBuf>,

    /// A file with the key (PEM) of that certificate
    #[arg(
        long = "redis-certificate-key",
        env = "SESSION_REDIS_CERTIFICATE_KEY",
        value_name = "FILE",
        requires = "certificate"
    )]
    certificate_key: Option<PathBuf>,

    /// For `redis+sentinel://`: the user that this server is to sentinels [default: their default one]
    #[arg(
        long = "redis-sentinel-user",
        env = "SESSION_REDIS_SENTINEL_USER",
        value_name = "NAME",
        requires = "sentinel_password_file"
    )]
    sentinel_user: Option<String>,

    /// For `redis+sentinel://`: a file with the password for sentinels [default: none is told to them]
    #[arg(
        long = "redis-sentinel-password-file",
        env = "SESSION_REDIS_SENTINEL_PASSWORD_FILE",
        value_name = "FILE"
    )]
    sentinel_password_file: Option<PathBuf>,

    /// When a change is said to be made: once the primary has it, or once a replica has it as well, and
    /// otherwise a 503
    #[arg(long, env = "SESSION_DURABILITY", value_name = "WHEN", value_enum, default_value_t)]
    durability: Durability,

    /// What every key in Redis begins with, so that two installations can share one [default: nothing]
    #[arg(
        long = "redis-prefix",
        env = "SESSION_REDIS_PREFIX",
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    prefix: String,
}

impl Redis {
    /// Whether any of them is.
    pub(crate) fn is_set(&self) -> bool {
        let files = [
            &self.password_file,
            &self.certificate_authority,
            &self.certificate,
            &self.certificate_key,
            &self.sentinel_password_file,
        ];
        files.into_iter().any(Option::is_some)
            || !self.prefix.is_empty()
            || self.durability == Durability::Strict
    }

    /// The Redis of a URL.
    pub(crate) fn of(&self, url: &str) -> Result<RedisSettings> {
        let mut redis =
            RedisSettings::new(url).prefix(self.prefix.clone()).durability(self.durability.into());
        if let Some(path) = &self.password_file {
            look_at("password file of redis", path)?;
            redis = redis.password_file(path);
        }
        if let Some(path) = &self.sentinel_password_file {
            look_at("password file of sentinels", path)?;
            redis = redis.sentinel_password_file(path);
        }
        if let Some(user) = &self.sentinel_user {
            redis = redis.sentinel_user(user);
        }
        if let Some(path) = &self.certificate_authority {
            redis = redis.certificate_authority(path);
        }
        if let (Some(chain), Some(key)) = (&self.certificate, &self.certificate_key) {
            redis = redis.client_certificate(chain, key);
        }
        Ok(redis)
    }
}

/// Who may write there is looked at once, and the store reads it as often as it connects.
fn look_at(kind: &'static str, path: &Path) -> Result {
    secret_file::read(kind, path).map(drop).map_err(|unread| unread.told(kind, path).into())
}

/// When a change is said to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Durability {
    /// Once the primary has it
    #[default]
    Async,
    /// Once a replica has it as well
    Strict,
}

impl From<Durability> for store::redis::Durability {
    fn from(durability: Durability) -> Self {
        match durability {
            Durability::Async => Self::Async,
            Durability::Strict => Self::Strict,
        }
    }
}

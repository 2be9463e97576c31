use std::path::PathBuf;

use clap::Args;
use session_engine::store::redis::RedisSettings;

use crate::{Result, secret_file};

/// What a store in Redis needs beside its URL. Files are read again for each connection.
#[derive(Args, Debug)]
pub(crate) struct Redis {
    /// A file with the password of Redis, if it is not in the URL
    #[arg(long = "redis-password-file", env = "SESSION_REDIS_PASSWORD_FILE", value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// For `rediss://`: a file with the certificates (PEM) that vouch for Redis [default: the system's]
    #[arg(long = "redis-ca", env = "SESSION_REDIS_CA", value_name = "FILE")]
    certificate_authority: Option<PathBuf>,

    /// For `rediss://`: a file with a client certificate (PEM) for Redis
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
        let files =
            [&self.password_file, &self.certificate_authority, &self.certificate, &self.certificate_key];
        files.into_iter().any(Option::is_some) || !self.prefix.is_empty()
    }

    /// The Redis of a URL.
    pub(crate) fn of(&self, url: &str) -> Result<RedisSettings> {
        let mut redis = RedisSettings::new(url).prefix(self.prefix.clone());
        if let Some(path) = &self.password_file {
            const KIND: &str = "password file of redis";
            // Who may write there is looked at once, and the store reads it as often as it connects.
            secret_file::read(KIND, path).map_err(|unread| unread.told(KIND, path))?;
            redis = redis.password_file(path);
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

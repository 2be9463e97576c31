use std::time::Duration;

use async_trait::async_trait;

use super::RedisStore;
use super::fault::{Fault, WRONG_TYPE};
use super::request::Request;
use crate::legacy::LegacyStore;
use crate::store::Unavailable;
use crate::subject::Subject;

/// As long as a browser keeps a cookie (RFC 6265bis §5.5).
const BAR_LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Their keys have no prefix but their own.
#[async_trait]
impl LegacyStore for RedisStore {
    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let answer = self.servers.run_idempotent(&Request::new("GET", key.to_owned())).await;
        match answer {
            // Something is there, and it is no session.
            Err(fault) if Fault::is_any_of(&fault, &WRONG_TYPE) => Ok(Some(Vec::new())),
            answer => Ok(answer?),
        }
    }

    async fn remove(&self, key: &str) -> Result<(), Unavailable> {
        let _: u64 = self.durable().run(&Request::new("DEL", key.to_owned())).await?;
        Ok(())
    }

    async fn bar(&self, subject: &Subject) -> Result<(), Unavailable> {
        let bar = Request::new("SET", self.keys.legacy_bar(subject)).arg("");
        Ok(self.durable().run(&bar.arg("EX").arg(BAR_LIFETIME.as_secs())).await?)
    }

    async fn is_barred(&self, subject: &Subject) -> Result<bool, Unavailable> {
        let found: u64 =
            self.servers.run_idempotent(&Request::new("EXISTS", self.keys.legacy_bar(subject))).await?;
        Ok(found == 1)
    }
}

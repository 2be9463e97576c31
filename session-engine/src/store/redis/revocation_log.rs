use async_trait::async_trait;
use session_core::{REVOCATION_INTEREST, SessionId, UnixTime};

use super::{RedisStore, scripts};
use crate::store::{MAX_REVOCATIONS, RevocationLog, Revocations, Unavailable};

#[async_trait]
impl RevocationLog for RedisStore {
    async fn note_revocation(&self, id: SessionId) -> Result<(), Unavailable> {
        let (id, interest) = (id.to_string(), REVOCATION_INTEREST.as_secs().to_string());
        let arguments = [id.as_bytes(), interest.as_bytes()];
        Ok(self.servers.run_script(&scripts::NOTE_REVOCATION, &self.keys.revocations(), &arguments).await?)
    }

    async fn revocations(&self) -> Result<Revocations, Unavailable> {
        let (interest, most) = (REVOCATION_INTEREST.as_secs().to_string(), MAX_REVOCATIONS.to_string());
        let arguments = [interest.as_bytes(), most.as_bytes()];
        let (now, members): (u64, Vec<String>) =
            self.bulk()?.run_script(&scripts::REVOCATIONS, &self.keys.revocations(), &arguments).await?;
        // What is no session ID is not ours.
        let ids = members.iter().filter_map(|member| member.parse().ok()).collect();
        Ok(Revocations { ids, as_of: UnixTime::from_secs(now) })
    }
}

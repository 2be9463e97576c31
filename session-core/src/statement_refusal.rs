use crate::time::{CLOCK_SKEW, UnixTime};

/// Why a statement or a feed is refused: the closed list of FORMAT.md §2 and §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementRefusal {
    /// Not a statement: wrong syntax, header, or claims.
    #[error("statement is not of the version 1 format")]
    Malformed,
    /// The key is not in the key set, or no longer.
    #[error("statement names a key that is not in the key set")]
    UnknownKey,
    /// The signature is wrong. There is no more detail, on purpose.
    #[error("statement has a wrong signature")]
    BadSignature,
    /// Another server made it.
    #[error("statement was made by another issuer")]
    WrongIssuer,
    /// Made further in the future than clocks may differ.
    #[error("statement was made at {issued_at}, in the future of {now}")]
    NotYetValid {
        /// When it says it was made.
        issued_at: UnixTime,
        /// When it was judged.
        now: UnixTime,
    },
    /// Past its time.
    #[error("statement expired at {expires_at}, judged at {now}")]
    Expired {
        /// Until when it could be believed.
        expires_at: UnixTime,
        /// When it was judged.
        now: UnixTime,
    },
    /// Good in itself, but the session has been revoked since.
    #[error("statement is of a session that was revoked")]
    Revoked,
}

impl StatementRefusal {
    pub(crate) fn judge_time(issued_at: UnixTime, expires_at: UnixTime, now: UnixTime) -> Result<(), Self> {
        if issued_at > now.saturating_add(CLOCK_SKEW) {
            return Err(Self::NotYetValid { issued_at, now });
        }
        if now >= expires_at {
            return Err(Self::Expired { expires_at, now });
        }
        Ok(())
    }

    /// The stable code of this reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::WrongIssuer => "wrong_issuer",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::Expired { .. } => "expired",
            Self::Revoked => "revoked",
        }
    }
}

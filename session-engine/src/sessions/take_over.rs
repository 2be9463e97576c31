use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::start::{Issued, NewSession};
use super::{SessionError, Sessions};
use crate::audit::End;
use crate::budget::to_its_end;
use crate::legacy::{LegacyCookie, LegacyRecord, LegacySessions};
use crate::record::{Client, NOBODY_KNOWS};
#[cfg(feature = "passwords")]
use crate::store::Unavailable;
use crate::subject::Subject;

/// What became of a session that another library began.
#[derive(Debug)]
pub enum LegacyOutcome {
    /// It goes on as this one.
    TakenOver(Issued),
    /// It is over, and so is what took its place, if anything did: its cookie is worth nothing any more.
    Over,
    /// It names nobody who may go on, and is left as it is.
    Nobodys,
}

impl Sessions {
    /// Where another library keeps its sessions, if they are taken over.
    #[must_use]
    pub fn legacy(&self) -> Option<&LegacySessions> {
        self.legacy.as_deref()
    }

    /// Starts a session for whoever has one of another library, which is removed. Requests that come with the same
    /// cookie meanwhile, or whose answer was lost, get the same session; once that has ended they get none. Nobody
    /// knows when the password was entered: what wants a recent one asks for it. Of the data the members of these names
    /// go over.
    ///
    /// # Errors
    /// When the store is in trouble; it may be repeated.
    pub async fn take_over_legacy(
        &self,
        cookie: &LegacyCookie,
        client: Client,
        carried_over: &[String],
    ) -> Result<LegacyOutcome, SessionError> {
        let (sessions, cookie, carried_over) = (self.clone(), cookie.clone(), carried_over.to_vec());
        let taking = async move { sessions.try_to_take_over_legacy(&cookie, client, carried_over).await };
        let outcome = Box::pin(to_its_end(taking)).await?;
        self.counts.note_legacy(&outcome);
        outcome
    }

    /// Has a session of another library taken over no more, as somebody logs out who has its cookie too.
    ///
    /// # Errors
    /// When the store did not confirm it.
    pub async fn end_legacy(&self, cookie: &LegacyCookie) -> Result<(), SessionError> {
        let Some(legacy) = self.legacy.clone() else { return Ok(()) };
        let cookie = cookie.clone();
        Ok(to_its_end(async move { legacy.remove(&cookie).await }).await??)
    }

    async fn try_to_take_over_legacy(
        &self,
        cookie: &LegacyCookie,
        client: Client,
        carried_over: Vec<String>,
    ) -> Result<LegacyOutcome, SessionError> {
        let Some(legacy) = &self.legacy else { return Ok(LegacyOutcome::Nobodys) };
        match legacy.read(cookie).await? {
            LegacyRecord::Nobodys => Ok(LegacyOutcome::Nobodys),
            LegacyRecord::Absent => outcome_of(self.started_once(&cookie.start_key).await),
            LegacyRecord::Of(subject, data) => {
                let login = NewSession::of(subject).client(client).carry_over(carried_over);
                let outcome = outcome_of(self.start_in_place_of_legacy(legacy, cookie, login, &data).await)?;
                // Nobody has two sessions: before the new one is heard of, the old one is gone.
                legacy.remove(cookie).await?;
                Ok(outcome)
            }
        }
    }

    /// [`SessionError::Ended`] if it must not go on.
    async fn start_in_place_of_legacy(
        &self,
        legacy: &LegacySessions,
        cookie: &LegacyCookie,
        login: NewSession,
        data: &Map<String, Value>,
    ) -> Result<Issued, SessionError> {
        if legacy.is_barred(&login.subject).await? {
            return Err(SessionError::Ended);
        }
        let login = self.of_unknown_age(login).await?;
        let data = login.carried(data);
        let request_hash = URL_SAFE_NO_PAD.encode(Sha256::digest(login.subject.as_str()));
        let issued = self.try_to_start_once(&request_hash, &login, data, &cookie.start_key).await?;
        // Whoever ends all sessions of the subject bars it first, and finds in the index what is there by then.
        if legacy.is_barred(&login.subject).await? {
            self.end(&issued.session.kept().entry(), End::Administrator).await?;
            return Err(SessionError::Ended);
        }
        Ok(issued)
    }

    /// Somebody has proved to be this subject, nobody knows when. One of our users has a password, whose change ends the
    /// session; who is none may be one of the application's own.
    async fn of_unknown_age(&self, login: NewSession) -> Result<NewSession, SessionError> {
        let login = login.authenticated_at(NOBODY_KNOWS);
        #[cfg(feature = "passwords")]
        if let Some(users) = &self.users {
            use crate::logins::SessionsOf;

            let sessions = users.sessions_of(&login.subject).await.map_err(|_| Unavailable)?;
            return Ok(if sessions == SessionsOf::None { login } else { login.by_password() });
        }
        Ok(login)
    }

    /// Has no session of the subject taken over any more, before those that it has are ended.
    pub(super) async fn bar_legacy(&self, subject: &Subject) -> Result<(), SessionError> {
        match &self.legacy {
            Some(legacy) => Ok(legacy.bar(subject).await?),
            None => Ok(()),
        }
    }
}

fn outcome_of(issued: Result<Issued, SessionError>) -> Result<LegacyOutcome, SessionError> {
    match issued {
        Ok(issued) => Ok(LegacyOutcome::TakenOver(issued)),
        Err(SessionError::Ended | SessionError::KeySpent) => Ok(LegacyOutcome::Over),
        Err(error) => Err(error),
    }
}

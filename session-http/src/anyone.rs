use serde::Serialize;
use serde::de::DeserializeOwned;
use session_engine::Guest;

use crate::problem::Problem;
use crate::session::Session;

/// Somebody who has a session. What an application keeps for whoever is there, such as a cart, is
/// read and changed alike for both.
#[derive(Debug)]
pub enum Anyone {
    /// Somebody who is signed in.
    SignedIn(Session),
    /// Nobody is, and the application has begun a session all the same.
    Guest(Session<Guest>),
}

impl Anyone {
    /// See [`Session::data`].
    ///
    /// # Errors
    /// As there.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        match self {
            Self::SignedIn(session) => session.data(),
            Self::Guest(session) => session.data(),
        }
    }

    /// See [`Session::edit_data`].
    ///
    /// # Errors
    /// As there.
    pub async fn edit_data<T: DeserializeOwned + Serialize, R>(
        &mut self,
        edit: impl FnMut(&mut T) -> R,
    ) -> Result<R, Problem> {
        match self {
            Self::SignedIn(session) => session.edit_data(edit).await,
            Self::Guest(session) => session.edit_data(edit).await,
        }
    }
}

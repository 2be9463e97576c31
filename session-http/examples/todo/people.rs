//! Users of the application's own: here in a map, as they might be in a database.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::Map;
use session_http::engine::{
    HashingMemory, Password, PasswordCost, PasswordHash, Subject, User, Users, UsersUnavailable,
};

/// By their names, which are their subjects too.
pub(crate) struct People(Mutex<HashMap<&'static str, User>>);

impl People {
    /// Bob has no password.
    pub(crate) fn alice_and_bob() -> Result<Self, Box<dyn Error>> {
        let password = Password::new("correct horse battery staple".into());
        let hash = PasswordHash::new(&password, PasswordCost::default(), &mut HashingMemory::default())?;
        let person = |name, password_hash| {
            Ok::<_, Box<dyn Error>>((
                name,
                User { subject: Subject::new(name)?, password_hash, claims: Map::new() },
            ))
        };
        Ok(Self(Mutex::new(HashMap::from([person("alice", Some(hash))?, person("bob", None)?]))))
    }
}

#[async_trait]
impl Users for People {
    async fn find(&self, name: &str) -> Result<Option<User>, UsersUnavailable> {
        Ok(self.0.lock().map_err(|_| UsersUnavailable)?.get(name).cloned())
    }

    async fn replace_hash(
        &self,
        subject: &Subject,
        old: &PasswordHash,
        new: PasswordHash,
    ) -> Result<(), UsersUnavailable> {
        let mut people = self.0.lock().map_err(|_| UsersUnavailable)?;
        let hash = people.get_mut(subject.as_str()).and_then(|user| user.password_hash.as_mut());
        if let Some(hash) = hash.filter(|hash| *hash == old) {
            *hash = new;
        }
        Ok(())
    }
}

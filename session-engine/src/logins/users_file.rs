use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Map;

use super::users::{User, Users, UsersUnavailable};
use crate::password::PasswordHash;
use crate::private_file;
use crate::subject::Subject;

/// Users in a file: a line `name:hash` for each, the hash an Argon2id PHC string.
///
/// The file is read again when it has changed. It is only ever replaced as a whole, so a reader
/// never sees half of it.
pub struct UsersFile {
    path: PathBuf,
    loaded: Mutex<Option<Loaded>>,
}

struct Loaded {
    stamp: Stamp,
    users: Arc<BTreeMap<String, PasswordHash>>,
}

/// What tells one content of the file from the next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    changed_at: (i64, i64),
}

impl UsersFile {
    /// The users in the file at `path`; without the file there are none.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, loaded: Mutex::new(None) }
    }

    /// Every user's name, in order.
    ///
    /// # Errors
    /// When the file cannot be read or is not of that form.
    pub fn names(&self) -> Result<Vec<String>, UsersFileError> {
        Ok(self.read()?.keys().cloned().collect())
    }

    /// Changes the users and replaces the file; `change` sees its present content, which nobody
    /// else changes meanwhile.
    ///
    /// # Errors
    /// When the file cannot be read or written; then it is as it was.
    pub fn change<T>(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, PasswordHash>) -> T,
    ) -> Result<T, UsersFileError> {
        let _lock = private_file::lock(&self.path).map_err(|error| self.unwritable(error))?;
        let mut users = BTreeMap::clone(&*self.read()?);
        let result = change(&mut users);
        let text: String = users.iter().map(|(name, hash)| format!("{name}:{hash}\n")).collect();
        private_file::replace(&self.path, text.as_bytes()).map_err(|error| self.unwritable(error))?;
        Ok(result)
    }

    /// A name that fits into the file.
    ///
    /// # Errors
    /// When it is no [`Subject`], or has a colon or white space at an end.
    pub fn user_name(text: &str) -> Result<&str, UsersFileError> {
        let fits = Subject::new(text).is_ok() && !text.contains(':') && text.trim() == text;
        fits.then_some(text).ok_or(UsersFileError::Name)
    }

    fn read(&self) -> Result<Arc<BTreeMap<String, PasswordHash>>, UsersFileError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = match fs::metadata(&self.path) {
            Ok(metadata) => Stamp {
                inode: metadata.ino(),
                length: metadata.len(),
                changed_at: (metadata.mtime(), metadata.mtime_nsec()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Arc::default()),
            Err(error) => return Err(self.unreadable(error)),
        };
        if let Some(current) = loaded.as_ref().filter(|loaded| loaded.stamp == stamp) {
            return Ok(Arc::clone(&current.users));
        }
        let text = fs::read_to_string(&self.path).map_err(|error| self.unreadable(error))?;
        let users = Arc::new(self.parse(&text)?);
        *loaded = Some(Loaded { stamp, users: Arc::clone(&users) });
        Ok(users)
    }

    fn parse(&self, text: &str) -> Result<BTreeMap<String, PasswordHash>, UsersFileError> {
        let mut users = BTreeMap::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let malformed = || UsersFileError::Line { path: self.path.clone(), line: index + 1 };
            let (name, hash) = line.split_once(':').ok_or_else(malformed)?;
            let name = Self::user_name(name).map_err(|_| malformed())?;
            let hash = hash.parse().map_err(|_| malformed())?;
            if users.insert(name.to_owned(), hash).is_some() {
                return Err(malformed());
            }
        }
        Ok(users)
    }

    fn unreadable(&self, error: io::Error) -> UsersFileError {
        UsersFileError::Read { path: self.path.clone(), error }
    }

    fn unwritable(&self, error: io::Error) -> UsersFileError {
        UsersFileError::Write { path: self.path.clone(), error }
    }
}

#[async_trait]
impl Users for UsersFile {
    // A look at the file's date on each login is nothing beside hashing a password, so no other
    // thread is bothered with it.
    async fn find(&self, name: &str) -> Result<Option<User>, UsersUnavailable> {
        let users = self.read().map_err(|error| {
            tracing::error!(%error, "users cannot be read");
            UsersUnavailable
        })?;
        let found = users.get_key_value(name);
        Ok(found.and_then(|(name, hash)| {
            let subject = Subject::new(name).ok()?;
            Some(User { subject, password_hash: Some(hash.clone()), claims: Map::new() })
        }))
    }

    async fn replace_hash(
        &self,
        subject: &Subject,
        old: &PasswordHash,
        new: PasswordHash,
    ) -> Result<(), UsersUnavailable> {
        let replace = |users: &mut BTreeMap<String, PasswordHash>| {
            if let Some(hash) = users.get_mut(subject.as_str()).filter(|hash| *hash == old) {
                *hash = new;
            }
        };
        self.change(replace).map_err(|error| {
            tracing::warn!(%error, "users file cannot be changed");
            UsersUnavailable
        })
    }
}

/// Why users cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsersFileError {
    /// The file cannot be read.
    #[error("users file `{}` cannot be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file cannot be written.
    #[error("users file `{}` cannot be written: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line is not of the form, or repeats a name.
    #[error("users file `{}`, line {line}: expected `name:hash` with an Argon2id PHC string, each name once", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A name that cannot stand in the file.
    #[error("user name is not 1 to 255 bytes without colon, control characters, and white space at the ends")]
    Name,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::{HashingMemory, Password, PasswordCost};

    fn hash() -> PasswordHash {
        PasswordHash::new(
            &Password::new("correct horse".into()),
            PasswordCost::Mib19,
            &mut HashingMemory::default(),
        )
        .unwrap()
    }

    #[test]
    fn a_changed_file_is_read_again_and_a_broken_one_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users");
        let (users, other) = (UsersFile::new(path.clone()), UsersFile::new(path.clone()));
        assert_eq!(users.names().unwrap(), Vec::<String>::new());
        other.change(|users| users.insert("alice".into(), hash())).unwrap();
        assert_eq!(users.names().unwrap(), ["alice"]);
        other.change(|users| users.insert("bob".into(), hash())).unwrap();
        assert_eq!(users.names().unwrap(), ["alice", "bob"]);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);

        fs::write(&path, "alice:hunter2-in-clear\n").unwrap();
        let error = users.names().unwrap_err().to_string();
        assert!(error.contains("line 1: expected `name:hash`"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn changes_at_the_same_time_are_all_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users");
        let hash = hash();
        std::thread::scope(|scope| {
            for number in 0..16 {
                let (path, hash) = (path.clone(), hash.clone());
                scope.spawn(move || {
                    UsersFile::new(path)
                        .change(|users| users.insert(format!("user{number:02}"), hash))
                        .unwrap()
                });
            }
        });
        assert_eq!(UsersFile::new(path).names().unwrap().len(), 16);
    }

    #[test]
    fn names_that_would_break_a_line_are_refused() {
        for name in ["", "a:b", "a\nb", " a", "a ", &"x".repeat(256)] {
            assert!(matches!(UsersFile::user_name(name), Err(UsersFileError::Name)), "{name:?}");
        }
        assert!(UsersFile::user_name("Zoë van Dijk").is_ok());
    }
}

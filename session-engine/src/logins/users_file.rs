mod content;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::Map;
use session_core::UnixTime;

use super::users::{SessionsOf, User, Users, UsersUnavailable};
use crate::password::PasswordHash;
use crate::precis;
use crate::private_file;
use crate::subject::Subject;

pub use content::FileContent;

/// Users in a file: a line `name:hash` for each, the hash an Argon2id PHC string, or `!` where there is
/// no password. A third field, `name:hash:seconds`, ends the user's sessions from before that time. Behind
/// `#disabled:` such a line is of a user who is kept, and is none to anybody who asks for users. Empty lines
/// and others that begin with `#` are left alone.
///
/// The file is read again when it has changed, within [`UsersFile::SEEN_WITHIN`]. While it is broken or gone, its last good content goes
/// on (R69).
pub struct UsersFile {
    path: PathBuf,
    loaded: Mutex<Loaded>,
}

/// A line of a [`UsersFile`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileUser {
    /// Proves the password, if there is one.
    pub password_hash: Option<PasswordHash>,
    /// Sessions that were begun by an older entry of the password are over.
    pub sessions_since: Option<UnixTime>,
}

type Known = Arc<BTreeMap<String, FileUser>>;

/// The file is looked at so often and no more: every session check asks.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

#[derive(Default)]
struct Loaded {
    good: Option<(Stamp, Known)>,
    looked_at: Option<Instant>,
    /// What was told of already.
    bad: Option<Option<Stamp>>,
}

/// What tells one content of the file from the next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    changed_at: (i64, i64),
}

impl UsersFile {
    /// So soon every server that reads the file heeds a change.
    pub const SEEN_WITHIN: Duration = LOOK_INTERVAL;

    /// The users in the file at `path`.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, loaded: Mutex::default() }
    }

    /// Every user's name, in order, disabled ones too; without the file there are none.
    ///
    /// # Errors
    /// When the file cannot be read or is not of that form.
    pub fn names(&self) -> Result<Vec<String>, UsersFileError> {
        let mut names: Vec<_> = self.content()?.names().map(str::to_owned).collect();
        names.sort();
        Ok(names)
    }

    /// What stands in it now; without the file that is nothing.
    ///
    /// # Errors
    /// When the file cannot be read or is not of that form.
    pub fn content(&self) -> Result<FileContent, UsersFileError> {
        match self.read() {
            Err(UsersFileError::Read { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
                Ok(FileContent::default())
            }
            read => read,
        }
    }

    /// The users as they are now, or were when the file was last good.
    ///
    /// # Errors
    /// When it never was.
    pub fn users(&self) -> Result<Arc<BTreeMap<String, FileUser>>, UsersUnavailable> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let (Some(looked_at), Some((_, users))) = (loaded.looked_at, &loaded.good)
            && now.duration_since(looked_at) < LOOK_INTERVAL
        {
            return Ok(Arc::clone(users));
        }
        loaded.looked_at = Some(now);
        let stamp = self.stamp();
        if let (Ok(stamp), Some((current, users))) = (&stamp, &loaded.good)
            && current == stamp
        {
            return Ok(Arc::clone(users));
        }
        let read = match &stamp {
            Ok(_) => self.read(),
            Err(error) => Err(self.unreadable(io::Error::new(error.kind(), error.to_string()))),
        };
        let stamp = stamp.ok();
        match (read, stamp) {
            (Ok(content), Some(stamp)) => {
                let users = Arc::new(content.into_users());
                loaded.good = Some((stamp, Arc::clone(&users)));
                loaded.bad = None;
                return Ok(users);
            }
            (Err(error), _) if loaded.bad != Some(stamp) => {
                let goes_on = loaded.good.is_some();
                tracing::warn!(%error, last_good_content_goes_on = goes_on, "users file is not as it should be: mend it");
                loaded.bad = Some(stamp);
            }
            _ => {}
        }
        loaded.good.as_ref().map(|(_, users)| Arc::clone(users)).ok_or(UsersUnavailable)
    }

    /// Changes the users; `change` sees the present content of the file, which nobody else changes
    /// meanwhile. What the file has beside users stays.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is not of the form; then it is as it was.
    pub fn change<T>(&self, change: impl FnOnce(&mut FileContent) -> T) -> Result<T, UsersFileError> {
        let _lock = private_file::lock(&self.path).map_err(|error| self.unwritable(error))?;
        let mut content = self.content()?;
        let result = change(&mut content);
        let replaced = private_file::replace(&self.path, content.to_text().as_bytes());
        replaced.map_err(|error| self.unwritable(error))?;
        Ok(result)
    }

    /// A name that fits into the file, in its one spelling (RFC 8265).
    ///
    /// # Errors
    /// When it is no [`Subject`], has a colon, begins with `#`, or holds what nobody sees.
    pub fn user_name(text: &str) -> Result<String, UsersFileError> {
        content::user_name(text).ok_or(UsersFileError::Name)
    }

    fn stamp(&self) -> io::Result<Stamp> {
        let metadata = fs::metadata(&self.path)?;
        Ok(Stamp {
            inode: metadata.ino(),
            length: metadata.len(),
            changed_at: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }

    fn read(&self) -> Result<FileContent, UsersFileError> {
        let text = fs::read_to_string(&self.path).map_err(|error| self.unreadable(error))?;
        FileContent::parse(&text).map_err(|line| UsersFileError::Line { path: self.path.clone(), line })
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
    // A look at the file's date is nothing beside hashing a password, so no other thread is bothered
    // with it.
    async fn find(&self, name: &str) -> Result<Option<User>, UsersUnavailable> {
        let users = self.users()?;
        let spelled = precis::user_name(name);
        let found = users.get_key_value(name).or_else(|| users.get_key_value(spelled?.as_ref()));
        Ok(found.and_then(|(name, user)| {
            let (subject, password_hash) = (Subject::new(name).ok()?, user.password_hash.clone());
            Some(User { subject, password_hash, claims: Map::new() })
        }))
    }

    async fn replace_hash(
        &self,
        subject: &Subject,
        old: &PasswordHash,
        new: PasswordHash,
    ) -> Result<(), UsersUnavailable> {
        let replace = |content: &mut FileContent| {
            let user = content.get(subject.as_str()).filter(|user| user.password_hash.as_ref() == Some(old));
            if let Some(user) = user.cloned() {
                content.put(subject.as_str(), FileUser { password_hash: Some(new), ..user });
            }
        };
        self.change(replace).map_err(|error| {
            tracing::warn!(%error, "users file cannot be changed: let this server write it");
            UsersUnavailable
        })
    }

    async fn sessions_of(&self, subject: &Subject) -> Result<SessionsOf, UsersUnavailable> {
        Ok(match self.users()?.get(subject.as_str()) {
            Some(FileUser { sessions_since: Some(since), .. }) => SessionsOf::Since(*since),
            Some(_) => SessionsOf::All,
            None => SessionsOf::None,
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
    #[error(
        "user name is not 1 to 255 bytes without colon, `#` at its start, white space at its ends, \
         and characters that nobody sees or that look like others (RFC 8265)"
    )]
    Name,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::{HashingMemory, Password, PasswordCost};

    fn user() -> FileUser {
        let (password, memory) = (Password::new("correct horse".into()), &mut HashingMemory::default());
        let hash = PasswordHash::new(&password, PasswordCost::Mib19, memory).unwrap();
        FileUser { password_hash: Some(hash), sessions_since: None }
    }

    /// How many users there are once a change is heeded.
    fn seen(users: &UsersFile) -> usize {
        std::thread::sleep(UsersFile::SEEN_WITHIN);
        users.users().unwrap().len()
    }

    /// R69: what was good serves on, and a file that was never there is a doubt.
    #[test]
    fn a_changed_file_is_read_again_and_a_broken_one_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users");
        let (users, other) = (UsersFile::new(path.clone()), UsersFile::new(path.clone()));
        assert_eq!(users.names().unwrap(), Vec::<String>::new());
        assert_eq!(users.users(), Err(UsersUnavailable), "a file that is gone is a doubt");
        other.change(|users| users.put("alice", user())).unwrap();
        assert_eq!(seen(&users), 1);
        other.change(|users| users.put("bob", user())).unwrap();
        assert_eq!(users.names().unwrap(), ["alice", "bob"]);
        assert_eq!(seen(&users), 2);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);

        let good = fs::read(&path).unwrap();
        fs::write(&path, "alice:hunter2-in-clear\n").unwrap();
        let error = users.names().unwrap_err().to_string();
        assert!(error.contains("line 1: expected `name:hash`"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        assert!(other.change(|users| users.put("carol", user())).is_err(), "nothing of it is lost");
        assert_eq!(seen(&users), 2, "the last good content goes on");
        fs::remove_file(&path).unwrap();
        assert_eq!(seen(&users), 2, "also without the file");
        fs::write(&path, good).unwrap();
        assert_eq!(seen(&users), 2);
        fs::write(&path, "").unwrap();
        assert_eq!(seen(&users), 0, "an empty file is a definite one");
    }

    #[test]
    fn changes_at_the_same_time_are_all_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users");
        let user = user();
        std::thread::scope(|scope| {
            for number in 0..16 {
                let (path, user) = (path.clone(), user.clone());
                scope.spawn(move || {
                    UsersFile::new(path)
                        .change(|users| users.put(&format!("user{number:02}"), user))
                        .unwrap();
                });
            }
        });
        assert_eq!(UsersFile::new(path).names().unwrap().len(), 16);
    }

    /// R70: composed or not, it is the same name; in another case it is not.
    #[tokio::test]
    async fn a_name_is_found_in_every_spelling() {
        let directory = tempfile::tempdir().unwrap();
        let users = UsersFile::new(directory.path().join("users"));
        users.change(|users| users.put("Zo\u{eb}", user())).unwrap();
        for typed in ["Zo\u{eb}", "Zoe\u{308}"] {
            assert_eq!(users.find(typed).await.unwrap().unwrap().subject.as_str(), "Zo\u{eb}");
        }
        assert!(users.find("zo\u{eb}").await.unwrap().is_none());
    }
}

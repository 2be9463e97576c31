//! What stands in a users file, comments and all.

use std::collections::{BTreeMap, BTreeSet};

use session_core::UnixTime;

use super::FileUser;
use crate::password::PasswordHash;
use crate::precis;
use crate::subject::Subject;

/// Editors on Windows put it before the text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Stands for a hash where there is none.
const NO_PASSWORD: &str = "!";

/// Begins the line of a disabled user: a comment to servers that do not know of them, which so know no such
/// user either.
const DISABLED: &str = "#disabled:";

/// The users of a file, line by line, so that whatever else stands there stays when it is written.
#[derive(Debug, Default)]
pub struct FileContent {
    lines: Vec<Line>,
}

#[derive(Debug)]
enum Line {
    User(String, Box<FileUser>),
    /// A user who is kept, and is none meanwhile.
    Disabled(String, Box<FileUser>),
    /// A comment, or nothing.
    Other(String),
}

impl FileContent {
    /// Reads it, or says which line is not of the form, from 1.
    pub(super) fn parse(text: &str) -> Result<Self, usize> {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let mut content = Self::default();
        for (index, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if let Some((name, user)) = trimmed.strip_prefix(DISABLED).and_then(parse_line) {
                content.lines.push(Line::Disabled(name.to_owned(), user.into()));
                continue;
            }
            if trimmed.is_empty() || trimmed.starts_with('#') {
                content.lines.push(Line::Other(line.to_owned()));
                continue;
            }
            let (name, user) = parse_line(trimmed).ok_or(index + 1)?;
            if content.users().any(|(other, _)| other == name) {
                return Err(index + 1);
            }
            content.lines.push(Line::User(name.to_owned(), user.into()));
        }
        // Added anew by who did not know of the other.
        let names: BTreeSet<String> = content.users().map(|(name, _)| name.to_owned()).collect();
        content.lines.retain(|line| !matches!(line, Line::Disabled(name, _) if names.contains(name)));
        Ok(content)
    }

    /// The user of this name, disabled or not.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&FileUser> {
        self.lines.iter().find_map(|line| line.user(name))
    }

    /// Adds a user, or puts another in the place of one; who is disabled stays so.
    pub fn put(&mut self, name: &str, user: FileUser) {
        let old = self.lines.iter_mut().find(|line| line.user(name).is_some());
        match old {
            Some(Line::User(_, old) | Line::Disabled(_, old)) => **old = user,
            _ => self.lines.push(Line::User(name.to_owned(), user.into())),
        }
    }

    /// Removes a user, disabled or not; says whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.lines.len();
        self.lines.retain(|line| line.user(name).is_none());
        self.lines.len() < before
    }

    /// Whether this user is kept, and may do nothing.
    #[must_use]
    pub fn is_disabled(&self, name: &str) -> bool {
        self.lines.iter().any(|line| matches!(line, Line::Disabled(other, _) if other == name))
    }

    /// Keeps a user who may do nothing until [enabled](Self::enable); says whether there was one to disable.
    pub fn disable(&mut self, name: &str) -> bool {
        self.change_line(name, |line| match line {
            Line::User(name, user) => Ok(Line::Disabled(name, user)),
            other => Err(other),
        })
    }

    /// Has a user be one again; says whether there was one to enable.
    pub fn enable(&mut self, name: &str) -> bool {
        self.change_line(name, |line| match line {
            Line::Disabled(name, user) => Ok(Line::User(name, user)),
            other => Err(other),
        })
    }

    fn change_line(&mut self, name: &str, change: impl Fn(Line) -> Result<Line, Line>) -> bool {
        let Some(line) = self.lines.iter_mut().find(|line| line.user(name).is_some()) else { return false };
        let changed = change(std::mem::replace(line, Line::Other(String::new())));
        let is_changed = changed.is_ok();
        *line = changed.unwrap_or_else(std::convert::identity);
        is_changed
    }

    /// The name of everybody who is there, disabled or not.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| match line {
            Line::User(name, _) | Line::Disabled(name, _) => Some(name.as_str()),
            Line::Other(_) => None,
        })
    }

    /// Every user who is not disabled, in the order of the file.
    pub fn users(&self) -> impl Iterator<Item = (&str, &FileUser)> {
        self.lines.iter().filter_map(|line| match line {
            Line::User(name, user) => Some((name.as_str(), &**user)),
            Line::Disabled(..) | Line::Other(_) => None,
        })
    }

    pub(super) fn to_text(&self) -> String {
        self.lines.iter().map(|line| line.to_text() + "\n").collect()
    }

    pub(super) fn into_users(self) -> BTreeMap<String, FileUser> {
        let user = |line| match line {
            Line::User(name, user) => Some((name, *user)),
            Line::Disabled(..) | Line::Other(_) => None,
        };
        self.lines.into_iter().filter_map(user).collect()
    }
}

impl Line {
    fn user(&self, wanted: &str) -> Option<&FileUser> {
        match self {
            Self::User(name, user) | Self::Disabled(name, user) if name == wanted => Some(user),
            _ => None,
        }
    }

    fn to_text(&self) -> String {
        let (prefix, name, user) = match self {
            Self::Other(text) => return text.clone(),
            Self::User(name, user) => ("", name, user),
            Self::Disabled(name, user) => (DISABLED, name, user),
        };
        let hash = user.password_hash.as_ref().map_or(NO_PASSWORD.into(), PasswordHash::to_string);
        match user.sessions_since {
            Some(since) => format!("{prefix}{name}:{hash}:{since}"),
            None => format!("{prefix}{name}:{hash}"),
        }
    }
}

/// A name that fits into a line, in its one spelling; `None` if it is no [`Subject`], has a colon, or
/// looks like a comment or like another name.
pub(super) fn user_name(text: &str) -> Option<String> {
    let name = precis::user_name(text)?;
    let fits = Subject::new(&name).is_ok() && !name.contains(':') && !name.starts_with('#');
    fits.then(|| name.into_owned())
}

fn parse_line(line: &str) -> Option<(&str, FileUser)> {
    let mut fields = line.split(':');
    let (name, hash, since) = (fields.next()?, fields.next()?, fields.next());
    // Looser than what may be added: a name from before there were rules goes on.
    let is_good = fields.next().is_none() && Subject::new(name).is_ok() && name.trim() == name;
    let password_hash = match hash {
        NO_PASSWORD => None,
        hash => Some(hash.parse().ok()?),
    };
    let sessions_since = match since {
        Some(seconds) => Some(UnixTime::try_from(seconds.parse::<u64>().ok()?).ok()?),
        None => None,
    };
    is_good.then_some((name, FileUser { password_hash, sessions_since }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$CvQyPVxsA9GCzCQZ5zqDPA$\
        N1bE7TwnvPrqKQDLkIRy/4eVmAQ0Je6XoEe+ORjmWTE";

    /// R69: a byte-order mark, comments and blank lines are passed over.
    #[test]
    fn what_is_no_user_stays_when_the_file_is_written() {
        let text = format!("\u{feff}# the office\r\nalice:{HASH}\n\n   \n  # \nbob:!:1800000000\n");
        let mut content = FileContent::parse(&text).unwrap();
        assert_eq!(content.users().map(|(name, _)| name).collect::<Vec<_>>(), ["alice", "bob"]);
        let bob = content.get("bob").unwrap();
        assert_eq!(
            (&bob.password_hash, bob.sessions_since),
            (&None, Some(UnixTime::from_secs(1_800_000_000)))
        );
        content.put("carol", FileUser::default());
        assert!(content.remove("alice") && !content.remove("alice"));
        assert_eq!(content.to_text(), "# the office\n\n   \n  # \nbob:!:1800000000\ncarol:!\n");
    }

    /// F24: what an older server reads of it has no such user, and is a good file.
    #[test]
    fn a_disabled_user_is_a_comment_to_who_does_not_know_of_any() {
        let text = format!("alice:{HASH}:1800000000\n#disabled: is no user\nbob:!\n");
        let mut content = FileContent::parse(&text).unwrap();
        assert!(content.disable("alice") && !content.disable("alice") && !content.disable("carol"));
        let written = content.to_text();
        assert_eq!(written, format!("#disabled:{text}"));

        let mut content = FileContent::parse(&written).unwrap();
        assert!(content.is_disabled("alice") && !content.is_disabled("bob"));
        assert_eq!(content.users().map(|(name, _)| name).collect::<Vec<_>>(), ["bob"]);
        assert_eq!(content.names().collect::<Vec<_>>(), ["alice", "bob"]);
        content.put("alice", FileUser::default());
        assert!(content.is_disabled("alice"), "another password enables nobody");
        assert!(content.enable("alice") && !content.enable("alice") && !content.enable("bob"));
        assert_eq!(content.to_text(), "alice:!\n#disabled: is no user\nbob:!\n");
        assert!(content.disable("alice") && content.remove("alice"));
        assert_eq!(content.to_text(), "#disabled: is no user\nbob:!\n");
    }

    #[test]
    fn who_was_added_anew_by_an_older_program_is_not_disabled() {
        for text in [format!("#disabled:bob:{HASH}\nbob:!\n"), format!("bob:!\n#disabled:bob:{HASH}\n")] {
            let content = FileContent::parse(&text).unwrap();
            assert!(!content.is_disabled("bob"));
            assert_eq!(content.get("bob"), Some(&FileUser::default()));
            assert_eq!(content.to_text(), "bob:!\n");
        }
    }

    /// R69: by its number.
    #[test]
    fn the_line_that_is_wrong_is_told() {
        for (line, text) in [
            (1, "alice".to_owned()),
            (2, format!("alice:{HASH}\ncarol:$argon2id$v=19$m=1\n")),
            (3, format!("# x\nalice:{HASH}\nalice:{HASH}\n")),
            (1, format!("alice:{HASH}:soon")),
            (1, format!("alice:{HASH}:1:2")),
            (1, format!(":{HASH}")),
        ] {
            assert_eq!(FileContent::parse(&text).map(drop), Err(line), "{text}");
        }
    }

    #[test]
    fn names_that_would_break_a_line_are_refused() {
        for name in ["", "a:b", "a\nb", " a", "a ", "#a", "a\u{200b}", &"x".repeat(256)] {
            assert_eq!(user_name(name), None, "{name:?}");
        }
        assert_eq!(user_name("Zoe\u{308} van Dijk").as_deref(), Some("Zo\u{eb} van Dijk"));
    }
}

use std::fmt;
use std::str::FromStr;

const MAX_LENGTH: usize = 64;

/// What the paths of our routes begin with, where `/` belongs to the application behind: `/_session`, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// The text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where a path of ours is found: one that begins with a slash.
    pub(crate) fn of(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The rest of a path that begins with this.
    pub(crate) fn strip<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&self.0).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for PathPrefix {
    type Err = InvalidPathPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidPathPrefix> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let is_segment = |segment: &str| {
            !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(plain)
        };
        let is_prefix = text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment));
        if text.is_empty() || (is_prefix && text.len() <= MAX_LENGTH) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPathPrefix)
        }
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that no path of ours can begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a path of letters, digits, `-`, `_`, `.` and `~`, at most 64 characters, that begins with a slash and \
     does not end with one, such as `/_session`"
)]
pub struct InvalidPathPrefix;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_has_one_spelling() {
        for text in ["", "/_session", "/a/b.c/~d", "/-"] {
            assert_eq!(text.parse::<PathPrefix>().unwrap().as_str(), text);
        }
        let long = format!("/{}", "a".repeat(MAX_LENGTH));
        for text in
            ["/", "a", "/a/", "//a", "/a//b", "/.", "/a/../b", "/a b", "/%61", "/a?", "/\u{e4}", &long]
        {
            assert_eq!(text.parse::<PathPrefix>(), Err(InvalidPathPrefix), "{text}");
        }
    }

    #[test]
    fn a_prefix_ends_where_a_segment_does() {
        let prefix: PathPrefix = "/_session".parse().unwrap();
        assert_eq!(prefix.strip("/_session/login"), Some("/login"));
        assert_eq!(prefix.strip("/_session"), Some(""));
        assert_eq!(prefix.strip("/_sessions"), None);
        assert_eq!(prefix.of("/login"), "/_session/login");
        assert_eq!(PathPrefix::default().strip("/login"), Some("/login"));
    }
}

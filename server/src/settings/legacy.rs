use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use session_engine::{ExpressSecrets, LegacyLibrary, LegacySessions, LegacyStore, LegacySubjects};
use zeroize::Zeroizing;

use crate::{Result, secret_file};

/// Sessions that another library began, in the Redis that is the store: whoever has one goes on with one of ours.
#[derive(Args, Debug)]
#[command(next_help_heading = "From another library")]
pub(crate) struct Legacy {
    /// Which library's sessions in the same Redis are taken over [default: none]
    #[arg(long, env = "SESSION_LEGACY_SESSIONS", value_name = "LIBRARY", value_enum)]
    legacy_sessions: Option<Library>,

    /// Name of its cookie [default: connect.sid, id, or sessionid]
    #[arg(
        long,
        env = "SESSION_LEGACY_COOKIE",
        value_name = "NAME",
        value_parser = other_cookie_name,
        requires = "legacy_sessions"
    )]
    legacy_cookie: Option<String>,

    /// What its keys begin with, before the session ID [default: sess:, nothing, or :1:django.contrib.sessions.cache]
    #[arg(long, env = "SESSION_LEGACY_PREFIX", value_name = "TEXT", requires = "legacy_sessions")]
    legacy_prefix: Option<String>,

    /// For `express`: a file with the secrets that its cookies are signed with, a line for each
    #[arg(long, env = "SESSION_LEGACY_SECRETS", value_name = "FILE", requires = "legacy_sessions")]
    legacy_secrets: Option<PathBuf>,

    /// Where in its data stands who has signed in, as a JSON pointer
    /// [default: /passport/user, /axum-login.data/user_id, or /_auth_user_id]
    #[arg(
        long,
        env = "SESSION_LEGACY_SUBJECT",
        value_name = "POINTER",
        value_parser = json_pointer,
        requires = "legacy_sessions"
    )]
    legacy_subject: Option<String>,

    /// A JSON file that says whom we call what of those who stand there, such as `{"42": "alice"}`, and what their
    /// sessions are bound to their passwords by, where they are [default: what stands there is the subject]
    #[arg(long, env = "SESSION_LEGACY_SUBJECTS", value_name = "FILE", requires = "legacy_sessions")]
    legacy_subjects: Option<PathBuf>,
}

/// Whose sessions they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Library {
    /// express-session with connect-redis
    Express,
    /// tower-sessions with its store in Redis
    Tower,
    /// Django with sessions in its cache, and that in Redis
    Django,
}

impl From<Library> for LegacyLibrary {
    fn from(library: Library) -> Self {
        match library {
            Library::Express => Self::Express,
            Library::Tower => Self::Tower,
            Library::Django => Self::Django,
        }
    }
}

impl Legacy {
    pub(crate) const fn is_set(&self) -> bool {
        self.legacy_sessions.is_some()
    }

    /// Those in this store.
    pub(crate) fn sessions(&self, store: &Arc<dyn LegacyStore>) -> Result<Option<LegacySessions>> {
        let Some(mut legacy) = self.of_library(Arc::clone(store))? else { return Ok(None) };
        if let Some(cookie) = &self.legacy_cookie {
            legacy = legacy.cookie_name(cookie);
        }
        if let Some(prefix) = &self.legacy_prefix {
            legacy = legacy.key_prefix(prefix);
        }
        if let Some(subject) = &self.legacy_subject {
            legacy = legacy.subject_pointer(subject);
        }
        Ok(Some(legacy))
    }

    fn of_library(&self, store: Arc<dyn LegacyStore>) -> Result<Option<LegacySessions>> {
        let Some(library) = self.legacy_sessions else { return Ok(None) };
        let legacy = match (library, &self.legacy_secrets, self.subjects()?) {
            (Library::Express, Some(path), subjects) => {
                of(LegacySessions::of_express(secrets(path)?, store), subjects)
            }
            (Library::Express, None, _) => {
                return Err(
                    "`--legacy-sessions express` needs `--legacy-secrets`, which cookies are signed with"
                        .into(),
                );
            }
            (_, Some(_), _) => return Err("`--legacy-secrets` is for `--legacy-sessions express`".into()),
            (Library::Tower, None, subjects) => of(LegacySessions::of_tower(store), subjects),
            (Library::Django, None, Some(subjects)) => LegacySessions::of_django(subjects, store),
            (Library::Django, None, None) => {
                return Err(
                    "`--legacy-sessions django` needs `--legacy-subjects`, which says whose password is \
                            still the one that a session was begun with"
                        .into(),
                );
            }
        };
        Ok(Some(legacy))
    }

    fn subjects(&self) -> Result<Option<LegacySubjects>> {
        let Some(path) = &self.legacy_subjects else { return Ok(None) };
        let shown = path.display();
        let text = fs::read_to_string(path)
            .map_err(|error| format!("file of legacy subjects `{shown}` cannot be read: {error}"))?;
        let subjects = LegacySubjects::from_json(&text)
            .map_err(|error| format!("file of legacy subjects `{shown}`: {error}"))?;
        Ok(Some(subjects))
    }
}

fn of(legacy: LegacySessions, subjects: Option<LegacySubjects>) -> LegacySessions {
    match subjects {
        Some(subjects) => legacy.subjects(subjects),
        None => legacy,
    }
}

fn secrets(path: &Path) -> Result<ExpressSecrets> {
    let kind = "file of legacy secrets";
    let text = secret_file::read(kind, path).map_err(|unread| unread.told(kind, path))?;
    let secrets = text.lines().map(|line| Zeroizing::new(line.to_owned()));
    let secrets =
        ExpressSecrets::new(secrets).map_err(|error| format!("{kind} `{}`: {error}", path.display()))?;
    Ok(secrets)
}

/// RFC 6265: a token.
fn other_cookie_name(name: &str) -> std::result::Result<String, &'static str> {
    let is_name = session_core::remove_other_cookie(name).is_some();
    if is_name {
        Ok(name.to_owned())
    } else {
        Err("name of a cookie is one or more of the characters of a token")
    }
}

/// RFC 6901.
fn json_pointer(pointer: &str) -> std::result::Result<String, &'static str> {
    if pointer.starts_with('/') { Ok(pointer.to_owned()) } else { Err("JSON pointer begins with `/`") }
}

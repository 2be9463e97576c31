use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use session_core::{KeyId, KeyPurpose, MAX_STATEMENT_LIFETIME};
use session_engine::{Clock, KEYS_MAY_BE_KEPT, SystemClock};

use crate::data_files::data_file;
use crate::output::{rfc3339, say};
use crate::settings::values::whole_seconds;
use crate::{Result, key_file};

#[derive(Args, Debug)]
pub(crate) struct File {
    /// A TOML file with settings, as for `serve`
    #[arg(long, env = "SESSION_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Key ring
    #[arg(long = "keys", env = "SESSION_KEYS", value_name = "FILE", global = true, default_value_os_t = data_file("keys.json"))]
    path: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Make a key ring with one fresh key for cookies and one for statements
    New,
    /// List the keys, and which of them sign; never a secret
    List,
    /// Say of each key that does not sign from when on nobody is logged out by retiring it
    Status {
        /// Longest time since the login, as `serve` has it
        #[arg(long, env = "SESSION_ABSOLUTE_TIMEOUT", value_name = "TIME", value_parser = whole_seconds, default_value = "12h")]
        absolute_timeout: Duration,
    },
    /// Add a fresh key that verifies and does not sign yet
    Add {
        /// What it is for: cookie or statement
        #[arg(value_parser = purpose)]
        purpose: KeyPurpose,
        /// Its ID; by default the next that is free
        #[arg(long, value_parser = key_id)]
        id: Option<KeyId>,
    },
    /// Have a key sign from now on, once every server has it
    Activate(Named),
    /// Remove a key that does not sign: what it has signed is refused from now on
    Retire(Named),
}

#[derive(Args, Debug)]
pub(crate) struct Named {
    /// What the key is for: cookie or statement
    #[arg(value_parser = purpose)]
    purpose: KeyPurpose,
    /// Its ID
    #[arg(value_parser = key_id)]
    id: KeyId,
}

pub(crate) fn run(file: &File, action: &Action) -> Result {
    let path = &file.path;
    match action {
        Action::New => {
            key_file::create(path)?;
            say!("key ring made: {}", path.display())?;
        }
        Action::List => {
            for key in key_file::load(path)?.list() {
                let role = if key.signs { "signs and verifies" } else { "verifies" };
                say!("{}  {}  {role}", key.purpose.as_str(), key.id)?;
            }
        }
        Action::Status { absolute_timeout } => {
            // When another key began to sign, or later: then, or since, the file was written.
            let (ring, written) = (key_file::load(path)?, key_file::written_at(path)?);
            for key in ring.list() {
                let (purpose, id) = (key.purpose.as_str(), key.id);
                let lasts = if key.purpose == KeyPurpose::Cookie {
                    *absolute_timeout
                } else {
                    // Until another key signs in its place, and what it has signed last is over.
                    2 * KEYS_MAY_BE_KEPT + MAX_STATEMENT_LIFETIME
                };
                match key.signs {
                    true => say!("{purpose}  {id}  signs")?,
                    false => say!(
                        "{purpose}  {id}  may be retired from {} on",
                        rfc3339(written.saturating_add(lasts))
                    )?,
                }
            }
        }
        Action::Add { purpose, id } => {
            let id = key_file::change(path, |ring| {
                let id = id.unwrap_or_else(|| ring.free_id(*purpose));
                ring.add(*purpose, id, SystemClock.now())?;
                Ok(id)
            })?;
            say!("{} key added: {id}", purpose.as_str())?;
        }
        Action::Activate(Named { purpose, id }) => {
            key_file::change(path, |ring| Ok(ring.activate(*purpose, id)?))?;
            say!("{} key signs: {id}", purpose.as_str())?;
        }
        Action::Retire(Named { purpose, id }) => {
            key_file::change(path, |ring| Ok(ring.retire(*purpose, id)?))?;
            say!("{} key retired: {id}", purpose.as_str())?;
        }
    }
    Ok(())
}

/// `cookie` or `statement`.
fn purpose(text: &str) -> Result<KeyPurpose, String> {
    text.parse().map_err(|_| "expected `cookie` or `statement`".into())
}

/// 1 to 32 characters of `A-Z`, `a-z`, `0-9`, `_` and `-`.
fn key_id(text: &str) -> Result<KeyId, session_core::InvalidKeyId> {
    KeyId::new(text)
}

use std::path::PathBuf;

use clap::{Args, Subcommand};
use session_core::{KeyId, KeyPurpose};

use crate::data_files::data_file;
use crate::output::say;
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
        Action::Add { purpose, id } => {
            let id = key_file::change(path, |ring| {
                let id = id.unwrap_or_else(|| ring.free_id(*purpose));
                ring.add(*purpose, id)?;
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

fn purpose(text: &str) -> Result<KeyPurpose, String> {
    text.parse().map_err(|_| "expected `cookie` or `statement`".into())
}

fn key_id(text: &str) -> Result<KeyId, session_core::InvalidKeyId> {
    KeyId::new(text)
}

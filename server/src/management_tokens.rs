//! The file with the tokens of who may manage: read by those who serve, and by `sessions`, which uses
//! the first.

use std::error::Error;
use std::path::Path;

use session_http::{InvalidTokens, ManagementTokens};
use zeroize::Zeroizing;

use crate::{Result, secret_file};

const KIND: &str = "management tokens file";

pub(crate) fn load(path: &Path) -> Result<ManagementTokens> {
    ManagementTokens::parse(&read(path)?).map_err(|error| told(path, error))
}

/// The first token, to call with.
pub(crate) fn first(path: &Path) -> Result<Zeroizing<String>> {
    let text = read(path)?;
    let token = ManagementTokens::first_of(&text).map_err(|error| told(path, error))?;
    Ok(token.to_owned().into())
}

fn read(path: &Path) -> Result<Zeroizing<String>> {
    Ok(secret_file::read(KIND, path).map_err(|unread| unread.told(KIND, path))?)
}

fn told(path: &Path, error: InvalidTokens) -> Box<dyn Error> {
    format!("{KIND} `{}`, {error}", path.display()).into()
}

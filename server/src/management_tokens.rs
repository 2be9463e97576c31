//! The file with the tokens of who may manage: read by those who serve, and by `sessions`, which uses
//! the first.

use std::path::Path;

use session_http::ManagementTokens;
use zeroize::Zeroizing;

use crate::{Result, secret_file};

const KIND: &str = "management tokens file";

pub(crate) fn load(path: &Path) -> Result<ManagementTokens> {
    let text = read(path)?;
    Ok(ManagementTokens::parse(&text).map_err(|error| format!("{KIND} `{}`, {error}", path.display()))?)
}

/// The first token, to call with.
pub(crate) fn first(path: &Path) -> Result<Zeroizing<String>> {
    let text = read(path)?;
    ManagementTokens::parse(&text).map_err(|error| format!("{KIND} `{}`, {error}", path.display()))?;
    Ok(ManagementTokens::first_of(&text).unwrap_or_default().to_owned().into())
}

fn read(path: &Path) -> Result<Zeroizing<String>> {
    Ok(secret_file::read(KIND, path).map_err(|unread| unread.told(KIND, path))?)
}

use std::path::{Path, PathBuf};

use session_engine::private_file;

use crate::Result;

/// Where everything is unless it is put elsewhere.
pub(crate) fn data_file(name: &str) -> PathBuf {
    Path::new("session-data").join(name)
}

/// Makes the directory that a file is to be in, for its owner alone.
pub(crate) fn make_parent(file: &Path) -> Result {
    let directory = private_file::directory_of(file);
    let made = private_file::make_directory(directory);
    Ok(made.map_err(|error| format!("directory `{}` cannot be made: {error}", directory.display()))?)
}

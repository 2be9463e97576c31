use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use session_core::KeyRing;
use zeroize::Zeroizing;

use super::{Result, data_file, make_parent};

#[derive(Args, Debug)]
pub(super) struct File {
    /// Key ring
    #[arg(long = "keys", env = "SESSION_KEYS", value_name = "FILE", global = true, default_value_os_t = data_file("keys.json"))]
    path: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Make a key ring with one fresh key for cookies and one for statements
    New,
}

pub(super) fn run(file: &File, action: &Action) -> Result {
    match action {
        Action::New => {
            create(&file.path)?;
            println!("key ring made: {}", file.path.display());
            Ok(())
        }
    }
}

/// Reads a key ring that nobody but its owner can read.
pub(super) fn load(path: &Path) -> Result<KeyRing> {
    let shown = path.display();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            format!(
                "key ring `{shown}` is missing: bring it from the other servers of this store, or make one with `session-server keys new`, which ends every session"
            )
        }
        _ => format!("key ring `{shown}` cannot be read: {error}"),
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if metadata.mode() & 0o077 != 0 {
        return Err(format!(
            "key ring `{shown}` can be read by others than its owner; run `chmod 600` on it"
        )
        .into());
    }
    let json = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
    Ok(KeyRing::from_json(&json).map_err(|error| format!("key ring `{shown}`: {error}"))?)
}

/// Makes a key ring; never over another one.
pub(super) fn create(path: &Path) -> Result<KeyRing> {
    let ring = KeyRing::generate()?;
    make_parent(path)?;
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(ring.to_json().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    write().map_err(|error| format!("key ring `{}` cannot be made: {error}", path.display()))?;
    Ok(ring)
}

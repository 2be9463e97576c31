//! The key ring file: read by those who serve, made and changed by `keys`.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use session_core::{KeyRing, UnixTime};
use session_engine::private_file;
use zeroize::Zeroizing;

use crate::Result;
use crate::data_files::make_parent;
use crate::secret_file::{self, Unread};

const KIND: &str = "key ring";

/// Reads a key ring that nobody but its owner can change.
pub(crate) fn load(path: &Path) -> Result<KeyRing> {
    let shown = path.display();
    let json = secret_file::read(KIND, path).map_err(|unread| match unread {
        Unread::Io(error) if error.kind() == io::ErrorKind::NotFound => format!(
            "key ring `{shown}` is missing: bring it from the other servers of this store, or make one with `session-server keys new`, which ends every session"
        ),
        unread => unread.told(KIND, path),
    })?;
    Ok(KeyRing::from_json(&json).map_err(|error| format!("key ring `{shown}`: {error}"))?)
}

/// When it was last changed.
pub(crate) fn written_at(path: &Path) -> Result<UnixTime> {
    let modified = std::fs::metadata(path).and_then(|file| file.modified());
    let modified = modified.map_err(|error| format!("key ring `{}`: {error}", path.display()))?;
    Ok(UnixTime::from_secs(modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()))
}

/// Makes a key ring; never over another one.
pub(crate) fn create(path: &Path) -> Result<KeyRing> {
    create_or(path, |error| Err(format!("key ring `{}` cannot be made: {error}", path.display()).into()))
}

/// Makes a key ring, or reads the one that another server has made at the same moment.
pub(crate) fn create_or_load(path: &Path) -> Result<KeyRing> {
    create_or(path, |error| match error.kind() {
        io::ErrorKind::AlreadyExists => load(path),
        _ => Err(format!("key ring `{}` cannot be made: {error}", path.display()).into()),
    })
}

fn create_or(path: &Path, otherwise: impl FnOnce(io::Error) -> Result<KeyRing>) -> Result<KeyRing> {
    let ring = KeyRing::generate()?;
    make_parent(path)?;
    private_file::create(path, text(&ring).as_bytes()).map_or_else(otherwise, |()| Ok(ring))
}

/// Changes the key ring in the file, unless `change` fails; nobody else changes it meanwhile.
pub(crate) fn change<T>(path: &Path, change: impl FnOnce(&mut KeyRing) -> Result<T>) -> Result<T> {
    let unwritable = |error: io::Error| format!("key ring `{}` cannot be written: {error}", path.display());
    // Without a ring there is nothing to lock.
    load(path)?;
    let _lock = private_file::lock(path).map_err(unwritable)?;
    let mut ring = load(path)?;
    let result = change(&mut ring)?;
    private_file::replace(path, text(&ring).as_bytes()).map_err(unwritable)?;
    Ok(result)
}

fn text(ring: &KeyRing) -> Zeroizing<String> {
    let mut text = ring.to_json();
    text.push('\n');
    text
}

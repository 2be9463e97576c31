//! The key ring file: read by those who serve, made and changed by `keys`.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use session_core::KeyRing;
use session_engine::private_file;
use zeroize::Zeroizing;

use crate::Result;
use crate::data_files::make_parent;

/// Reads a key ring that nobody but its owner can read.
pub(crate) fn load(path: &Path) -> Result<KeyRing> {
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
pub(crate) fn create(path: &Path) -> Result<KeyRing> {
    let ring = KeyRing::generate()?;
    make_parent(path)?;
    let made = private_file::create(path, text(&ring).as_bytes());
    made.map_err(|error| format!("key ring `{}` cannot be made: {error}", path.display()))?;
    Ok(ring)
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
